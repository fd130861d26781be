/**
 * A process touching memory: through the machine's TLBs and page tables, its faults served on the way. One reference
 * counts once, however many faults it takes.
 */
import {
  KIND_FETCH,
  MACHINE_ADDRESS_TOO_WIDE,
  MACHINE_PROTECTION_FAULT,
  MACHINE_SEGMENTATION_FAULT,
  RECORD_BYTES,
  RECORD_KIND,
  STATUS_OK,
} from "../abi";
import { SI_KERNEL, SIGBUS } from "../abi-process";
import { Machine } from "../engine/machine";
import { serve as access } from "../engine/machine-replay";
import { serve } from "./fault";
import { Space } from "./space";

/** Nobody needs so many faults for one reference: memory is too small for its pages at once. */
const MOST_TRIES: u32 = 64;

/** Touches `bytes` at `va`; 0, or the signal that it gets: number << 8 | code. */
export function touch(space: Space, va: u64, bytes: u64, kind: u32): u32 {
  const machine = space.machine;
  runIn(space);
  for (let tries: u32 = 0; ; tries++) {
    const status = access(machine, va, bytes, kind);
    if (status == STATUS_OK) break;
    const signal = answer(space, machine, kind, tries);
    if (signal != 0) return signal;
  }
  machine.countReferences(<u32>(kind == KIND_FETCH), <u32>(kind != KIND_FETCH));
  return 0;
}

/** Serves what stopped an access; 0 when it may be repeated, or the signal. */
export function answer(space: Space, machine: Machine, kind: u32, tries: u32): u32 {
  const system = space.system;
  const status = machine.status;
  system.signalAddress = machine.failedAddress;
  if (status == MACHINE_ADDRESS_TOO_WIDE) {
    system.signalAddress = 0; // the processor does not say
    return (SIGBUS << 8) | SI_KERNEL;
  }
  if (status != MACHINE_SEGMENTATION_FAULT && status != MACHINE_PROTECTION_FAULT) {
    system.fail();
    return 9 << 8;
  }
  const signal = serve(space, machine.failedAddress, kind);
  if (signal == 0 && tries == MOST_TRIES) {
    system.fail();
    return 9 << 8;
  }
  return signal;
}

/** The machine runs this space from now on. Its entries carry its number, so no TLB is emptied. */
export function runIn(space: Space): void {
  const machine = space.machine;
  if (<u32>(machine.space >> 48) != space.asid) machine.switchTo(space.asid, false);
}

/** The record that stopped a batch: its kind. */
export function kindOf(records: usize, index: u32): u32 {
  return load<u8>(records + <usize>index * RECORD_BYTES, RECORD_KIND);
}
