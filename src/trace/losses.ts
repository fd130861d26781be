/** Counts the information that is lost when a trace is written in a format that cannot hold all of it. */

import type { REFERENCE_KINDS } from "../../assembly/abi/names.js";
import type { ReferenceCounts } from "../wasm/counts.js";

export type ReferenceKind = (typeof REFERENCE_KINDS)[number];

/** The information that a format keeps. Calls are kept only by formats that keep everything. */
export interface Keeps {
  readonly unit: "address" | "page";
  /** References of other kinds are written as one of these, as several, or left out. */
  readonly kinds: readonly ReferenceKind[];
  /** `same`, or the size of every reference when it is read again. */
  readonly size: "same" | number;
}

/** The kinds of information that are lost, and the number of references for each. */
export interface Losses {
  /** References whose kind the format cannot hold. */
  kinds: number;
  /** References whose size the format cannot hold. */
  sizes: number;
  /** The address within a page: the format numbers pages of 4 KiB. */
  addresses: number;
  /** Not references: the initial regions of a recording. */
  regions: number;
}

/** Number of initial regions in a recording. */
export function regionsAtBegin({ maps }: Readonly<Record<string, unknown>>): number {
  return typeof maps === "string" ? maps.split("\n").filter((line) => line.trim() !== "").length : 0;
}

const COUNTS: Readonly<Record<ReferenceKind, keyof ReferenceCounts>> = {
  fetch: "instructionFetches",
  load: "loads",
  store: "stores",
  modify: "modifies",
};

/** Counts of references. `otherSizes`: those whose size is not the one that the format reads again. */
export function lossesOf(
  counts: ReferenceCounts,
  unit: "address" | "page",
  keeps: Keeps | undefined,
  otherSizes: number,
): Omit<Losses, "regions"> {
  if (keeps === undefined) return { kinds: 0, sizes: 0, addresses: 0 };
  const kept = keeps.kinds.reduce((sum, kind) => sum + counts[COUNTS[kind]], 0);
  const addresses = keeps.unit === "page" && unit === "address" ? counts.references : 0;
  return { kinds: counts.references - kept, sizes: otherSizes, addresses };
}
