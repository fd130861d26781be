/**
 * Costs of references, charged in kernel memory to blocks, sites, size classes and regions
 * (`assembly/heap/charges.ts`).
 */
import {
  CHARGE_CYCLES,
  CHARGE_MAJOR,
  CHARGE_MINOR,
  CHARGE_REFERENCES,
  CHARGE_SWAP_INS,
  CHARGE_TLB_MISSES,
  CHARGE_WALK_READS,
  CHARGE_WALKS,
  CHARGE_WRITEBACKS,
  GROUP_BLOCKS,
  GROUP_BORN,
  GROUP_REQUESTED,
  GROUP_SITE,
  GROUP_START,
  GROUPS_BLOCKS,
  GROUPS_CLASSES,
  GROUPS_REGIONS,
  GROUPS_SITES,
} from "../../assembly/abi/charges.js";
import { type Kernel, outOfMemory } from "./kernel.js";

/** Counts of events of references. */
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
  /** Pages that were written to swap or a file to free a frame for a reference. */
  readonly writebacks: number;
  readonly cycles: number;
}

export interface RawGroup extends ChargeCounts {
  readonly blocks: number;
  readonly requestedBytes: number;
  /** A block's address; for the group of a region, the kind of region. */
  readonly start: bigint;
  readonly site: number;
  readonly line: number;
}

export type GroupKind = "sites" | "classes" | "regions" | "blocks";

const KINDS: Readonly<Record<GroupKind, number>> = {
  sites: GROUPS_SITES,
  classes: GROUPS_CLASSES,
  regions: GROUPS_REGIONS,
  blocks: GROUPS_BLOCKS,
};

/** Addresses; the end is not included. */
export interface AddressRange {
  readonly from: bigint;
  readonly to: bigint;
}

export class KernelCharges {
  readonly address: number;

  constructor(private readonly kernel: Kernel) {
    this.address = kernel.exports.createCharges() >>> 0;
    if (this.address === 0) throw outOfMemory();
  }

  /** Adds a block that was recorded at `address` and lies at `moved`; 0n: it does not exist. */
  allocated(address: bigint, bytes: bigint, moved: bigint, site: number, line: number): void {
    const isIn = this.kernel.exports.chargeAllocated(this.address, address, bytes, moved, site, line) !== 0;
    if (!isIn) throw outOfMemory();
  }

  /** Does not charge references to the range that are in no block, until `include`. */
  exclude({ from, to }: AddressRange): void {
    if (this.kernel.exports.chargeExclude(this.address, from, to) === 0) throw outOfMemory();
  }

  include(from: bigint): void {
    this.kernel.exports.chargeInclude(this.address, from);
  }

  /** Removes the block that was recorded at `address`. Returns its address; 0n if there is none. */
  freed(address: bigint): bigint {
    return BigInt.asUintN(64, this.kernel.exports.chargeFreed(this.address, address));
  }

  /**
   * Makes the references of records. Returns how many succeeded before a signal, which the caller reads from the
   * system. References to `excluded` that are in no block are not charged.
   */
  touch(system: number, asid: number, records: number, count: number, excluded: AddressRange): number {
    const { exports } = this.kernel;
    return exports.touchCharged(system, asid, this.address, records, count, excluded.from, excluded.to) >>> 0;
  }

  /**
   * The number of references to the recorded allocator's own data that were left out, because another allocator
   * replaces it.
   */
  get dropped(): number {
    return Number(this.kernel.exports.droppedReferences(this.address));
  }

  /** Adds the charges of blocks that are still in use to their sites and classes. Called at the end. */
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

function readGroup(view: DataView, at: number): RawGroup {
  const count = (offset: number) => Number(view.getBigUint64(at + offset, true));
  return {
    references: count(CHARGE_REFERENCES),
    tlbMisses: count(CHARGE_TLB_MISSES),
    walks: count(CHARGE_WALKS),
    walkReads: count(CHARGE_WALK_READS),
    minorFaults: count(CHARGE_MINOR),
    majorFaults: count(CHARGE_MAJOR),
    swapIns: count(CHARGE_SWAP_INS),
    writebacks: count(CHARGE_WRITEBACKS),
    cycles: count(CHARGE_CYCLES),
    blocks: count(GROUP_BLOCKS),
    requestedBytes: count(GROUP_REQUESTED),
    start: view.getBigUint64(at + GROUP_START, true),
    site: view.getUint32(at + GROUP_SITE, true),
    line: view.getUint32(at + GROUP_BORN, true),
  };
}
