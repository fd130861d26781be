/**
 * References of a process, each charged to what it touches (`charges.ts`); and, to ask what another allocator would have
 * cost, carried along to where that one has put the block.
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
} from "../abi/charges";
import {
  KIND_CALL,
  KIND_FETCH,
  NONE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../abi/core";
import { make } from "../core/arena";
import { Machine } from "../machine/machine";
import { chargeTouch, makeReference, regionAt, switchToSpace } from "../process/references/access";
import { Space, spaceOf } from "../process/space/space";
import { System } from "../process/system/system";
import { endSpace } from "../process/vma/exit";
import { Charges } from "./charges";

/** The machine's counters before a reference. */
@final
@unmanaged
class Before {
  tlbMisses: u64;
  walks: u64;
  reads: u64;
  minor: u64;
  major: u64;
  swapIns: u64;
  writebacks: u64;
  cycles: u64;

  take(space: Space): void {
    const machine = space.machine;
    this.tlbMisses = firstLevelMisses(machine);
    this.walks = machine.walks;
    this.reads = machine.entriesRead;
    this.minor = space.minor;
    this.major = space.major;
    this.swapIns = machine.swapIns;
    this.writebacks = machine.writebacks;
    this.cycles = space.referenceCycles + space.faultCycles;
  }

  /** Adds what has come since to the group. */
  charge(space: Space, group: usize): void {
    const machine = space.machine;
    grow(group + CHARGE_REFERENCES, 1);
    grow(group + CHARGE_TLB_MISSES, firstLevelMisses(machine) - this.tlbMisses);
    grow(group + CHARGE_WALKS, machine.walks - this.walks);
    grow(group + CHARGE_WALK_READS, machine.entriesRead - this.reads);
    grow(group + CHARGE_MINOR, space.minor - this.minor);
    grow(group + CHARGE_MAJOR, space.major - this.major);
    grow(group + CHARGE_SWAP_INS, machine.swapIns - this.swapIns);
    grow(group + CHARGE_WRITEBACKS, machine.writebacks - this.writebacks);
    grow(group + CHARGE_CYCLES, space.referenceCycles + space.faultCycles - this.cycles);
  }
}

function grow(at: usize, by: u64): void {
  store<u64>(at, load<u64>(at) + by);
}

/** Misses of all TLBs of the first level. */
function firstLevelMisses(machine: Machine): u64 {
  const tlbs = machine.tlbs;
  let misses: u64 = 0;
  for (let side: u32 = 0; side < 2; side++) {
    if (side == 1 && machine.filter.isUnified) break;
    let last: usize = 0;
    for (let size: u32 = 1; size < 4; size++) {
      const tlb = tlbs.at(side, 1, size);
      if (changetype<usize>(tlb) == 0 || changetype<usize>(tlb) == last) continue;
      last = changetype<usize>(tlb);
      misses += tlb.misses;
    }
  }
  return misses;
}

/** Charges, and what a pass over them needs; 0 when memory is out. */
export function createCharges(): usize {
  const charges = Charges.create();
  if (changetype<usize>(charges) == 0) return 0;
  charges.before = changetype<usize>(make<Before>());
  return charges.before == 0 ? 0 : changetype<usize>(charges);
}

/** A block was recorded at `address` and is at `moved`; false when memory is out. */
export function chargeAllocated(
  charges: usize,
  address: u64,
  bytes: u64,
  moved: u64,
  site: u32,
  line: u32,
): bool {
  const it = changetype<Charges>(charges);
  return it.admit(site) && it.allocated(address, bytes, moved, site, line);
}

/** The block that was recorded at `address` is freed; where it was, 0: there is none. */
export function chargeFreed(charges: usize, address: u64): u64 {
  return changetype<Charges>(charges).freed(address);
}

/**
 * Excludes [from, to), which the recorded allocator had mapped and another has not. References to it that are in no block
 * are not charged.
 */
export function chargeExclude(charges: usize, from: u64, to: u64): bool {
  return changetype<Charges>(charges).exclude(from, to);
}

/** Ends the exclusion of the mapping that begins at `from`. */
export function chargeInclude(charges: usize, from: u64): void {
  changetype<Charges>(charges).include(from);
}

/** Blocks in use count from now on, too. */
export function settleCharges(charges: usize): void {
  changetype<Charges>(charges).settle();
}

export function chargeGroups(charges: usize, kind: u32): u32 {
  return changetype<Charges>(charges).count(kind);
}

export function chargeGroup(charges: usize, kind: u32, index: u32): usize {
  return changetype<Charges>(charges).at(kind, index);
}

/** Recorded references that another allocator does not make. */
export function droppedReferences(charges: usize): u64 {
  return changetype<Charges>(charges).dropped;
}

/**
 * Touches the addresses of the records, in order. Returns how many succeeded before a signal, which the system has. A
 * reference to a block goes to where the block is. Other references between `from` and `to`, or to an excluded range, are
 * to the recorded allocator's own data; they are left out.
 */
export function touchCharged(
  system: usize,
  asid: u32,
  charges: usize,
  records: usize,
  count: u32,
  from: u64,
  to: u64,
): u32 {
  const it = changetype<System>(system);
  const space = spaceOf(it, asid);
  const machine = it.machine;
  const charged = changetype<Charges>(charges);
  const shootdowns = it.shootdowns;
  const before = changetype<Before>(charged.before);
  it.signal = 0;
  switchToSpace(space);
  machine.filter.reset();
  let fetches: u32 = 0;
  let data: u32 = 0;
  let done: u32 = 0;
  for (let record = records; done < count; done++, record += RECORD_BYTES) {
    const kind = <u32>load<u8>(record, RECORD_KIND);
    if (kind >= <u32>KIND_CALL) continue;
    const recorded = load<u64>(record, RECORD_ADDRESS);
    const number = charged.owners.at(recorded);
    const address = number == NONE ? recorded : charged.moved(number, recorded);
    const isOwn = (recorded >= from && recorded < to) || charged.isExcluded(recorded);
    if (number == NONE ? isOwn : address == 0) {
      charged.dropped++;
      continue;
    }
    before.take(space);
    const signal = makeReference(space, address, <u64>load<u32>(record, RECORD_SIZE), kind);
    if (signal != 0) {
      it.signal = signal;
      break;
    }
    chargeTouch(space, regionAt(space, address), 1);
    const group = charged.group(space, number, address);
    if (group == 0) {
      it.fail();
      break;
    }
    before.charge(space, group);
    if (kind == KIND_FETCH) fetches++;
    else data++;
  }
  machine.countReferences(fetches, data);
  space.shootdownCycles += (it.shootdowns - shootdowns) * it.shootdownCost;
  if (!space.isAlive) endSpace(space);
  return done;
}
