/** Faults and TLB misses by region of the address space. */
import * as v from "valibot";
import { OptionError } from "../errors.js";
import { type NamedTlb, sumByName } from "../machine/build.js";
import type { KernelMachine, KernelRangeSums } from "../wasm/machine.js";

/** From `start` up to, but without, `end`: `0x…` addresses. */
export interface NamedRegion {
  /** First address, in hexadecimal. */
  start: string;
  /** First address behind it, in hexadecimal. */
  end: string;
  /** Its name: `[stack]`, a path. */
  name: string;
}

/** The costs of references that begin in a region. */
export interface RegionCosts extends NamedRegion {
  /** Faults served from memory. */
  minorFaults: number;
  /** Faults that read a page from swap. */
  majorFaults: number;
  /** Walks through the page tables. */
  walks: number;
  /** By the TLB's name. */
  tlbMisses: Record<string, number>;
}

export const regionsSchema = v.optional(
  v.array(v.strictObject({ start: v.string(), end: v.string(), name: v.string() })),
);

/** The name of what is in no region. */
const ELSEWHERE = "elsewhere";
const END = 2n ** 64n;

interface Range {
  start: bigint;
  end: bigint;
  name: string;
}

/** The costs of a machine by region. Everything outside the given ones is `elsewhere`. */
export class RegionRecorder {
  private readonly ranges: readonly Range[];
  private readonly sums: KernelRangeSums;

  constructor(
    regions: readonly NamedRegion[],
    machine: KernelMachine,
    private readonly tlbs: readonly NamedTlb[],
  ) {
    this.ranges = rangesOf(regions);
    this.sums = machine.sumByRange(
      this.ranges.map(({ start }) => start),
      tlbs.map(({ tlb }) => tlb),
    );
  }

  /** Those that cost anything, by address. */
  get costs(): RegionCosts[] {
    const { rows } = this.sums;
    return this.ranges.flatMap(({ start, end, name }, n) => {
      const [minorFaults = 0, majorFaults = 0, walks = 0, ...misses] = rows[n] ?? [];
      if (minorFaults + majorFaults + walks + misses.reduce((sum, count) => sum + count, 0) === 0) return [];
      const tlbMisses = sumByName(this.tlbs, (_, tlb) => misses[tlb] ?? 0);
      return [{ start: hex(start), end: hex(end), name, minorFaults, majorFaults, walks, tlbMisses }];
    });
  }
}

/** The regions in order, and what lies between them. */
function rangesOf(regions: readonly NamedRegion[]): Range[] {
  const sorted = regions.map(rangeOf).sort((a, b) => (a.start < b.start ? -1 : 1));
  const ranges: Range[] = [];
  let end = 0n;
  for (const region of sorted) {
    if (region.start < end) {
      const problem = `the regions at ${hex(region.start)} overlap`;
      throw OptionError.at("regions", problem, "give regions that do not overlap");
    }
    if (region.start > end) ranges.push({ start: end, end: region.start, name: ELSEWHERE });
    ranges.push(region);
    end = region.end;
  }
  if (end < END) ranges.push({ start: end, end: END, name: ELSEWHERE });
  return ranges;
}

function rangeOf({ start, end, name }: NamedRegion): Range {
  const [from, to] = [addressOf(start), addressOf(end)];
  if (from < to && to <= END) return { start: from, end: to, name };
  throw OptionError.at(
    "regions",
    `"${name}" has no bytes from ${start} to ${end}`,
    "give its first address and its end",
  );
}

function addressOf(text: string): bigint {
  if (/^0x[0-9a-f]{1,17}$/i.test(text)) return BigInt(text);
  throw OptionError.at("regions", `"${text}" is no address`, "give one such as 0x7ffff7fbb000");
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
