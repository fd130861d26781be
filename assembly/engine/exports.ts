/** The exports of the machine: handles are addresses, 0 means out of memory. */
import { NO_POLICY } from "../abi/machine";
import { Paging } from "../demand/demand";
import { invalidate, map, protect, unmap } from "../demand/map";
import { Machine } from "../machine/machine";
import { RangeSums } from "../machine/range-sums";
import { Tlb } from "../mmu/tlb";
import { Policy } from "../policy/contract";
import { withPolicy } from "../policy/registry";
import { Unlimited } from "../policy/unlimited";
import { replayBlock } from "./blocks";
import { MachineMaker } from "./create";
import { replayOne, replayRecords } from "./replay";

export function createMachine(
  architecture: u32,
  frames: u32,
  swapPages: u32,
  huge: u32,
  spaces: u32,
  cpus: u32,
  policyId: u32,
  parameters: usize,
): usize {
  return changetype<usize>(
    MachineMaker.create(architecture, frames, swapPages, huge, spaces, cpus, policyId, parameters),
  );
}

/** Adds a TLB of `cpu`, or of all CPUs if that is `ALL_CPUS`. */
export function addTlb(
  machine: usize,
  cpu: u32,
  level: u32,
  sides: u32,
  sizes: u32,
  sets: u32,
  ways: u32,
  replacement: u32,
  seed: u32,
): usize {
  const tlb = Tlb.create(sets, ways, replacement, seed);
  if (changetype<usize>(tlb) == 0) return 0;
  changetype<Machine>(machine).tlbs.add(tlb, level, sides, sizes, cpu);
  MachineMaker.finishTlbs(changetype<Machine>(machine));
  return changetype<usize>(tlb);
}

export function addWalkCache(machine: usize, level: u32, entries: u32): usize {
  return changetype<Machine>(machine).walker.addCache(level, entries);
}

/** Passes a batch to the policy's concrete type. */
@final
@unmanaged
class Batch {
  machine: Machine;
  records: usize;
  count: u32;

  /** Called by the registry. */
  visit<P extends Policy>(_signature: string): usize {
    const machine = this.machine;
    return replayRecords<P>(machine, changetype<P>(machine.policy), this.records, this.count);
  }
}

/** The batch of the current call; one call runs at a time. */
const BATCH: usize = memory.data(16, 16);

export function replayBatch(machine: usize, records: usize, count: u32): u32 {
  const batch = changetype<Batch>(BATCH);
  batch.machine = changetype<Machine>(machine);
  batch.records = records;
  batch.count = count;
  const policyId = batch.machine.policyId;
  if (policyId == NO_POLICY) return <u32>batch.visit<Unlimited>("");
  return <u32>withPolicy<Batch>(policyId, BATCH);
}

/** Replays a page block with these numbers of references. */
export function replayPageBlock(machine: usize, header: usize, fetches: u32, data: u32): u32 {
  changetype<Machine>(machine).countReferences(fetches, data);
  return replayBlock(changetype<Machine>(machine), header);
}

/** One access; the touch of a new page maps it. */
export function accessOne(machine: usize, address: u64, size: u32, kind: u32): u32 {
  return replayOne(changetype<Machine>(machine), address, size, kind, Paging.onDemand);
}

/** One access to pages that `mapPage` has mapped. */
export function accessMapped(machine: usize, address: u64, size: u32, kind: u32): u32 {
  return replayOne(changetype<Machine>(machine), address, size, kind, Paging.onlyMapped);
}

/** Maps one page of `level`'s size. */
export function mapPage(machine: usize, address: u64, level: u32, flags: u32): u32 {
  return map(changetype<Machine>(machine), address, level, flags);
}

export function unmapPage(machine: usize, address: u64): u32 {
  return unmap(changetype<Machine>(machine), address);
}

export function protectPage(machine: usize, address: u64, flags: u32): u32 {
  return protect(changetype<Machine>(machine), address, flags);
}

/** Switches to another address space; with `flush`, every translation is dropped. */
export function switchSpace(machine: usize, asid: u32, flush: bool): void {
  changetype<Machine>(machine).switchTo(asid, flush);
}

/** Drops the translation of the page at `address`, of any size. */
export function invalidatePage(machine: usize, address: u64): void {
  invalidate(changetype<Machine>(machine), address);
}

/** Sets the address of the next batch's gaps, for a policy that knows the future (engine/future). */
export function setMachineFuture(machine: usize, gaps: usize): void {
  changetype<Policy>(changetype<Machine>(machine).policy).future = gaps;
}

/** Sums the machine's costs by range of addresses from now on; the host fills the ranges and the counters. */
export function sumByRange(machine: usize, ranges: u32, counters: u32): usize {
  const sums = RangeSums.create(ranges, counters);
  changetype<Machine>(machine).ranges = sums;
  return changetype<usize>(sums);
}

export function isMachineValid(machine: usize): bool {
  return MachineMaker.isValid(changetype<Machine>(machine));
}
