/**
 * Memory that the dynamic linker has no use for: what is left of the first and last pages of the program's and the C
 * library's writable segments goes to malloc, as groups of one slot that never go. A program that is linked statically
 * has none. From: src/malloc/mallocng/donate.c of musl 1.2.3; the calls are ldso/dynlink.c's, `reclaim_gaps`.
 */
import { VM_WRITE } from "../../abi/linux";
import { FREED_MARK, GROUP_META, GROUP_SLOTS, META_GROUP, Meta, Shape, Slot } from "./layout";
import { allocMeta, queue } from "./metas";
import { CLASSES, classBytes, UNIT } from "./size-classes";
import { Mallocng } from "./state";

/** Takes the memory from `start` to `end`. A process that has not got it, as it has not the log's regions, does without. */
export function donate(ng: Mallocng, start: u64, end: u64): void {
  const memory = ng.memory;
  if (end <= start || !isWritable(ng, start) || !isWritable(ng, end - 1)) return;
  memory.fill(start, 0, end - start);
  let at = (start + UNIT - 1) & ~(UNIT - 1);
  const last = end & ~(UNIT - 1);
  for (let sc: i32 = CLASSES - 1; sc > 0 && last > at && !memory.hasStopped; sc -= 4) {
    const bytes = classBytes(sc) + UNIT;
    if (last - at < bytes) continue;
    const m = allocMeta(ng);
    if (m == 0) return;
    Meta.setAvail(memory, m, 0);
    Meta.setFreed(memory, m, 1);
    memory.write<u64>(m + META_GROUP, at);
    memory.write<u64>(at + GROUP_META, m);
    Meta.setShape(memory, m, Shape.make(0, false, sc, 0));
    Slot.setFar(memory, at + GROUP_SLOTS, false);
    Slot.setMark(memory, at + GROUP_SLOTS, FREED_MARK);
    Slot.setFar(memory, at + bytes, false);
    queue(ng, sc, m);
    at += bytes;
  }
}

function isWritable(ng: Mallocng, va: u64): bool {
  const region = ng.memory.space.regions.at(va);
  return changetype<usize>(region) != 0 && region.has(VM_WRITE);
}
