/**
 * Modelled time: operations of a process cost cycles, by a table. A reference costs its TLB lookup, the entries that
 * its walk reads, and its faults. A call costs its entry into the kernel, its faults, and the shootdowns of
 * translations. The defaults are typical of machines of 3 GHz: they are options, not measurements.
 */
import * as v from "valibot";
import {
  SPACE_CALL_CYCLES,
  SPACE_FAULT_CYCLES,
  SPACE_REFERENCE_CYCLES,
  SPACE_SHOOTDOWN_CYCLES,
  SPACE_WORST_ADDRESS,
  SPACE_WORST_CALL,
  SPACE_WORST_CYCLES,
} from "../../assembly/abi/process.js";
import { OptionError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { AddressSpace } from "./space.js";

/** Cycles of one event of each kind. */
export interface Costs {
  /** A lookup that hits in the first level. */
  readonly tlbHit: number;
  /** One page-table entry read by a walk. */
  readonly walkStep: number;
  /** A fault served from memory. */
  readonly minorFault: number;
  /** A fault that reads a page from swap or a file. */
  readonly majorFault: number;
  /** One translation that all processors invalidate. */
  readonly shootdown: number;
  /** The way into the kernel and back. */
  readonly call: number;
}

export const DEFAULT_COSTS: Costs = {
  tlbHit: 1,
  walkStep: 30,
  minorFault: 1500,
  majorFault: 300_000,
  shootdown: 3000,
  call: 200,
};

const cost = v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0xffffffff)));

/** Some of the costs, with the defaults for the others; or `walkStep=20,majorFault=1000000`. */
export const costsSchema = v.union([
  v.string(),
  v.strictObject({
    tlbHit: cost,
    walkStep: cost,
    minorFault: cost,
    majorFault: cost,
    shootdown: cost,
    call: cost,
  }),
]);

/** Throws `UsageError`. */
export function costsOf(given: v.InferOutput<typeof costsSchema> = {}): Costs {
  if (typeof given !== "string") return { ...DEFAULT_COSTS, ...given };
  const costs: Record<string, number> = { ...DEFAULT_COSTS };
  for (const part of given.split(",").filter((one) => one.trim() !== "")) {
    const [, name = "", value = ""] = /^\s*(\w+)\s*=\s*(\d{1,9})\s*$/.exec(part) ?? [];
    if (value === "")
      throw OptionError.at("costs", `"${part}" is not a cost`, "write it as walkStep=30, in cycles");
    if (!Object.hasOwn(costs, name)) {
      const names = Object.keys(DEFAULT_COSTS);
      throw OptionError.at(
        "costs",
        `unknown cost "${name}"`,
        `did you mean ${nearest(name, names)}? There are ${names.join(", ")}`,
      );
    }
    costs[name] = Number(value);
  }
  return costs as unknown as Costs;
}

/** Cycles of a process. */
export interface CycleCounts {
  /** The sum of the others. */
  readonly total: number;
  /** The way into the kernel and back, for each call. */
  readonly calls: number;
  /** TLB lookups and walks. */
  readonly references: number;
  /** Page faults. */
  readonly faults: number;
  /** Translations that all processors invalidate. */
  readonly shootdowns: number;
  /** The most expensive reference, and the call, or line of the log, at which it was made. */
  readonly worstReference:
    | { readonly cycles: number; readonly address: bigint; readonly call: number }
    | undefined;
}

/** The costs of a new process. */
export const NO_CYCLES: CycleCounts = {
  total: 0,
  calls: 0,
  references: 0,
  faults: 0,
  shootdowns: 0,
  worstReference: undefined,
};

export function cyclesOf(space: AddressSpace): CycleCounts {
  const field = (offset: number) => Number(space.field(offset));
  const calls = field(SPACE_CALL_CYCLES);
  const references = field(SPACE_REFERENCE_CYCLES);
  const faults = field(SPACE_FAULT_CYCLES);
  const shootdowns = field(SPACE_SHOOTDOWN_CYCLES);
  const worst = field(SPACE_WORST_CYCLES);
  return {
    total: calls + references + faults + shootdowns,
    calls,
    references,
    faults,
    shootdowns,
    worstReference:
      worst === 0
        ? undefined
        : {
            cycles: worst,
            address: space.field(SPACE_WORST_ADDRESS),
            call: Number(BigInt.asUintN(32, space.field(SPACE_WORST_CALL))),
          },
  };
}
