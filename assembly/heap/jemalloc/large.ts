/**
 * Large blocks: an extent each, in which the block begins at a random cache line of the first page. From: src/large.c and
 * src/arena.c of jemalloc 5.3.0.
 */
import { Arena } from "./arena";
import { decayArena, tick } from "./decay";
import { Edata } from "./edata";
import { allocateExtent, expandExtent, freeExtent, shrinkExtent } from "./pages";
import { nextRandom } from "./random";
import { CACHE_LINE, classOf, LARGE_PAD, PAGE, PAGE_SHIFT } from "./sizes";
import { JemallocState } from "./state";
import { Storage } from "./storage";
import { setBlock } from "./tree";

/** The extent of a new block of a class's `bytes`, from an arena; 0: there is no memory. */
export function allocateLarge(
  j: JemallocState,
  storage: u64,
  arena: Arena,
  bytes: u64,
  alignment: u64,
  isZero: bool,
): u64 {
  const edata = allocateExtent(j, arena, bytes + LARGE_PAD, alignment, classOf(bytes), false, isZero);
  if (edata == 0) return 0;
  if (alignment < PAGE) moveStart(j, storage, edata, max(alignment, CACHE_LINE));
  tick(j, storage, arena, 1);
  return edata;
}

function moveStart(j: JemallocState, storage: u64, edata: u64, alignment: u64): void {
  const memory = j.memory;
  const random = nextRandom(Storage.random(memory, storage));
  Storage.setRandom(memory, storage, random);
  const shift = ctz(alignment);
  const place = random >> (64 - (PAGE_SHIFT - shift));
  Edata.setAddress(memory, edata, Edata.start(memory, edata) + (place << shift));
}

/** Frees a large block; with `decay` 0 its pages go back to the system at once. */
export function freeLarge(j: JemallocState, arena: Arena, edata: u64): void {
  freeExtent(j, arena, edata);
  if (arena.decay.milliseconds == 0) decayArena(j, arena, true);
}

/** Gives a large block another large class's `bytes` where it is; false: it must move. */
export function resizeLarge(j: JemallocState, storage: u64, arena: Arena, edata: u64, bytes: u64): bool {
  const memory = j.memory;
  const had = Edata.bytes(memory, edata);
  const wanted = bytes + LARGE_PAD;
  if (wanted > had && !expandExtent(j, arena, edata, wanted - had)) return false;
  if (wanted < had) {
    if (!shrinkExtent(j, arena, edata, wanted)) return false;
    if (arena.decay.milliseconds == 0) decayArena(j, arena, true);
  }
  if (wanted != had) {
    const index = classOf(bytes);
    Edata.setSizeClass(memory, edata, index);
    setBlock(j, edata, index);
  }
  tick(j, storage, arena, 1);
  return true;
}
