/** Checks the options of `mrc`. */
import * as v from "valibot";
import { OptionError, optionNamed, readOption, UsageError } from "../errors.js";
import { mrcOptions } from "../options/requests.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import type { List } from "../options/shapes.js";
import { validate } from "../options/validate.js";
import { type PassOptions, type Progress, watchEntries } from "../options/watch.js";
import { choosePolicies, type PolicyChoice } from "../policy/policies.js";
import { type FrameSpec, parseFrames } from "../simulate/frames.js";
import { checkPageSize, type Trace } from "../trace/trace.js";
import { parsePageSize } from "../units.js";
import { hasStack, type StackPolicy } from "../wasm/analysis.js";
import type { Spacing } from "./points.js";

const MOST_SETS = 2 ** 24;
const MOST_ENTRIES = 2 ** 28;

const schema = v.strictObject({
  ...entriesOf(mrcOptions),
  workingSet: v.optional(
    v.union([v.boolean(), v.string(), v.number(), v.array(v.union([v.string(), v.number()]))]),
  ),
  ...watchEntries<Progress>(),
});

/** Options of `mrc`. */
export interface MrcOptions extends OptionsOf<typeof mrcOptions>, PassOptions {
  /** Working sets: `true` for windows of powers of four up to 2^20, or windows in requests. */
  workingSet?: boolean | List | undefined;
}

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
  onProgress: (progress: Progress) => void;
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

/** The policies whose stack distances are counted; with none, LRU's, for the number of distinct pages. */
export function stacksOf(policies: readonly PolicyChoice[]): StackPolicy[] {
  const names = policies.map(({ name }) => name).filter(hasStack);
  return names.length === 0 ? ["lru"] : names;
}

/** Is true when the first pass gives the whole curve of a policy. In a sample of a fixed size only `lru` can drop pages. */
export function takesOnePass({ sample }: MrcPlan, { name }: PolicyChoice): boolean {
  return sample?.pages === undefined ? hasStack(name) : name === "lru";
}

export async function planMrc(trace: Trace, options: MrcOptions): Promise<MrcPlan> {
  const checked = validate("mrc", schema, options);
  // Empty for requests of working sets or histograms alone.
  const policies = checked.policy.length === 0 ? [] : await choosePolicies(checked.policy);
  const sets = checked.sets === undefined ? [] : setsOf(checked.sets);
  refuseTogether(checked, policies);
  const ways = checked.ways ?? 16;
  if (Math.max(0, ...sets) * ways > MOST_ENTRIES) {
    throw OptionError.at("ways", `${Math.max(...sets)} sets of ${ways} ways are too many`, "give fewer");
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
    throw new UsageError(
      `mrc: ${optionNamed("frames")} and ${optionNamed(own)} both choose the points`,
      "give one of them",
    );
  }
  if (options.sets === undefined) {
    if (options.ways === undefined) return;
    throw new UsageError(
      `mrc: ${optionNamed("ways")} is for curves by ${optionNamed("sets")}`,
      `give ${optionNamed("sets")} as well, such as 16`,
    );
  }
  const against = given(["points", "spacing", "frames", "sample", "sampleSize"]);
  if (against !== undefined) {
    throw new UsageError(
      `mrc: a curve by ${optionNamed("sets")} has an exact point for each number of ways, so ${optionNamed(against)} has no effect`,
      `leave out ${optionNamed(against)}`,
    );
  }
  if (policies.some(({ name }) => name !== "lru")) {
    throw new UsageError(
      `mrc: only lru has curves by ${optionNamed("sets")}`,
      `leave out ${optionNamed("policy")}`,
    );
  }
}

function gridOf({ frames, points, spacing }: Checked): PointGrid {
  if (frames !== undefined) return { frames: parseFrames(frames) };
  return { count: points ?? 100, spacing: spacing ?? "log" };
}

function pageSizesOf(trace: Trace, sizes: Checked["pageSize"]): (number | undefined)[] {
  if (trace.unit === "page") {
    if (sizes === undefined) return [undefined];
    checkPageSize(trace);
  }
  return unique(itemsOf(sizes ?? 4096).map((item) => readOption("pageSize", () => parsePageSize(item))));
}

function setsOf(sets: NonNullable<Checked["sets"]>): number[] {
  const counts = itemsOf(sets).map((text) => {
    const count = Number(text);
    if (Number.isInteger(Math.log2(count)) && count >= 1 && count <= MOST_SETS) return count;
    throw OptionError.at("sets", `"${text}" is not a number of sets`, "give powers of two such as 16,64");
  });
  if (counts.length === 0) throw OptionError.at("sets", "no number of sets is given", "give one such as 16");
  return unique(counts);
}

function sampleOf({ sample, sampleSize, seed = 1, ...rest }: Checked): SamplePlan | undefined {
  if (sample === undefined && sampleSize === undefined) {
    if (rest.sets === undefined && seed !== 1) {
      throw new UsageError(
        `mrc: ${optionNamed("seed")} chooses what is sampled`,
        `give ${optionNamed("sample")} or ${optionNamed("sampleSize")} as well`,
      );
    }
    return undefined;
  }
  if (sample !== undefined && !(sample > 0 && sample <= 1)) {
    throw OptionError.at(
      "sample",
      `${sample} is not a share of the pages`,
      "give a number above 0 and up to 1, such as 0.01",
    );
  }
  return { rate: sample ?? 1, pages: sampleSize, seed };
}

/** Default: powers of four. */
const DEFAULT_WINDOWS = Array.from({ length: 9 }, (_, n) => 16 * 4 ** n);
const MOST_WINDOW = 2 ** 48;

function windowsOf(windows: Checked["workingSet"]): number[] | undefined {
  if (windows === undefined || windows === false) return undefined;
  if (windows === true) return DEFAULT_WINDOWS;
  const list = itemsOf(windows).map((text) => {
    const window = Number(String(text).replaceAll("_", ""));
    if (Number.isInteger(window) && window >= 1 && window <= MOST_WINDOW) return window;
    const problem = `"${text}" is not a window in requests`;
    throw OptionError.at("workingSet", problem, "give whole numbers such as 1000,100000");
  });
  if (list.length === 0) throw OptionError.at("workingSet", "no window is given", "give one such as 1000");
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
