/**
 * A process touching memory: through the machine's TLBs and page tables, its faults served on the way. One reference
 * counts once, however many faults it takes, and costs its lookup, the entries that its walk reads, and its faults.
 */
import {
  KIND_FETCH,
  KIND_LOAD,
  MACHINE_ADDRESS_TOO_WIDE,
  MACHINE_PROTECTION_FAULT,
  MACHINE_SEGMENTATION_FAULT,
  STATUS_OK,
} from "../../abi";
import { SEGV_MAPERR, SI_KERNEL, SIGKILL, SIGSEGV } from "../../abi-process";
import { access } from "../../machine/access";
import { Faults, Machine } from "../../machine/machine";
import { serve } from "../memory/fault";
import { BY_FETCH, BY_LOAD, BY_STORE, fits } from "../memory/room";
import { Region } from "../space/region";
import { Space } from "../space/space";

/** Faults that a page of a reference may need, one after the other: more are a mistake of ours. */
const MOST_TRIES: u64 = 16;

/**
 * The machine stops at a fault, which the layer of processes serves; the access is repeated then, and counts once. What
 * crosses pages must not be half done when it is repeated, so it does not begin before all of its pages are there.
 */
@final
@unmanaged
class Repeated extends Faults {
  serve(machine: Machine, va: u64, _kind: u32): bool {
    machine.segmentation++;
    return machine.stop(MACHINE_SEGMENTATION_FAULT, va);
  }

  mayCross(machine: Machine, first: u64, last: u64, kind: u32): bool {
    const needs = Machine.needs(kind);
    for (let vpn = first; vpn <= last; vpn++) {
      const va = machine.geometry.truncate(vpn << machine.geometry.pageShift);
      const pte = machine.tables.walk(machine.root, va);
      const isLeaf = machine.tables.isLeaf(pte);
      if (isLeaf && (machine.tables.flags(pte) & needs) == needs) continue;
      return machine.stop(isLeaf ? MACHINE_PROTECTION_FAULT : MACHINE_SEGMENTATION_FAULT, va);
    }
    return true;
  }

  @inline
  countsStopped(): bool {
    return false;
  }

  /** Reclaim runs after faults (`balance`), and reads R and M bits of no entry. */
  @inline
  after(_machine: Machine): void {}
}

/** The machine runs this space from now on. Its entries carry its number, so no TLB is emptied. */
export function runIn(space: Space): void {
  const machine = space.machine;
  if (<u32>(machine.space >> 48) != space.asid) machine.switchTo(space.asid, false);
}

/** Touches `bytes` at `va`, a reference for each page where they are more than one; 0, or the signal: number << 8 | code. */
export function touchRange(space: Space, va: u64, bytes: u64, kind: u32): u32 {
  const system = space.system;
  const machine = system.machine;
  const pageBytes = (<u64>1) << space.pageShift;
  const shootdowns = system.shootdowns;
  runIn(space);
  if (!fits(space, va, reachOf(va, bytes), howOf(kind), false)) return 0;
  let signal: u32 = 0;
  let references: u32 = 0;
  do {
    const step = bytes <= pageBytes ? bytes : pageBytes - (va & (pageBytes - 1));
    signal = refer(space, va, step, kind);
    if (signal != 0) break;
    chargeTouch(space, regionAt(space, va), 1);
    references++;
    va += step;
    bytes -= step;
  } while (bytes != 0);
  machine.countReferences(kind == KIND_FETCH ? references : 0, kind == KIND_FETCH ? 0 : references);
  space.shootdownCycles += (system.shootdowns - shootdowns) * system.shootdownCost;
  return signal;
}

/** Where so many bytes end: at the end of all addresses at the latest. */
function reachOf(va: u64, bytes: u64): u64 {
  return va + min(bytes, ~va);
}

function howOf(kind: u32): u32 {
  if (kind == KIND_FETCH) return BY_FETCH;
  return kind == KIND_LOAD ? BY_LOAD : BY_STORE;
}

/**
 * One reference, served until it goes through; 0, or the signal. Its walk and faults are charged, its lookup is not. Its
 * pages stay until it has been made: a policy might take one for the other, in turn.
 */
export function refer(space: Space, va: u64, bytes: u64, kind: u32): u32 {
  const system = space.system;
  const machine = space.machine;
  const faultCycles = space.faultCycles;
  let signal: u32 = 0;
  let tries: u64 = 0;
  let read = machine.entriesRead;
  while (signal == 0 && access<Repeated>(machine, va, bytes, kind) != STATUS_OK) {
    if (tries == 0) system.hold(va, bytes);
    signal = answer(space, va, bytes, kind, tries++);
    read = machine.entriesRead;
  }
  if (tries != 0) system.releaseHold();
  if (signal != 0) return signal;
  if (machine.entriesRead != read) {
    chargeWalk(space, va, <u32>(machine.entriesRead - read), space.faultCycles - faultCycles);
  }
  return 0;
}

/** Serves what stopped an access to `bytes` at `va`, repeated `tries` times; 0 when it may be repeated again, or the signal. */
function answer(space: Space, va: u64, bytes: u64, kind: u32, tries: u64): u32 {
  const system = space.system;
  const machine = space.machine;
  const status = machine.status;
  // Of a reference that crosses into a page, the machine tells the page.
  system.signalAddress = max(machine.failedAddress, va);
  if (status == MACHINE_ADDRESS_TOO_WIDE) {
    if (!machine.geometry.isX86) return (SIGSEGV << 8) | SEGV_MAPERR;
    system.signalAddress = 0; // a general protection fault, which does not say
    return (SIGSEGV << 8) | SI_KERNEL;
  }
  if (status != MACHINE_SEGMENTATION_FAULT && status != MACHINE_PROTECTION_FAULT) {
    system.fail();
    return SIGKILL << 8;
  }
  const signal = serve(space, machine.failedAddress, kind);
  if (signal == 0 && tries == MOST_TRIES + (bytes >> space.pageShift) * MOST_TRIES) {
    system.fail();
    return SIGKILL << 8;
  }
  return signal;
}

/** The region of an address that was just touched. */
export function regionAt(space: Space, va: u64): Region {
  return space.regions.at(space.machine.geometry.extend(space.machine.geometry.truncate(va)));
}

/** So many references found their page, wherever. */
export function chargeTouch(space: Space, region: Region, references: u32): void {
  const cycles = <u64>references * space.system.tlbHitCost;
  region.references += references;
  region.cycles += cycles;
  space.references += references;
  space.referenceCycles += cycles;
}

/** What a reference cost that was in no TLB: it may have been the longest. */
function chargeWalk(space: Space, va: u64, steps: u32, faultCycles: u64): void {
  const system = space.system;
  const region = regionAt(space, va);
  const walked = <u64>steps * system.walkStepCost;
  const took = walked + faultCycles + system.tlbHitCost;
  region.cycles += walked;
  space.referenceCycles += walked;
  if (took > region.worst) region.worst = <u32>min(took, <u64>u32.MAX_VALUE);
  if (took <= space.worstCycles) return;
  space.worstCycles = took;
  space.worstAddress = va;
  space.worstCall = space.call;
}
