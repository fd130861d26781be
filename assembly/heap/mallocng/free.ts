/**
 * free. From: src/malloc/mallocng/free.c of musl 1.2.3.
 *
 * A slot becomes one of its group's freed ones. When it was the last one in use the group goes, unless it is kept for a
 * class whose groups come and go too often; a group in a slot frees that slot.
 */
import { MADV_FREE } from "../../abi/linux";
import { activate } from "./groups";
import { FREED_MARK, GROUP_META, Group, META_NEXT, Meta, PAGE, Shape, Slot } from "./layout";
import { dequeue, freeMeta, queue } from "./metas";
import { CLASSES, classBytes } from "./size-classes";
import { findMeta, nominalSize } from "./slots";
import { Mallocng } from "./state";

export function freeBlock(ng: Mallocng, p: u64): void {
  const memory = ng.memory;
  const m = findMeta(ng, p);
  if (m == 0) return;
  const shape = Meta.shape(memory, m);
  const index = Slot.index(memory, p);
  const stride = Shape.stride(shape);
  const start = Group.slot(Meta.group(memory, m), stride, index);
  const end = Group.end(start, stride);
  nominalSize(ng, p, end);
  if (memory.hasStopped) return;
  Slot.setMark(memory, p, FREED_MARK);
  Slot.setOffset(memory, p, 0);
  if (((start - 1) ^ end) >= 2 * PAGE && Shape.last(shape) != 0) freePages(ng, start, end);
  const self = (<u32>1) << index;
  const freed = Meta.freed(memory, m);
  const unused = freed | Meta.avail(memory, m);
  if (freed != 0 && unused + self != Shape.all(shape)) Meta.setFreed(memory, m, freed + self);
  else freeSlot(ng, m, self);
}

/** Whole pages of a free slot hold nothing. */
function freePages(ng: Mallocng, start: u64, end: u64): void {
  const from = (start + PAGE - 1) & ~(PAGE - 1);
  const bytes = (end - from) & ~(PAGE - 1);
  if (bytes != 0) ng.memory.madvise(from, bytes, MADV_FREE);
}

/** Frees the first slot of a group, or the last one that was in use. */
function freeSlot(ng: Mallocng, m: u64, self: u32): void {
  const memory = ng.memory;
  const shape = Meta.shape(memory, m);
  const sc = Shape.sizeClass(shape);
  const freed = Meta.freed(memory, m);
  const unused = freed | Meta.avail(memory, m);
  if (unused + self == Shape.all(shape) && isOkayToFree(ng, m, shape)) {
    if (memory.read<u64>(m + META_NEXT) != 0) retire(ng, sc, m);
    if (!memory.hasStopped) freeGroup(ng, m, shape);
    return;
  }
  if (unused == 0) {
    if (!ng.must(sc < CLASSES)) return;
    // It is active yet if nothing was taken since its last slot was.
    if (ng.activeOf(sc) != m) queue(ng, sc, m);
  }
  Meta.setFreed(memory, m, Meta.freed(memory, m) | self);
}

/** Slots are taken from the group no more; from the next one, if it was active. */
function retire(ng: Mallocng, sc: u32, m: u64): void {
  if (!ng.must(sc < CLASSES)) return;
  const wasActive = ng.activeOf(sc) == m;
  dequeue(ng, sc, m);
  const next = ng.activeOf(sc);
  if (wasActive && next != 0) activate(ng, next);
}

/** Returns true if a free group may be unmapped (okay_to_free in free.c). */
function isOkayToFree(ng: Mallocng, m: u64, shape: u64): bool {
  if (!Shape.isFreeable(shape)) return false;
  const sc = Shape.sizeClass(shape);
  // Mappings of one block, and groups in slots, which keep greater groups from going.
  if (sc >= CLASSES || Shape.stride(shape) < classBytes(sc) || Shape.pages(shape) == 0) return true;
  if (ng.memory.read<u64>(m + META_NEXT) != m) return true;
  if (!ng.isBouncing(sc)) return true;
  // Enough slots are in use for the next group to have more of them.
  const count = <u64>Shape.last(shape) + 1;
  return 9 * count <= ng.usageOf(sc) && count < 20;
}

function freeGroup(ng: Mallocng, m: u64, shape: u64): void {
  const memory = ng.memory;
  const sc = Shape.sizeClass(shape);
  if (sc < CLASSES) ng.setUsage(sc, ng.usageOf(sc) - (Shape.last(shape) + 1));
  const group = Meta.group(memory, m);
  const pages = Shape.pages(shape);
  if (pages != 0) {
    ng.step();
    ng.noteUnmapped(sc);
    freeMeta(ng, m);
    memory.munmap(group, pages * PAGE);
    return;
  }
  const outer = findMeta(ng, group);
  if (outer == 0) return;
  const index = Slot.index(memory, group);
  memory.write<u64>(group + GROUP_META, 0);
  freeSlot(ng, outer, (<u32>1) << index);
  freeMeta(ng, m);
}
