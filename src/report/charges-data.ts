/** What a report shows of the costs of allocations, as plain data: groups with their costs, the costliest first. */
import type { ChargeGroup, ChargesResult } from "../heap/block-charges.js";
import type { ChargeCounts } from "../wasm/charges.js";
import { chargeTables, MOST_ROWS, readable } from "./run-charges.js";

/** What `run` found out of a recording that has references and allocations. */
export interface ChargesInput {
  /** The recording. */
  trace: string;
  /** The allocator that its blocks came from. */
  allocator?: string;
  charges: ChargesResult;
}

/** What a cost is measured in. */
export const CHARGE_MEASURES = ["cycles", "references", "TLB misses", "page faults", "swapping"] as const;
export type ChargeMeasure = (typeof CHARGE_MEASURES)[number];

/** A bar: allocations, or what touches none. */
export interface ChargedPart {
  name: string;
  costs: Record<ChargeMeasure, number>;
  /** Of no block: a region. */
  isOutside?: true;
}

export interface ChargesReport {
  allocator?: string;
  total: Record<ChargeMeasure, number>;
  /** By allocating call, and what touches no block by region; the last of each is what is not told by itself. */
  sites: ChargedPart[];
  /** By size. */
  classes: ChargedPart[];
  /** References of the recorded allocator's own, which another one does not make. */
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

function partsOf(groups: readonly ChargeGroup[], isOutside = false): ChargedPart[] {
  const rest = groups.slice(MOST_ROWS);
  const told = groups.slice(0, MOST_ROWS).map((group) => partOf(group.name, [group], isOutside));
  return rest.length === 0 ? told : [...told, partOf(`${rest.length} more`, rest, isOutside)];
}

function partOf(name: string, groups: readonly ChargeCounts[], isOutside: boolean): ChargedPart {
  const each = groups.map(measured);
  const sum = (measure: ChargeMeasure) => each.reduce((all, costs) => all + costs[measure], 0);
  const costs = Object.fromEntries(CHARGE_MEASURES.map((measure) => [measure, sum(measure)]));
  return { name, costs: costs as ChargedPart["costs"], ...(isOutside && { isOutside }) };
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
