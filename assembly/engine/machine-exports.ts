/**
 * The machine as the host calls it: handles are addresses, 0 means out of memory. `MachineWork` carries one call to
 * the policy's concrete type.
 */
import { NO_POLICY } from "../abi";
import { Tlb } from "../mmu/tlb";
import { Policy } from "../policy/contract";
import { withPolicy } from "../policy/registry";
import { Unlimited } from "../policy/unlimited";
import { Machine } from "./machine";
import { replayBlock } from "./machine-blocks";
import { MachineMaker } from "./machine-create";
import { invalidate, map, protect, unmap } from "./machine-map";
import { replayOne, replayRecords } from "./machine-replay";

export function createMachine(
  architecture: u32,
  frames: u32,
  swapPages: u32,
  huge: u32,
  demand: bool,
  spaces: u32,
  policyId: u32,
  parameters: usize,
): usize {
  return changetype<usize>(
    MachineMaker.create(architecture, frames, swapPages, huge, demand, spaces, policyId, parameters),
  );
}

export function addTlb(
  machine: usize,
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
  changetype<Machine>(machine).tlbs.add(tlb, level, sides, sizes);
  MachineMaker.settle(changetype<Machine>(machine));
  return changetype<usize>(tlb);
}

export function addWalkCache(machine: usize, level: u32, entries: u32): usize {
  return changetype<Machine>(machine).walker.addCache(level, entries);
}

/** What a call asks of the machine. */
const REPLAY: u32 = 0;
const ACCESS: u32 = 1;
const MAP: u32 = 2;
const UNMAP: u32 = 3;

@final
@unmanaged
class MachineWork {
  machine: Machine;
  task: u32;
  records: usize;
  count: u32;
  address: u64;
  size: u32;
  kind: u32;
  level: u32;
  flags: u32;

  run(): u32 {
    const policyId = this.machine.policyId;
    if (policyId == NO_POLICY) return <u32>this.visit<Unlimited>("");
    return <u32>withPolicy<MachineWork>(policyId, changetype<usize>(this));
  }

  /** Called by the registry, with the concrete type. */
  visit<P extends Policy>(_signature: string): usize {
    const machine = this.machine;
    const policy = changetype<P>(machine.policy);
    if (this.task == REPLAY) return replayRecords<P>(machine, policy, this.records, this.count);
    if (this.task == ACCESS) return replayOne<P>(machine, policy, this.address, this.size, this.kind);
    if (this.task == UNMAP) return unmap<P>(machine, policy, this.address);
    return map<P>(machine, policy, this.address, this.level, this.flags);
  }
}

/** The work of the call that runs: one at a time. */
function workOn(machine: usize, task: u32): MachineWork {
  const work = changetype<MachineWork>(WORK);
  work.machine = changetype<Machine>(machine);
  work.task = task;
  return work;
}

const WORK: usize = memory.data(64, 16);

export function replayBatch(machine: usize, records: usize, count: u32): u32 {
  const work = workOn(machine, REPLAY);
  work.records = records;
  work.count = count;
  return work.run();
}

/** A page block whose references are `fetches` and `data`. */
export function replayPageBlock(machine: usize, header: usize, fetches: u32, data: u32): u32 {
  changetype<Machine>(machine).countReferences(fetches, data);
  return replayBlock(changetype<Machine>(machine), header);
}

export function accessOne(machine: usize, address: u64, size: u32, kind: u32): u32 {
  const work = workOn(machine, ACCESS);
  work.address = address;
  work.size = size;
  work.kind = kind;
  return work.run();
}

/** Maps one page of `level`'s size. */
export function mapPage(machine: usize, address: u64, level: u32, flags: u32): u32 {
  const work = workOn(machine, MAP);
  work.address = address;
  work.level = level;
  work.flags = flags;
  return work.run();
}

export function unmapPage(machine: usize, address: u64): u32 {
  const work = workOn(machine, UNMAP);
  work.address = address;
  return work.run();
}

export function protectPage(machine: usize, address: u64, flags: u32): u32 {
  return protect(changetype<Machine>(machine), address, flags);
}

/** Runs another address space from now on; with `flush`, every translation is forgotten. */
export function switchSpace(machine: usize, asid: u32, flush: bool): void {
  changetype<Machine>(machine).switchTo(asid, flush);
}

/** Forgets the translation of the page at `address`, of whatever size. */
export function invalidatePage(machine: usize, address: u64): void {
  invalidate(changetype<Machine>(machine), address);
}

/** Where the coming batch's gaps are, for a policy that is told the future (engine/future). */
export function setMachineFuture(machine: usize, gaps: usize): void {
  changetype<Policy>(changetype<Machine>(machine).policy).future = gaps;
}

export function isMachineValid(machine: usize): bool {
  return MachineMaker.isValid(changetype<Machine>(machine));
}
