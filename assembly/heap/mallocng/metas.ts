/**
 * Where metas come from, and the rings that they are in. From: src/malloc/mallocng/malloc.c `alloc_meta`, meta.h `queue`,
 * `dequeue`, `free_meta` of musl 1.2.3.
 *
 * The first meta areas lie in the heap that brk moves, a page at a time, behind a page that nothing can be stored to:
 *
 *   start_brk
 *   ├ PROT_NONE ┼ meta area ┼ meta area ┼ ┄
 *
 * Where brk moves no more they lie in mappings of 2, 4, 8 … pages, whose first is never made accessible.
 */
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_NONE } from "../../abi/linux";
import { NO_MEMORY } from "../memory";
import {
  AREA_CHECK,
  AREA_COUNT,
  AREA_METAS,
  AREA_NEXT,
  META_AVAIL,
  META_BYTES,
  META_GROUP,
  META_NEXT,
  META_PREV,
  META_SHAPE,
  METAS,
  PAGE,
} from "./layout";
import { Mallocng } from "./state";

/** A meta; 0: there is no memory. */
export function allocMeta(ng: Mallocng): u64 {
  const free = ng.freeMetas;
  if (free != 0) {
    ng.freeMetas = without(ng, free, free);
    return free;
  }
  if (ng.freshMetas == 0 && !takeArea(ng)) return 0;
  const m = ng.freshMeta;
  ng.freshMeta = m + META_BYTES;
  ng.freshMetas--;
  ng.memory.write<u64>(m + META_PREV, 0);
  ng.memory.write<u64>(m + META_NEXT, 0);
  return m;
}

export function freeMeta(ng: Mallocng, m: u64): void {
  const memory = ng.memory;
  memory.write<u64>(m + META_PREV, 0);
  memory.write<u64>(m + META_NEXT, 0);
  memory.write<u64>(m + META_GROUP, 0);
  memory.write<u64>(m + META_AVAIL, 0);
  memory.write<u64>(m + META_SHAPE, 0);
  ng.freeMetas = within(ng, ng.freeMetas, m);
}

/** The group of `m` becomes the last that its class takes slots from. */
export function queue(ng: Mallocng, sc: u32, m: u64): void {
  ng.setActive(sc, within(ng, ng.activeOf(sc), m));
}

/** Slots are taken from it no more. */
export function dequeue(ng: Mallocng, sc: u32, m: u64): void {
  ng.setActive(sc, without(ng, ng.activeOf(sc), m));
}

/** The ring that begins at `head`, with `m` as its last; where it begins. */
function within(ng: Mallocng, head: u64, m: u64): u64 {
  const memory = ng.memory;
  if (!ng.must(memory.read<u64>(m + META_NEXT) == 0 && memory.read<u64>(m + META_PREV) == 0)) return head;
  const last = head == 0 ? m : memory.read<u64>(head + META_PREV);
  const first = head == 0 ? m : head;
  memory.write<u64>(m + META_NEXT, first);
  memory.write<u64>(m + META_PREV, last);
  memory.write<u64>(first + META_PREV, m);
  memory.write<u64>(last + META_NEXT, m);
  return first;
}

/** The ring without `m`; where it begins then, 0: nowhere. */
function without(ng: Mallocng, head: u64, m: u64): u64 {
  const memory = ng.memory;
  const next = memory.read<u64>(m + META_NEXT);
  const last = memory.read<u64>(m + META_PREV);
  memory.write<u64>(last + META_NEXT, next);
  memory.write<u64>(next + META_PREV, last);
  memory.write<u64>(m + META_NEXT, 0);
  memory.write<u64>(m + META_PREV, 0);
  if (next == m) return 0;
  return head == m ? next : head;
}

/** One more meta area; false: there is no memory. */
function takeArea(ng: Mallocng): bool {
  const memory = ng.memory;
  const isAccessible = ng.freshAreas == 0 && !ng.hasNoBrk && growHeap(ng);
  if (ng.freshAreas == 0 && !mapAreas(ng)) return false;
  const area = ng.freshArea;
  if (!isAccessible && !memory.unprotect(area, PAGE)) return false;
  ng.freshAreas--;
  ng.freshArea = area + PAGE;
  if (ng.lastArea != 0) memory.write<u64>(ng.lastArea + AREA_NEXT, area);
  else ng.firstArea = area;
  ng.lastArea = area;
  memory.write<u64>(area + AREA_CHECK, ng.secret);
  memory.write<u32>(area + AREA_COUNT, METAS);
  ng.freshMetas = METAS;
  ng.freshMeta = area + AREA_METAS;
  return true;
}

/** A page by brk, and before the first one the guard; false: brk moves no more. */
function growHeap(ng: Mallocng): bool {
  const memory = ng.memory;
  const isFirst = ng.brk == 0;
  if (isFirst) {
    memory.brkCalls++; // brk(0), which returns the heap's start
    ng.brk = (memory.breakAddress + PAGE - 1) & ~(PAGE - 1);
  }
  const end = ng.brk + (isFirst ? 2 * PAGE : PAGE);
  if (memory.sbrk(<i64>(end - memory.breakAddress)) == NO_MEMORY) {
    ng.hasNoBrk = true;
    return false;
  }
  if (isFirst) {
    memory.map(ng.brk, PAGE, PROT_NONE, MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED);
    memory.commit(-(<i64>PAGE));
  }
  ng.brk = end;
  ng.freshArea = end - PAGE;
  ng.freshAreas = 1;
  return true;
}

function mapAreas(ng: Mallocng): bool {
  const pages = (<u64>2) << ng.areaShift;
  const at = ng.memory.map(0, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
  if (at == NO_MEMORY) return false;
  ng.freshArea = at + PAGE;
  ng.freshAreas = pages - 1;
  ng.areaShift++;
  return true;
}
