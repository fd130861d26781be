/**
 * Charges the references of a time line to the heap block that they touch, to the call that allocated it, and to its
 * size class. A reference that touches no block is charged to its region.
 */
import { REGION_HEAP, REGION_STACK } from "../../assembly/abi/charges.js";
import type { AddressRange, ChargeCounts, KernelCharges, RawGroup } from "../wasm/charges.js";
import type { BatchOutcome } from "../wasm/process/structs.js";
import type { ChargedReferences } from "./calls/references.js";
import type { Process } from "./process.js";

/** The charges of one call, size class or region. */
export interface ChargeGroup extends ChargeCounts {
  readonly name: string;
  /** All blocks ever allocated, and their requested bytes. */
  readonly blocks: number;
  readonly requestedBytes: number;
}

/** One block, in use or freed. */
export interface BlockCharge extends ChargeCounts {
  readonly address: bigint;
  readonly bytes: number;
  /** The line and the call that allocated it. */
  readonly line: number;
  readonly site: string;
}

/** The costs of references by the blocks that they touch: by the site and by the size class of the allocation. */
export interface ChargesResult {
  /** Of all references. */
  readonly total: ChargeCounts;
  /** By the call that allocated the block, the costliest first. */
  readonly sites: readonly ChargeGroup[];
  /** By the class of the block's size. */
  readonly classes: readonly ChargeGroup[];
  /** References that touched no block. */
  readonly regions: readonly ChargeGroup[];
  /** The costliest blocks, freed ones included. */
  readonly blocks: readonly BlockCharge[];
  /** References to the recorded allocator's own data, which are left out with another allocator. */
  readonly droppedReferences: number;
}

/** Limit on distinct sites; all others are merged into one. */
const MOST_SITES = 65_536;
const OTHER_SITES = "other calls";

export class BlockCharges implements ChargedReferences {
  private readonly charges: KernelCharges;
  private readonly sites = new Map<string, number>();
  /**
   * Ranges in which references to no block are left out: the recorded allocator's own data, if another allocator
   * replaces it.
   */
  excluded: AddressRange = { from: 0n, to: 0n };

  /** `isOther`: an allocator other than the recorded one makes the calls, and references of its own. */
  constructor(
    private readonly process: Process,
    private readonly isOther = false,
  ) {
    this.charges = process.system.kernel.createCharges();
  }

  /** A block is allocated: recorded at `address`, and now at `moved`; 0n: nowhere. */
  allocated(address: bigint, bytes: bigint, site: string, line: number, moved = address): void {
    this.charges.allocated(address, bytes, moved, this.siteNumber(site), line);
  }

  /** The block recorded at `address` is freed. Returns its actual address, 0n if there is none. */
  freed(address: bigint): bigint {
    return this.charges.freed(address);
  }

  /** The recorded allocator mapped this range, the other one did not: references to no block there are left out. */
  exclude(range: AddressRange): void {
    this.charges.exclude(range);
  }

  /** The range is unmapped. */
  include(from: bigint): void {
    this.charges.include(from);
  }

  private siteNumber(site: string): number {
    const name = this.sites.has(site) || this.sites.size < MOST_SITES ? site : OTHER_SITES;
    const known = this.sites.get(name);
    if (known !== undefined) return known;
    this.sites.set(name, this.sites.size);
    return this.sites.size - 1;
  }

  /** Makes the references of records in kernel memory. */
  touch(records: number, count: number, number: number): BatchOutcome {
    return this.process.space.kernel.touchCharged(this.charges, records, count, number, this.excluded);
  }

