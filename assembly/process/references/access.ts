/**
 * References of a process to memory, through the machine's TLBs and page tables. Faults are served on the way. A
 * reference counts once, however many faults it takes. It costs its lookup, the entries that its walk reads, and its
 * faults.
 */
import { KIND_FETCH, KIND_LOAD, STATUS_OK } from "../../abi/core";
import { SEGV_MAPERR, SI_KERNEL, SIGKILL, SIGSEGV } from "../../abi/linux";
import {
  MACHINE_ADDRESS_TOO_WIDE,
  MACHINE_PROTECTION_FAULT,
  MACHINE_SEGMENTATION_FAULT,
} from "../../abi/machine";
import { access } from "../../machine/access";
import { Faults, Machine } from "../../machine/machine";
import { serve } from "../memory/fault";
import { BY_FETCH, BY_LOAD, BY_STORE, fits } from "../memory/wasm-room";
import { Region } from "../space/region";
import { Space } from "../space/space";

/** The vsyscall page, and the distance of its three entries (asm/vsyscall.h). */
const VSYSCALL_ADDR: u64 = 0xffffffffff600000;
const VSYSCALL_BYTES: u64 = 1024;
const VSYSCALLS: u64 = 3;

/** The maximum number of faults per page of a reference; more are a bug of the simulator. */
const MAX_TRIES: u64 = 16;

/**
 * Fault handling that stops the machine: the layer of processes serves the fault and repeats the access, which counts
 * once. An access that crosses pages must not be done by half, so it starts only when all its pages are present.
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

  /** Nothing to do: background reclaim runs after faults (`balance`) and reads no R and M bits. */
  @inline
  after(_machine: Machine): void {}
}

/** Switches the machine to this space. TLB entries carry the space's number, so no TLB is flushed. */
export function switchToSpace(space: Space): void {
  const machine = space.machine;
  if (<u32>(machine.space >> 48) != space.asid) machine.switchTo(space.asid, false);
}

/** Touches `bytes` at `va`, with one reference per page if they span several; 0, or the signal: number << 8 | code. */
export function touchRange(space: Space, va: u64, bytes: u64, kind: u32): u32 {
  const system = space.system;
  const machine = system.machine;
  const pageBytes = (<u64>1) << space.pageShift;
  const shootdowns = system.shootdowns;
  switchToSpace(space);
  if (kind == KIND_FETCH && isVsyscall(space, va)) return 0;
  if (!fits(space, va, reachOf(va, bytes), howOf(kind), false)) return 0;
  let signal: u32 = 0;
  let references: u32 = 0;
  do {
    const step = bytes <= pageBytes ? bytes : pageBytes - (va & (pageBytes - 1));
    signal = makeReference(space, va, step, kind);
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

/**
 * Is true for an entry of the vsyscall page. The kernel emulates a call of it, so the fetch needs no page; any other
 * access to the page ends in SIGSEGV (arch/x86/entry/vsyscall/vsyscall_64.c, emulate_vsyscall, with vsyscall=xonly).
 */
function isVsyscall(space: Space, va: u64): bool {
  const geometry = space.machine.geometry;
  if (!geometry.isX86 || va < VSYSCALL_ADDR || geometry.addressBits < 48) return false;
  return (va & (VSYSCALL_BYTES - 1)) == 0 && (va - VSYSCALL_ADDR) / VSYSCALL_BYTES < VSYSCALLS;
}

/** The end of `bytes` at `va`, capped at the end of all addresses. */
function reachOf(va: u64, bytes: u64): u64 {
  return va + min(bytes, ~va);
}

function howOf(kind: u32): u32 {
  if (kind == KIND_FETCH) return BY_FETCH;
  return kind == KIND_LOAD ? BY_LOAD : BY_STORE;
}

/**
 * Makes one reference and serves its faults; 0, or the signal. Charges walk and faults, but not the lookup. Its pages
 * are pinned until it is done; otherwise a policy could evict one for the other, in turn.
 */
export function makeReference(space: Space, va: u64, bytes: u64, kind: u32): u32 {
  const system = space.system;
  const machine = space.machine;
  const faultCycles = space.faultCycles;
  let signal: u32 = 0;
  let tries: u64 = 0;
  let read = machine.entriesRead;
  while (signal == 0 && access<Repeated>(machine, va, bytes, kind, changetype<Repeated>(0)) != STATUS_OK) {
    if (tries == 0) system.pins.pin(va, bytes);
    signal = handleStop(space, va, bytes, kind, tries++);
    read = machine.entriesRead;
  }
  if (tries != 0) system.pins.unpin();
  if (signal != 0) return signal;
  if (machine.entriesRead != read) {
    chargeWalk(space, va, <u32>(machine.entriesRead - read), space.faultCycles - faultCycles);
  }
  return 0;
}

/**
 * Handles a stopped access to `bytes` at `va`, which was repeated `tries` times; 0 when it can be repeated again, or
 * the signal.
 */
function handleStop(space: Space, va: u64, bytes: u64, kind: u32, tries: u64): u32 {
  const system = space.system;
  const machine = space.machine;
  const status = machine.status;
  // For a reference that crosses into a page, the machine reports the page.
  system.signalAddress = max(machine.failedAddress, va);
  if (status == MACHINE_ADDRESS_TOO_WIDE) {
    if (!machine.geometry.isX86) return (SIGSEGV << 8) | SEGV_MAPERR;
    system.signalAddress = 0; // a general protection fault reports no address
    return (SIGSEGV << 8) | SI_KERNEL;
  }
  if (status != MACHINE_SEGMENTATION_FAULT && status != MACHINE_PROTECTION_FAULT) {
    system.fail();
    return SIGKILL << 8;
  }
  const signal = serve(space, machine.failedAddress, kind);
  if (signal == 0 && tries == MAX_TRIES + (bytes >> space.pageShift) * MAX_TRIES) {
    system.fail();
    return SIGKILL << 8;
  }
  return signal;
}

/** The region of an address that was just referenced. */
export function regionAt(space: Space, va: u64): Region {
  return space.regions.at(space.machine.geometry.extend(space.machine.geometry.truncate(va)));
}

/** Charges the lookups of `references` to the region. */
export function chargeTouch(space: Space, region: Region, references: u32): void {
  const cycles = <u64>references * space.system.tlbHitCost;
  region.references += references;
  region.cycles += cycles;
  space.references += references;
  space.referenceCycles += cycles;
}

/** Charges a reference that missed the TLBs, and keeps the most expensive one. */
function chargeWalk(space: Space, va: u64, steps: u32, faultCycles: u64): void {
  const system = space.system;
  const region = regionAt(space, va);
  const walked = <u64>steps * system.walkStepCost;
  const cycles = walked + faultCycles + system.tlbHitCost;
  region.cycles += walked;
  space.referenceCycles += walked;
  if (cycles > region.worst) region.worst = <u32>min(cycles, <u64>u32.MAX_VALUE);
  if (cycles <= space.worstCycles) return;
  space.worstCycles = cycles;
  space.worstAddress = va;
  space.worstCall = space.call;
}
