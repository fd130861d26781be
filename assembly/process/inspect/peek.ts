/**
 * What lies at addresses of a process, as far as that is known, and putting something there: as a debugger does, without
 * a reference. Known is what an allocator or a store with a value has written, and, from the first of these on, that memory
 * which nothing was ever stored to reads as zeros. A store without a value to a page of which nothing is known leaves it so.
 */
import { EntryFormat } from "../../mmu/entry";
import { entryAt } from "../pages/walk";
import { Bytes, MOST_ADDRESS } from "../space/bytes";
import { Space } from "../space/space";

const PAGE: u64 = 4096;
/** Origins of regions that had pages before the process came here, as the host numbers them. */
const FROM_BEFORE: u32 = 0x80000000;

/** Copies `count` bytes at `va` to `into`, zeros for what is not known; is all of it known? */
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

/** Where the byte at `va` is; 0: nothing is known of its page. */
function writtenAt(space: Space, va: u64): usize {
  if (changetype<usize>(space.bytes) == 0 || va >= MOST_ADDRESS) return 0;
  return space.bytes.written(va);
}

/** Is it memory of no file that nothing was stored to? Where no contents are kept at all, nobody asks. */
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

/** Puts `count` bytes from `from` at `va`; false where something of that is not mapped. */
export function poke(space: Space, va: u64, count: u64, from: usize): bool {
  if (!isMapped(space, va, count)) return false;
  if (!put(space, va, count, from)) space.system.fail();
  return true;
}

/** False when memory is out. */
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

/** Is all of it mapped, where contents can be? */
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

/** Puts `value` in each of `count` bytes at `va`, in pages of which something is known. */
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
