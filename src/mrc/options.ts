/** Checks the options of `mrc`. */
import * as v from "valibot";
import { UsageError } from "../errors.js";
import type { Progress } from "../pass/progress.js";
import { choosePolicies, type PolicyChoice } from "../policy/policies.js";
import { type FrameSpec, parseFrames } from "../simulate/frames.js";
import { validate } from "../trace/options.js";
import type { Trace } from "../trace/trace.js";
import { parseSize } from "../units.js";
import { MOST_JOBS } from "../workers/threads.js";
import type { Spacing } from "./points.js";

const MOST_POINTS = 10_000;
const MOST_WAYS = 65_536;
const MOST_SETS = 2 ** 24;
const MOST_ENTRIES = 2 ** 28;
const MOST_SAMPLED = 2 ** 24;
/** The smallest sample in pages. */
export const LEAST_SAMPLED = 64;
const MOST_SEED = 2 ** 32 - 1;

export type MrcProgress = Progress;

const whole = (least: number, most: number) =>
  v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most)));
const list = v.optional(v.union([v.string(), v.number(), v.array(v.union([v.string(), v.number()]))]));

const schema = v.strictObject({
  /** Names separated by commas, or an array of them; default: `lru`. */
  policy: v.optional(v.union([v.string(), v.array(v.string())]), "lru"),
  /** Number of points of a curve; default: 100. */
  points: whole(2, MOST_POINTS),
  /** Spacing of the points: by a factor (the default) or by a difference. */
  spacing: v.optional(v.picklist(["log", "linear"])),
  /** The points themselves, instead of the two above: counts, or shares of the distinct pages. */
  frames: list,
  /** Which references count. */
  only: v.optional(v.picklist(["all", "data", "instructions"]), "all"),
  /** Page sizes for traces of addresses, one curve for each; default: 4096. */
  pageSize: list,
  /** Numbers of sets, one curve for each: miss ratio of TLBs with this number of sets against their ways. */
  sets: list,
  /** The largest number of ways of a curve by sets; default: 16. */
  ways: whole(1, MOST_WAYS),
  /** The share of pages to sample; without it (and `sampleSize`), curves are exact. */
  sample: v.optional(v.number()),
  /** Number of pages to sample. */
  sampleSize: whole(LEAST_SAMPLED, MOST_SAMPLED),
  /** Seed of the sample; default: 1. */
  seed: whole(0, MOST_SEED),
  /** Working sets: `true` for powers of four up to 2^20, or windows in requests. */
  workingSet: v.optional(
    v.union([v.boolean(), v.string(), v.number(), v.array(v.union([v.string(), v.number()]))]),
  ),
  /** Histograms of stack distances and reuse times. */
  reuse: v.optional(v.boolean()),
  /** Threads for policies that are simulated; default: every core. */
  jobs: whole(1, MOST_JOBS),
  /** Called from time to time with the progress. */
  onProgress: v.optional(v.custom<(progress: MrcProgress) => void>((f) => typeof f === "function")),
  signal: v.optional(v.instance(AbortSignal)),
});

export type MrcOptions = v.InferInput<typeof schema>;

/** The checked options of `mrc`. */
export interface MrcPlan {
  policies: PolicyChoice[];
  grid: PointGrid;
  only: "all" | "data" | "instructions";
  /** Page sizes in bytes; only `undefined` if the trace has page numbers. */
  pageSizes: (number | undefined)[];
  sets: number[];
  ways: number;
  sample: SamplePlan | undefined;
  /** Windows of working sets, ascending. */
  windows: number[] | undefined;
  reuse: boolean;
  jobs: number | undefined;
  onProgress: (progress: MrcProgress) => void;
  signal: AbortSignal | undefined;
}

/** The points of a curve. */
export type PointGrid = { count: number; spacing: Spacing } | { frames: FrameSpec[] };

export interface SamplePlan {
  /** Initial rate; it falls if `pages` is given. */
  rate: number;
  pages: number | undefined;
  seed: number;
}

export async function planMrc(trace: Trace, options: MrcOptions): Promise<MrcPlan> {
  const checked = validate("mrc", schema, options);
  // Empty for requests of working sets or histograms alone.
  const policies = checked.policy.length === 0 ? [] : await choosePolicies(checked.policy);
  const sets = checked.sets === undefined ? [] : setsOf(checked.sets);
  refuseTogether(checked, policies);
  const ways = checked.ways ?? 16;
  if (Math.max(0, ...sets) * ways > MOST_ENTRIES) {
    throw new UsageError(`${Math.max(...sets)} sets of ${ways} ways are too many`, "give fewer", "--ways");
  }
  return {
    policies,
    grid: gridOf(checked),
    only: checked.only,
    pageSizes: pageSizesOf(trace, checked.pageSize),
    sets,
    ways,
    sample: sampleOf(checked),
    windows: windowsOf(checked.workingSet),
    reuse: checked.reuse ?? false,
    jobs: checked.jobs,
    onProgress: checked.onProgress ?? (() => {}),
    signal: checked.signal,
  };
}

