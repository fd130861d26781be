/** Numbers of frames: counts, or shares of a trace's distinct pages. */
import { OptionError } from "../errors.js";

export type FrameSpec = { count: number } | { percent: number };

/** For more frames than this, a pass that counts the trace's pages pays. */
const MANY_FRAMES = 2 ** 20;
const MOST_FRAMES = 2 ** 32;
const REMEDY = "give counts such as 128 or shares of the trace's distinct pages such as 5%";

/** Parses `128,1e6` or `1%,5%`, or an array of these. Throws `UsageError`. */
export function parseFrames(frames: string | number | readonly (string | number)[]): FrameSpec[] {
  const list = typeof frames === "string" || typeof frames === "number" ? [frames] : frames;
  const items = list.flatMap((item) => (typeof item === "number" ? [`${item}`] : item.split(",")));
  const specs = items.map((item) => item.trim()).filter((item) => item !== "");
  if (specs.length === 0) throw OptionError.at("frames", "no number of frames is given", REMEDY);
  return specs.map(parseSpec);
}

function parseSpec(text: string): FrameSpec {
  const [, digits = "", sign] = /^((?:\d+(?:\.\d+)?|\.\d+)(?:e\d+)?)\s*(%?)$/i.exec(text) ?? [];
  const value = digits === "" ? Number.NaN : Number(digits);
  if (sign === "%" && value > 0 && value <= 100) return { percent: value };
  if (sign === "" && Number.isInteger(value) && value >= 1 && value < MOST_FRAMES) return { count: value };
  const problem = value >= MOST_FRAMES ? "is more frames than there can be" : "is not a number of frames";
  throw OptionError.at("frames", `"${text}" ${problem}`, REMEDY);
}

/** True if the distinct pages must be counted before `specs` can be simulated. */
export function needDistinctPages(specs: readonly FrameSpec[]): boolean {
  return specs.some((spec) => "percent" in spec || spec.count > MANY_FRAMES);
}

/** The numbers of frames that `specs` denote for a trace, each once; shares are rounded down, to at least 1. */
export function frameCounts(specs: readonly FrameSpec[], distinctPages: number | undefined): number[] {
  const counts = specs.map((spec) =>
    "count" in spec ? spec.count : share(spec.percent, distinctPages ?? 0),
  );
  return [...new Set(counts)];
}

/** `percent` is decimal: 7 % of 100 must be 7, though 0.07 * 100 is a little more. */
function share(percent: number, pages: number): number {
  return Math.max(1, Math.floor(Number(((percent * pages) / 100).toPrecision(15))));
}
