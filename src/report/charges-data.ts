/** The data of a report on costs of allocations: groups with their costs, the costliest first. */
import type { ChargeGroup, ChargesResult } from "../process/block-charges.js";
import type { ChargeCounts } from "../wasm/charges.js";
import { chargeTables, readable } from "./run-charges.js";

/** The result of `run` for a recording with references and allocations. */
export interface ChargesInput {
  /** The recording. */
  trace: string;
  /** The allocator of its blocks. */
  allocator?: string;
  charges: ChargesResult;
}

/** The measures of cost. */
export const CHARGE_MEASURES = ["cycles", "references", "TLB misses", "page faults", "swapping"] as const;
export type ChargeMeasure = (typeof CHARGE_MEASURES)[number];

/** A bar: a group of allocations, or references outside of blocks. */
export interface ChargedPart {
  name: string;
  costs: Record<ChargeMeasure, number>;
  /** The number of parts that the bar combines, if more than one. */
  count?: number;
  /** The part is a region, not blocks. */
  isOutside?: true;
}

export interface ChargesReport {
  allocator?: string;
  total: Record<ChargeMeasure, number>;
  /**
   * Blocks by allocating call, and references outside of blocks by region. The last part of each combines the remaining
   * ones.
   */
  sites: ChargedPart[];
  /** By size. */
  classes: ChargedPart[];
  /** References of the recorded allocator, which were left out because another allocator replaces it. */
  droppedReferences: number;
  tables: { title: string; rows: string[][] }[];
}

export function chargesReport({ allocator, charges }: ChargesInput): ChargesReport {
  const { total, sites, classes, regions, droppedReferences } = charges;
  return {
    ...(allocator !== undefined && { allocator }),
    total: measured(total),
    sites: [...partsOf(sites), ...partsOf(regions, true)],
    classes: partsOf(readable(classes)),
    droppedReferences,
    tables: chargeTables(charges),
  };
}

/** The number of parts that are kept separately, for every measure; groups are in descending order of cycles. */
const MOST_KEPT = 256;

function partsOf(groups: readonly ChargeGroup[], isOutside = false): ChargedPart[] {
  const parts = groups.map((group): ChargedPart => {
    return { name: group.name, costs: measured(group), ...(isOutside && { isOutside }) };
  });
  return folded(parts, MOST_KEPT);
}

/** The first `most` parts, and one part that combines the others. */
export function folded(parts: readonly ChargedPart[], most: number): ChargedPart[] {
  const rest = parts.slice(most);
  const [first] = rest;
  if (first === undefined) return [...parts];
  const sum = (measure: ChargeMeasure) => rest.reduce((all, { costs }) => all + costs[measure], 0);
  const costs = Object.fromEntries(CHARGE_MEASURES.map((measure) => [measure, sum(measure)]));
  const count = rest.reduce((all, part) => all + (part.count ?? 1), 0);
  const { isOutside } = first;
  return [
    ...parts.slice(0, most),
    {
      name: `${count} more`,
      count,
      costs: costs as ChargedPart["costs"],
      ...(isOutside && { isOutside }),
    },
  ];
}

function measured(counts: ChargeCounts): ChargedPart["costs"] {
  const { cycles, references, tlbMisses, minorFaults, majorFaults, swapIns, writebacks } = counts;
  return {
    cycles,
    references,
    "TLB misses": tlbMisses,
    "page faults": minorFaults + majorFaults,
    swapping: swapIns + writebacks,
  };
}
