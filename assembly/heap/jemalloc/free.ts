/**
 * Freeing past the cache: large blocks, and what a thread frees that has made no other call yet, which gets no cache for
 * that. From: src/jemalloc.c and include/jemalloc/internal/arena_inlines_b.h of jemalloc 5.3.0.
 */
import { arenaOf } from "./cache";
import { tick } from "./decay";
import { NO_CLASS } from "./edata";
import { freeLarge } from "./large";
import { SMALL_CLASSES } from "./sizes";
import { freeRegion, freeSlab } from "./slabs";
import { JemallocState } from "./state";
import { Storage } from "./storage";
import { beginChance } from "./threads";
import { classIn, edataIn, isSlabIn, lookUp } from "./tree";

/** Frees a large block that is not cached. */
export function freeExtentOf(j: JemallocState, storage: u64, edata: u64): void {
  const arena = arenaOf(j, edata);
  if (j.memory.hasStopped) return;
  freeLarge(j, arena, edata);
  tick(j, storage, arena, 1);
}

/** Frees a block for a thread without a cache. */
export function freeUncached(j: JemallocState, storage: u64, address: u64): void {
  const found = j.isReady ? lookUp(j, address) : 0;
  const edata = edataIn(found);
  const index = classIn(found);
  if (edata == 0 || index >= NO_CLASS) {
    j.crash();
    return;
  }
  if (Storage.random(j.memory, storage) == 0) beginChance(j, storage);
  if (isSlabIn(found) && index < SMALL_CLASSES) freeSmall(j, storage, edata, address);
  else freeExtentOf(j, storage, edata);
}

function freeSmall(j: JemallocState, storage: u64, slab: u64, address: u64): void {
  const arena = arenaOf(j, slab);
  if (j.memory.hasStopped) return;
  if (freeRegion(j, arena, slab, address)) freeSlab(j, arena, slab);
  tick(j, storage, arena, 1);
}
