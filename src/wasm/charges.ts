/** What references cost, charged in kernel memory to blocks, sites, size classes and regions (`assembly/heap/charges.ts`). */
import { NONE } from "../../assembly/abi.js";
import * as abi from "../../assembly/abi-heap.js";
import { type Kernel, outOfMemory } from "./kernel.js";

/** Counts of what references met. */
export interface ChargeCounts {
  readonly references: number;
  /** Lookups that missed in the first level of TLBs. */
  readonly tlbMisses: number;
  readonly walks: number;
  /** Page-table entries that the walks read. */
  readonly walkReads: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly swapIns: number;
  /** Pages that were written out so that a reference could be served. */
  readonly writebacks: number;
  readonly cycles: number;
}

export interface RawGroup extends ChargeCounts {
  readonly blocks: number;
  readonly requestedBytes: number;
  /** A block's address; of a region's group what the region is. */
  readonly start: bigint;
  readonly site: number;
  readonly line: number;
}

export type GroupKind = "sites" | "classes" | "regions" | "blocks";

const KINDS: Readonly<Record<GroupKind, number>> = {
  sites: abi.GROUPS_SITES,
  classes: abi.GROUPS_CLASSES,
  regions: abi.GROUPS_REGIONS,
  blocks: abi.GROUPS_BLOCKS,
};

/** A heap that references are carried along to, and where the recorded one's break was. */
export interface OtherHeap {
  readonly address: number;
  readonly from: bigint;
  readonly to: bigint;
}

export class KernelCharges {
  readonly address: number;

  constructor(private readonly kernel: Kernel) {
    this.address = kernel.exports.createCharges() >>> 0;
    if (this.address === 0) throw outOfMemory();
  }

  /** A block of the log begins its life; its dense number. */
  allocated(address: bigint, bytes: bigint, site: number, line: number): number {
    const number = this.kernel.exports.chargeAllocated(this.address, address, bytes, site, line) >>> 0;
    if (number === NONE) throw outOfMemory();
    return number;
  }

  /** The block that begins at `address` ends; its number, undefined: there is none. */
  freed(address: bigint): number | undefined {
    return defined(this.kernel.exports.chargeFreed(this.address, address));
  }

  /** The block that has `address`. */
  block(address: bigint): number | undefined {
    return defined(this.kernel.exports.chargedBlock(this.address, address));
  }

  /** Makes the references of records; how many went well before a signal. The caller asks the system for that. */
  touch(system: number, asid: number, records: number, count: number, other?: OtherHeap): number {
    const { address, from, to } = other ?? { address: 0, from: 0n, to: 0n };
    return (
      this.kernel.exports.touchCharged(system, asid, this.address, records, count, address, from, to) >>> 0
    );
  }

  /** References to the recorded allocator's own data that were left out, since another allocator has none of them. */
  get dropped(): number {
    return Number(this.kernel.exports.droppedReferences(this.address));
  }

  /** Adds what blocks still in use were charged to their sites and classes; for the end. */
  settle(): void {
    this.kernel.exports.settleCharges(this.address);
  }

  groups(kind: GroupKind): RawGroup[] {
    const { exports } = this.kernel;
    const count = exports.chargeGroups(this.address, KINDS[kind]) >>> 0;
    return Array.from({ length: count }, (_, n) =>
      readGroup(this.kernel.view(), exports.chargeGroup(this.address, KINDS[kind], n) >>> 0),
    );
  }
}

function defined(number: number): number | undefined {
  return number >>> 0 === NONE ? undefined : number >>> 0;
}

function readGroup(view: DataView, at: number): RawGroup {
  const count = (offset: number) => Number(view.getBigUint64(at + offset, true));
  return {
    references: count(abi.CHARGE_REFERENCES),
    tlbMisses: count(abi.CHARGE_TLB_MISSES),
    walks: count(abi.CHARGE_WALKS),
    walkReads: count(abi.CHARGE_WALK_READS),
    minorFaults: count(abi.CHARGE_MINOR),
    majorFaults: count(abi.CHARGE_MAJOR),
    swapIns: count(abi.CHARGE_SWAP_INS),
    writebacks: count(abi.CHARGE_WRITEBACKS),
    cycles: count(abi.CHARGE_CYCLES),
    blocks: count(abi.GROUP_BLOCKS),
    requestedBytes: count(abi.GROUP_REQUESTED),
    start: view.getBigUint64(at + abi.GROUP_START, true),
    site: view.getUint32(at + abi.GROUP_SITE, true),
    line: view.getUint32(at + abi.GROUP_BORN, true),
  };
}