type Checked = v.InferOutput<typeof schema>;

/** Refuses options that contradict each other, or that have no effect. */
function refuseTogether(options: Checked, policies: readonly PolicyChoice[]): void {
  const given = (names: readonly (keyof Checked)[]) => names.find((name) => options[name] !== undefined);
  const own = given(["points", "spacing"]);
  if (options.frames !== undefined && own !== undefined) {
    throw new UsageError(`--frames and --${own} both choose the points`, "give one of them", "mrc");
  }
  if (options.sets === undefined) {
    if (options.ways === undefined) return;
    throw new UsageError("--ways is for curves by --sets", "give --sets as well, such as --sets 16", "mrc");
  }
  const against = given(["points", "spacing", "frames", "sample", "sampleSize"]);
  if (against !== undefined) {
    const flag = against === "sampleSize" ? "sample-size" : against;
    throw new UsageError(
      `a curve by --sets has a point for each number of ways, exactly, whatever --${flag} says`,
      `leave out --${flag}`,
      "mrc",
    );
  }
  if (policies.some(({ name }) => name !== "lru")) {
    throw new UsageError("only lru has curves by --sets", "leave out --policy", "mrc");
  }
}

function gridOf({ frames, points, spacing }: Checked): PointGrid {
  if (frames !== undefined) return { frames: parseFrames(frames) };
  return { count: points ?? 100, spacing: spacing ?? "log" };
}

function pageSizesOf(trace: Trace, sizes: Checked["pageSize"]): (number | undefined)[] {
  if (trace.unit === "page") {
    if (sizes === undefined) return [undefined];
    const problem = `${trace.format} traces hold page numbers, whatever a page's size`;
    throw new UsageError(problem, "leave out --page-size", trace.name);
  }
  return unique(itemsOf(sizes ?? 4096).map(pageSizeOf));
}

function pageSizeOf(text: string | number): number {
  const bytes = parseSize(text, "--page-size");
  if (Number.isInteger(Math.log2(bytes)) && bytes <= 2 ** 52) return bytes;
  const problem = `a page size of ${text} is not a power of two`;
  throw new UsageError(problem, "give sizes such as 4KiB,2MiB", "--page-size");
}

function setsOf(sets: NonNullable<Checked["sets"]>): number[] {
  const counts = itemsOf(sets).map((text) => {
    const count = Number(text);
    if (Number.isInteger(Math.log2(count)) && count >= 1 && count <= MOST_SETS) return count;
    throw new UsageError(`"${text}" is no number of sets`, "give powers of two such as 16,64", "--sets");
  });
  if (counts.length === 0)
    throw new UsageError("no number of sets is given", "give one such as 16", "--sets");
  return unique(counts);
}

function sampleOf({ sample, sampleSize, seed = 1, ...rest }: Checked): SamplePlan | undefined {
  if (sample === undefined && sampleSize === undefined) {
    if (rest.sets === undefined && seed !== 1) {
      throw new UsageError("--seed chooses what is sampled", "give --sample or --sample-size as well", "mrc");
    }
    return undefined;
  }
  if (sample !== undefined && !(sample > 0 && sample <= 1)) {
    throw new UsageError(`${sample} is no share of the pages`, "give one such as 0.01", "--sample");
  }
  return { rate: sample ?? 1, pages: sampleSize, seed };
}

/** Default: powers of four. */
const USUAL_WINDOWS = Array.from({ length: 9 }, (_, n) => 16 * 4 ** n);
const MOST_WINDOW = 2 ** 48;

function windowsOf(windows: Checked["workingSet"]): number[] | undefined {
  if (windows === undefined || windows === false) return undefined;
  if (windows === true) return USUAL_WINDOWS;
  const list = itemsOf(windows).map((text) => {
    const window = Number(String(text).replaceAll("_", ""));
    if (Number.isInteger(window) && window >= 1 && window <= MOST_WINDOW) return window;
    const problem = `"${text}" is no window in requests`;
    throw new UsageError(problem, "give whole numbers such as 1000,100000", "--windows");
  });
  if (list.length === 0) throw new UsageError("no window is given", "give one such as 1000", "--windows");
  return unique(list).sort((a, b) => a - b);
}

function itemsOf(list: string | number | readonly (string | number)[]): (string | number)[] {
  const items = typeof list === "string" || typeof list === "number" ? [list] : list;
  return items.flatMap((item): (string | number)[] => (typeof item === "number" ? [item] : wordsOf(item)));
}

function wordsOf(text: string): string[] {
  return text.split(",").flatMap((word) => word.trim() || []);
}

function unique(values: readonly number[]): number[] {
  return [...new Set(values)];
}
