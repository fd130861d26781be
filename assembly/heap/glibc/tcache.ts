/**
 * A thread's cache: up to seven chunks of each size up to 1040 bytes, last in, first out. From: malloc/malloc.c of
 * glibc 2.36, tcache_perthread_struct, tcache_put, tcache_get.
 *
 *   0              128              640
 *   ├ counts ──────┼ entries ───────┤       a count and a first block for each of 64 sizes; before 2.30 counts have a byte
 *     u16 × 64       u64 × 64
 *
 *   block in it:  ├ next (masked) ┼ key ┤   the key marks it as in a cache, and is cleared when it leaves
 */
import { ALIGN_MASK, ALIGNMENT, Chunk, MINSIZE } from "./chunk";
import { Ptmalloc, TCACHE_BINS } from "./state";

/** Where the chunks of so many bytes go; beyond the bins that there are: nowhere. */
export function cacheIndex(size: u64): u64 {
  return (size - MINSIZE + ALIGNMENT - 1) / ALIGNMENT;
}

export class Tcache {
  @inline
  static hasWideCounts(m: Ptmalloc): bool {
    return m.version >= 30;
  }

  /** Bytes of the structure. */
  static bytes(m: Ptmalloc): u64 {
    return (Tcache.hasWideCounts(m) ? 2 * TCACHE_BINS : TCACHE_BINS) + 8 * TCACHE_BINS;
  }

  @inline
  static count(m: Ptmalloc, tcache: u64, index: u64): u32 {
    return Tcache.hasWideCounts(m)
      ? <u32>m.memory.read<u16>(tcache + (index << 1))
      : <u32>m.memory.read<u8>(tcache + index);
  }

  @inline
  static setCount(m: Ptmalloc, tcache: u64, index: u64, count: u32): void {
    if (Tcache.hasWideCounts(m)) m.memory.write<u16>(tcache + (index << 1), <u16>count);
    else m.memory.write<u8>(tcache + index, <u8>count);
  }

  /** Where the first block of a size is kept. */
  @inline
  static entry(m: Ptmalloc, tcache: u64, index: u64): u64 {
    return tcache + (Tcache.hasWideCounts(m) ? 2 * TCACHE_BINS : TCACHE_BINS) + (index << 3);
  }
}

/** Puts the chunk in the running thread's cache, which has room. */
export function put(m: Ptmalloc, tcache: u64, p: u64, index: u64): void {
  const memory = m.memory;
  const mem = Chunk.mem(p);
  const entry = Tcache.entry(m, tcache, index);
  if (m.version >= 29) memory.write<u64>(mem + 8, m.tcacheKey);
  memory.write<u64>(mem, m.masked(mem, memory.read<u64>(entry)));
  memory.write<u64>(entry, mem);
  Tcache.setCount(m, tcache, index, Tcache.count(m, tcache, index) + 1);
}

/** Takes a block from it; there is one. */
export function take(m: Ptmalloc, tcache: u64, index: u64): u64 {
  const memory = m.memory;
  const entry = Tcache.entry(m, tcache, index);
  const mem = memory.read<u64>(entry);
  if (m.hasSafeLinking && (mem & ALIGN_MASK) != 0) {
    memory.abort("malloc(): unaligned tcache chunk detected");
    return 0;
  }
  memory.write<u64>(entry, m.masked(mem, memory.read<u64>(mem)));
  Tcache.setCount(m, tcache, index, Tcache.count(m, tcache, index) - 1);
  if (m.version >= 29) memory.write<u64>(mem + 8, 0);
  return mem;
}

/** True if there is room for one more block of that size. */
export function hasRoom(m: Ptmalloc, tcache: u64, index: u64): bool {
  return tcache != 0 && index < m.tcacheBins && Tcache.count(m, tcache, index) < m.tcacheCount;
}

/** True if there is a block of that size. */
export function hasCached(m: Ptmalloc, tcache: u64, index: u64): bool {
  return tcache != 0 && index < m.tcacheBins && Tcache.count(m, tcache, index) != 0;
}

/** The block becomes the running thread's cache, empty. */
export function makeCache(m: Ptmalloc, block: u64): void {
  m.memory.fill(block, 0, Tcache.bytes(m));
  m.tcache = block;
}

/** Puts a chunk that is freed in the cache; false: it has no place there. */
export function cacheChunk(m: Ptmalloc, p: u64, index: u64): bool {
  const tcache = m.tcache;
  if (tcache == 0 || index >= m.tcacheBins) return false;
  if (m.version >= 29 && m.memory.read<u64>(Chunk.mem(p) + 8) == m.tcacheKey)
    refuseTwice(m, tcache, p, index);
  if (m.memory.hasStopped || Tcache.count(m, tcache, index) >= m.tcacheCount) return false;
  put(m, tcache, p, index);
  return true;
}

/** The chunk has the mark of those in a cache: aborts if it is in this one. */
function refuseTwice(m: Ptmalloc, tcache: u64, p: u64, index: u64): void {
  const memory = m.memory;
  let count: u32 = 0;
  let mem = memory.read<u64>(Tcache.entry(m, tcache, index));
  for (; mem != 0 && !memory.hasStopped; mem = m.masked(mem, memory.read<u64>(mem)), count++) {
    memory.step();
    if (count >= m.tcacheCount) {
      memory.abort("free(): too many chunks detected in tcache");
      return;
    }
    if ((mem & ALIGN_MASK) != 0) {
      memory.abort("free(): unaligned chunk detected in tcache 2");
      return;
    }
    if (mem == Chunk.mem(p)) {
      memory.abort("free(): double free detected in tcache 2");
      return;
    }
  }
}
