/**
 * Freeing: into the thread's cache, a fast bin, or back among the free chunks, joined with its neighbours. From:
 * malloc/malloc.c of glibc 2.36, _int_free, malloc_consolidate, systrim.
 */
import { NO_MEMORY } from "../memory";
import { Arena, NFASTBINS } from "./arena";
import { pushUnsorted, unlink } from "./bins";
import { Chunk, HEADER, MINSIZE, PREV_INUSE } from "./chunk";
import { trimHeap } from "./heaps";
import { unmapChunk } from "./mapped";
import { PAGE, Ptmalloc } from "./state";
import { cacheChunk, cacheIndex } from "./tcache";

/** When so much is free in one piece, fast bins are emptied. */
const FASTBIN_CONSOLIDATION_THRESHOLD: u64 = 65536;

/** Frees the chunk `p` of arena `av`. */
export function freeChunk(m: Ptmalloc, av: u64, p: u64): void {
  const memory = m.memory;
  const size = Chunk.size(memory, p);
  if (p > -size || Chunk.isMisaligned(p)) {
    memory.abort("free(): invalid pointer");
    return;
  }
  if (size < MINSIZE || (size & (HEADER - 1)) != 0) {
    memory.abort("free(): invalid size");
    return;
  }
  if (cacheChunk(m, p, cacheIndex(size)) || memory.hasStopped) return;
  if (size <= m.maxFast) {
    freeFast(m, av, p, size);
    return;
  }
  if (Chunk.isMapped(memory, p)) {
    unmapChunk(m, p);
    return;
  }
  if (!isSound(m, av, p, size)) return;
  m.perturbFreed(Chunk.mem(p), size - HEADER);
  const free = join(m, av, p, size, false);
  if (free < FASTBIN_CONSOLIDATION_THRESHOLD || memory.hasStopped) return;
  if (Arena.hasFast(memory, av)) consolidate(m, av);
  if (!Arena.isMain(av)) trimHeap(m, av);
  else if (Chunk.size(memory, Arena.top(memory, av)) >= m.trimThreshold) trimTop(m, av, m.topPad);
}

function freeFast(m: Ptmalloc, av: u64, p: u64, size: u64): void {
  const memory = m.memory;
  const next = Chunk.head(memory, p + size);
  if (next <= HEADER || (next & ~(<u64>7)) >= Arena.systemMem(memory, av)) {
    memory.abort("free(): invalid next size (fast)");
    return;
  }
  m.perturbFreed(Chunk.mem(p), size - HEADER);
  Arena.setHasFast(memory, av, true);
  const bin = Arena.fast(av, Arena.fastIndex(size));
  const first = memory.read<u64>(bin);
  if (first == p) {
    memory.abort("double free or corruption (fasttop)");
    return;
  }
  Chunk.setFd(memory, p, m.masked(Chunk.mem(p), first));
  memory.write<u64>(bin, p);
}

/** True if the chunk may be one that is in use. */
function isSound(m: Ptmalloc, av: u64, p: u64, size: u64): bool {
  const memory = m.memory;
  const top = Arena.top(memory, av);
  const next = p + size;
  if (p == top) memory.abort("double free or corruption (top)");
  else if (Arena.isContiguous(memory, av) && next >= top + Chunk.size(memory, top))
    memory.abort("double free or corruption (out)");
  else if (!Chunk.isPrevInUse(memory, next)) memory.abort("double free or corruption (!prev)");
  else {
    const head = Chunk.head(memory, next);
    if (head <= HEADER || (head & ~(<u64>7)) >= Arena.systemMem(memory, av))
      memory.abort("free(): invalid next size (normal)");
  }
  return !memory.hasStopped;
}

/**
 * Makes the chunk free, with the free ones around it: unsorted, or part of the top. Its size then. `isFast`: it comes from
 * a fast bin.
 */
function join(m: Ptmalloc, av: u64, p: u64, size: u64, isFast: bool): u64 {
  const memory = m.memory;
  const next = p + size;
  const nextSize = Chunk.size(memory, next);
  if (!Chunk.isPrevInUse(memory, p)) {
    const before = Chunk.prevSize(memory, p);
    size += before;
    p -= before;
    if (Chunk.size(memory, p) != before) {
      memory.abort(
        isFast
          ? "corrupted size vs. prev_size in fastbins"
          : "corrupted size vs. prev_size while consolidating",
      );
      return 0;
    }
    unlink(memory, p);
  }
  if (next == Arena.top(memory, av)) {
    size += nextSize;
    Arena.newTop(memory, av, p, size);
    return size;
  }
  if (Chunk.isInUse(memory, next, nextSize)) {
    Chunk.clearInUse(memory, next, 0);
  } else {
    unlink(memory, next);
    size += nextSize;
  }
  if (memory.hasStopped) return 0;
  pushUnsorted(memory, av, p, size, "free(): corrupted unsorted chunks");
  Chunk.setHead(memory, p, size | PREV_INUSE);
  Chunk.setFoot(memory, p, size);
  return size;
}

/** Empties the fast bins: their chunks become free. */
export function consolidate(m: Ptmalloc, av: u64): void {
  const memory = m.memory;
  Arena.setHasFast(memory, av, false);
  for (let index: u32 = 0; index < NFASTBINS; index++) {
    const bin = Arena.fast(av, index);
    let p = memory.read<u64>(bin);
    if (p == 0) continue;
    memory.write<u64>(bin, 0);
    while (p != 0 && !memory.hasStopped) {
      memory.step();
      if (Chunk.isMisaligned(p)) {
        memory.abort("malloc_consolidate(): unaligned fastbin chunk detected");
        return;
      }
      const size = Chunk.size(memory, p);
      if (Arena.fastIndex(size) != index) {
        memory.abort("malloc_consolidate(): invalid chunk size");
        return;
      }
      const next = m.masked(Chunk.mem(p), Chunk.fd(memory, p));
      join(m, av, p, size, true);
      p = next;
    }
  }
}

/** Returns the end of the main heap to the system, but for `pad` bytes. True if it returned any. */
export function trimTop(m: Ptmalloc, av: u64, pad: u64): bool {
  const memory = m.memory;
  const top = Arena.top(memory, av);
  const size = Chunk.size(memory, top);
  const area = <i64>size - <i64>MINSIZE - 1;
  if (<u64>area <= pad) return false;
  const extra = (<u64>area - pad) & ~(PAGE - 1);
  if (extra == 0 || memory.breakAddress != top + size) return false;
  if (memory.sbrk(-(<i64>extra)) == NO_MEMORY) return false;
  Arena.addSystemMem(memory, av, -(<i64>extra));
  Chunk.setHead(memory, top, (size - extra) | PREV_INUSE);
  return true;
}