  /** All charges, blocks in use included. Call it at the end. */
  result(): ChargesResult {
    this.charges.settle();
    const siteNames = [...this.sites.keys()];
    const sites = this.charges.groups("sites").map((group, n) => named(group, siteNames[n] ?? OTHER_SITES));
    const regions = this.charges.groups("regions").map((group) => named(group, this.regionName(group.start)));
    const classes = this.charges.groups("classes").map((group, n) => named(group, className(n)));
    const blocks = this.charges.groups("blocks").map(
      ({ start, requestedBytes, line, site, blocks: _, ...counts }): BlockCharge => ({
        ...counts,
        address: start,
        bytes: requestedBytes,
        line,
        site: siteNames[site] ?? OTHER_SITES,
      }),
    );
    const outside = this.outside(sumOf([...sites, ...regions]));
    if (COUNTS.some((key) => outside[key] !== 0)) regions.push(outside);
    return {
      total: sumOf([...sites, ...regions]),
      sites: costliestFirst(sites),
      classes: classes.filter((group) => group.blocks > 0),
      regions: costliestFirst(regions),
      blocks: costliestFirst(blocks),
      droppedReferences: this.charges.dropped,
    };
  }

  /** Returns the counts beyond those of references: copies by the kernel, and pages that calls bring in. */
  private outside(charged: ChargeCounts): ChargeGroup {
    const all = countsOf(this.process);
    const rest = Object.fromEntries(COUNTS.map((key) => [key, all[key] - charged[key]]));
    return {
      ...(rest as Record<keyof ChargeCounts, number>),
      name: this.isOther ? "the allocator, and system calls" : "system calls",
      blocks: 0,
      requestedBytes: 0,
    };
  }

  /** The name of a region's group, whose object, label and kind are in one number. */
  private regionName(start: bigint): string {
    const object = Number(start >> 32n);
    const label = Number((start >> 8n) & 0xffffffn);
    const kind = Number(start & 0xffn);
    if (object !== 0) return this.process.system.pathOf(object) ?? "shared memory";
    if (label !== 0) return this.process.space.labelled({ label }) ?? "";
    if (kind === REGION_HEAP) return "[heap], no block";
    return kind === REGION_STACK ? "[stack]" : "private memory";
  }
}

const COUNTS = [
  "references",
  "tlbMisses",
  "walks",
  "walkReads",
  "minorFaults",
  "majorFaults",
  "swapIns",
  "writebacks",
  "cycles",
] as const satisfies readonly (keyof ChargeCounts)[];

/** The machine's counts for the process, the only one. */
export function countsOf(process: Process): ChargeCounts {
  const { counters, tlbs } = process.system;
  const first = tlbs.filter(({ spec }) => spec.name.startsWith("l1")).map(({ tlb }) => tlb.counts);
  const { references, faults } = process.cycles;
  return {
    references: first.reduce((sum, { lookups }) => sum + lookups, 0),
    tlbMisses: first.reduce((sum, { misses }) => sum + misses, 0),
    walks: counters.walks,
    walkReads: counters.entriesRead,
    minorFaults: process.faults.minor,
    majorFaults: process.faults.major,
    swapIns: counters.swapIns,
    writebacks: counters.writebacks,
    cycles: references + faults,
  };
}

function sumOf(groups: readonly ChargeCounts[]): ChargeCounts {
  const sum = Object.fromEntries(COUNTS.map((key) => [key, 0])) as Record<keyof ChargeCounts, number>;
  for (const group of groups) for (const key of COUNTS) sum[key] += group[key];
  return sum;
}

function costliestFirst<T extends ChargeCounts>(groups: readonly T[]): T[] {
  return groups.filter(({ references }) => references > 0).sort((one, other) => other.cycles - one.cycles);
}

function named({ start: _start, site: _site, line: _line, ...group }: RawGroup, name: string): ChargeGroup {
  return { ...group, name };
}

/** The bytes of size class `n`: steps of 16 bytes up to 1024, then powers of two. */
function className(n: number): string {
  if (n === 0) return "0 B";
  if (n <= 64) return `${16 * n - 15} to ${16 * n} B`;
  const most = 2 ** (10 + n - 64);
  return `${most / 2 + 1} to ${most} B`;
}
