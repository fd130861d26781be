/** Reads the options for a part of a recording. */
import { OptionError, readOption, ValueError } from "../../errors.js";
import type { OptionsOf } from "../../options/row.js";
import type { lengthOptions, recordingOptions } from "../../options/traces.js";
import { parseCount, parseSize } from "../../units.js";
import type { Instruction, PartSettings } from "../../wasm/part.js";

/** Options for a part of a recording. */
export interface PartOptions
  extends Omit<OptionsOf<typeof recordingOptions & typeof lengthOptions>, "with" | "cpu" | "sysroot"> {}

/** Instructions of a window of `sample`: enough to fill the TLBs and caches that a window begins without. */
const WINDOW_INSTRUCTIONS = 100_000;

/** The part that the options ask for. */
export interface Part {
  /** Functions in it, by option. */
  readonly functions: Readonly<Partial<Record<"from" | "until", string>>>;
  /** The settings, with the addresses of its functions; undefined: the whole recording. */
  settings(addressOf: (name: string) => bigint): PartSettings | undefined;
  /** The size of the output at which it ends. */
  readonly limitBytes: number | undefined;
}

/** Throws `UsageError`. */
export function partOf({ from, until, marked, sample, limit }: PartOptions): Part {
  const first = from === undefined ? undefined : readPlace("from", from);
  const end = until === undefined ? undefined : readPlace("until", until);
  const windows = sample === undefined || sample === 1 ? undefined : readWindows(sample);
  const { references, bytes } = limit === undefined ? {} : readOption("limit", () => readLimit(limit));
  if (typeof first === "number" && typeof end === "number" && end <= first) {
    throw OptionError.at("until", `${end} is not after ${first}, where the part begins`, "give a larger one");
  }
  const isWhole = [first, end, windows, references].every((value) => value === undefined) && !marked;
  return {
    functions: {
      ...(typeof first === "string" && { from: first }),
      ...(typeof end === "string" && { until: end }),
    },
    limitBytes: bytes,
    settings: (addressOf) => {
      if (isWhole) return undefined;
      const instruction = (place: string | number | undefined): Instruction | undefined => {
        if (place === undefined) return undefined;
        return typeof place === "number" ? { number: place } : { address: addressOf(place) };
      };
      const [begin, until] = [instruction(first), instruction(end)];
      return { from: begin, until, marked, windows, limit: references };
    },
  };
}

/** The number of an instruction, or the name of a function. */
function readPlace(option: string, place: string | number): number | string {
  if (typeof place === "string" && !/^[\d-]/.test(place.trim())) return place.trim();
  return readOption(option, () => parseCount(`${place}`));
}

function readWindows(share: number): PartSettings["windows"] {
  const period = Math.round(WINDOW_INSTRUCTIONS / share);
  if (share > 0 && Number.isSafeInteger(period)) return { window: WINDOW_INSTRUCTIONS, period };
  throw OptionError.at("sample", `${share} is not a share`, "give more than 0 and at most 1, such as 0.01");
}

/** A number is one of references; with a unit it is a size. */
function readLimit(limit: string | number): { references?: number; bytes?: number } {
  if (typeof limit === "string" && /[kmgtb]\s*$/i.test(limit)) return { bytes: parseSize(limit) };
  const references = parseCount(`${limit}`);
  if (references > 0) return { references };
  throw new ValueError("a recording of 0 references is empty", "give at least 1, or a size such as 1GiB");
}
