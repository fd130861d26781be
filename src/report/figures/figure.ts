/** The interface of a figure for pages and files of plots. */
import type { ChargeMeasure } from "../charges-data.js";
import type { TraceReport } from "../data.js";
import type { Option } from "./axes.js";
import type { Look } from "./look.js";

/** A reader's selection. */
export interface Choice {
  /** Policies that are shown. */
  policies: readonly string[];
  /** Logarithmic axes, if the figure can have them. */
  logFrames: boolean;
  logRatio: boolean;
  logTime: boolean;
  logShare: boolean;
  /** Frames of the simulations that are shown over time. */
  frames: number;
  /** Policies against sizes: misses beyond the fewest instead of miss ratios. */
  beyondBest: boolean;
  /** Reuse by stack distance, or by time. */
  reuseBy: "distance" | "time";
  /** Heaps: the allocator whose map is shown, which bytes, and which of them are lost. */
  allocator: string;
  heapBytes: "heap" | "resident";
  fragmentation: "external" | "internal" | "both";
  /** The measure of costs of allocations. */
  charge: ChargeMeasure;
}

/** Numbers of a figure, by their names. */
export type ValueRow = Readonly<Record<string, string | number>>;

export interface Figure {
  /** The last part of file names. */
  readonly id: string;
  readonly title: string;
  /** A description in one sentence. */
  readonly caption: string;
  /** The parts of `Choice` it uses; a page offers controls for these. */
  readonly follows: readonly (keyof Choice)[];
  /** True if the trace has the data of the figure. */
  has(trace: TraceReport): boolean;
  /** A page lets the reader zoom along the horizontal axis. */
  readonly zooms?: true;
  /** The height in pixels. */
  height(trace: TraceReport, look: Look): number;
  option(trace: TraceReport, choice: Choice, look: Look): Option;
  /** The values that are drawn, if they differ from the data of the series: rows with the same keys. */
  values?(trace: TraceReport, choice: Choice): readonly ValueRow[];
}
