/**
 * Reads and writes the known contents of a process's memory without a reference, as a debugger does. Bytes are known
 * when an allocator or a store with a value has written them; once there is one such write, untouched memory is known
 * to be zero. A store without a value to a page with unknown contents leaves them unknown.
 */
import { EntryFormat } from "../../mmu/entry";
import { entryAt } from "../pages/walk";
import { Bytes, MOST_ADDRESS } from "../space/bytes";
import { Space } from "../space/space";

const PAGE: u64 = 4096;
/** Anon_vma numbers, given by the host, of regions that had pages before the recording began. */
const FROM_BEFORE: u32 = 0x80000000;

/** Copies `count` bytes at `va` to `into`, zeros where they are not known. True when all are known. */
export function peek(space: Space, va: u64, count: u64, into: usize): bool {
  let isKnown = true;
  while (count != 0) {
    const step = min(count, PAGE - (va & (PAGE - 1)));
    const at = writtenAt(space, va);
    if (at != 0) memory.copy(into, at, <usize>step);
    else {
      memory.fill(into, 0, <usize>step);
      if (!isZero(space, va)) isKnown = false;
    }
    va += step;
    into += <usize>step;
    count -= step;
  }
  return isKnown;
}

/** The address of the byte at `va`; 0 when its page has no known contents. */
function writtenAt(space: Space, va: u64): usize {
  if (changetype<usize>(space.bytes) == 0 || va >= MOST_ADDRESS) return 0;
  return space.bytes.written(va);
}

/** Is true for anonymous memory that was never stored to. When no contents are kept at all, nothing is known. */
function isZero(space: Space, va: u64): bool {
  if (changetype<usize>(space.bytes) == 0) return false;
  const region = space.regions.at(va);
  if (changetype<usize>(region) == 0 || region.object != 0 || region.label != 0) return false;
  const entry = entryAt(space, va);
  if (entry == 0) return region.anon < FROM_BEFORE;
  if (!EntryFormat.isPresent(entry)) return false;
  const pfn = space.machine.format.frame(entry);
  return pfn == space.system.zero || pfn == space.system.hugeZero;
}

/** Stores `count` bytes from `from` at `va`; false when part of the range is not mapped. */
export function poke(space: Space, va: u64, count: u64, from: usize): bool {
  if (!isMapped(space, va, count)) return false;
  if (!put(space, va, count, from)) space.system.fail();
  return true;
}

/** Stores the bytes; false when memory is out. */
function put(space: Space, va: u64, count: u64, from: usize): bool {
  if (changetype<usize>(space.bytes) == 0) space.bytes = Bytes.create();
  if (changetype<usize>(space.bytes) == 0) return false;
  while (count != 0) {
    const step = min(count, PAGE - (va & (PAGE - 1)));
    const at = space.bytes.write(va);
    if (at == 0) return false;
    memory.copy(at, from, <usize>step);
    va += step;
    from += <usize>step;
    count -= step;
  }
  return true;
}

/** Is true when the whole range is mapped and can have contents. */
function isMapped(space: Space, va: u64, count: u64): bool {
  const end = va + count;
  if (end < va || end > MOST_ADDRESS) return false;
  while (va < end) {
    const region = space.regions.at(va);
    if (changetype<usize>(region) == 0) return false;
    va = region.end;
  }
  return true;
}

/** Sets `count` bytes at `va` to `value`, in pages with known contents. */
export function overwrite(space: Space, va: u64, count: u64, value: u8): void {
  if (changetype<usize>(space.bytes) == 0) return;
  const end = va + min(count, ~va);
  while (va < end && va < MOST_ADDRESS) {
    const step = min(end - va, PAGE - (va & (PAGE - 1)));
    const at = space.bytes.written(va);
    if (at != 0) memory.fill(at, value, <usize>step);
    va += step;
  }
}
