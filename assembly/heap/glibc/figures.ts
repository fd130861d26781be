/**
 * Statistics of glibc's heap: mallinfo2, malloc_stats and malloc_info. The host makes C's structure and texts of these
 * figures. From: malloc/malloc.c of glibc 2.36, int_mallinfo, __malloc_stats, __malloc_info.
 *
 * Chunks in thread caches count as in use, since arenas do not know that they are free. malloc_info counts a free
 * chunk's size with its bits, so that most sizes that it shows of bins are odd; the others count without.
 *
 * Differences: arenas are not locked. A circular list, on which glibc would loop for ever, ends the process.
 */
import {
  ARENA_FAST_BYTES,
  ARENA_FAST_CHUNKS,
  ARENA_FREE_BYTES,
  ARENA_FREE_CHUNKS,
  ARENA_HEAP_BYTES,
  ARENA_HEAPS,
  ARENA_LISTS,
  ARENA_MOST_SYSTEM,
  ARENA_SYSTEM,
  ARENA_TOP,
  ARENA_USABLE_BYTES,
  FIGURES_ARENA_BYTES,
  FIGURES_ARENAS,
  FIGURES_FIRST_ARENA,
  FIGURES_MAPPED,
  FIGURES_MAPPED_BYTES,
  FIGURES_MOST_MAPPED,
  FIGURES_MOST_MAPPED_BYTES,
  HEAP_MALLOC_INFO,
  LIST_BYTES,
  LIST_CHUNKS,
  LIST_GREATEST,
  LIST_LEAST,
  LIST_TOTAL,
} from "../../abi/heap";
import { allocate } from "../../core/arena";
import { Arena, MAIN_ARENA, NBINS, NFASTBINS } from "./arena";
import { Chunk, SIZE_BITS } from "./chunk";
import { HeapInfo } from "./heaps";
import { Ptmalloc } from "./state";

/** A list may have so many chunks more than its arena has room for: forged ones outside of it. */
const MOST_FORGED: u64 = 1024;
/** An arena has no more heaps than that: they are all of x86-64's addresses. */
const MOST_HEAPS: u64 = 1 << 21;
const CIRCLE = "a list of the heap is a circle, on which glibc goes round for ever";

/** Where the figures are that `operation` asks for; 0: Wasm's memory is out. */
export function figuresFor(m: Ptmalloc, operation: u32): u64 {
  const figures = roomForFigures(m);
  if (figures == 0) return 0;
  store<u64>(figures, 0, FIGURES_ARENAS);
  store<u64>(figures, m.mapped, FIGURES_MAPPED);
  store<u64>(figures, m.mappedBytes, FIGURES_MAPPED_BYTES);
  store<u64>(figures, m.mostMapped, FIGURES_MOST_MAPPED);
  store<u64>(figures, m.mostMappedBytes, FIGURES_MOST_MAPPED_BYTES);
  let av = MAIN_ARENA;
  for (let done: u64 = 0; done < m.arenas; ) {
    writeArenaFigures(m, av, figures + FIGURES_FIRST_ARENA + <usize>done * FIGURES_ARENA_BYTES, operation);
    if (m.memory.hasStopped) return figures;
    store<u64>(figures, ++done, FIGURES_ARENAS);
    av = Arena.next(m.memory, av);
    if (Arena.isMain(av)) return figures;
  }
  m.memory.loopForever(CIRCLE);
  return figures;
}

/** Room for all arenas that there are. */
function roomForFigures(m: Ptmalloc): usize {
  if (m.figuresRoom >= m.arenas) return m.figures;
  m.figuresRoom = m.arenas + 3;
  m.figures = allocate(FIGURES_FIRST_ARENA + m.figuresRoom * FIGURES_ARENA_BYTES);
  if (m.figures != 0) return m.figures;
  m.figuresRoom = 0;
  m.memory.fail();
  return 0;
}

function writeArenaFigures(m: Ptmalloc, av: u64, to: usize, operation: u32): void {
  memory.fill(to, 0, FIGURES_ARENA_BYTES);
  const top = Chunk.size(m.memory, Arena.top(m.memory, av));
  store<u64>(to, Arena.systemMem(m.memory, av), ARENA_SYSTEM);
  store<u64>(to, Arena.maxSystemMem(m.memory, av), ARENA_MOST_SYSTEM);
  store<u64>(to, top, ARENA_TOP);
  add(to, ARENA_FREE_CHUNKS, 1);
  add(to, ARENA_FREE_BYTES, top);
  const isInfo = operation == HEAP_MALLOC_INFO;
  for (let i: u32 = 0; i < NFASTBINS; i++) countFast(m, av, to, i, isInfo);
  for (let i: u32 = 1; i < NBINS; i++) countBin(m, av, to, i, isInfo);
  if (isInfo && !Arena.isMain(av)) countHeaps(m, av, to);
}

function add(to: usize, field: usize, value: u64): void {
  store<u64>(to + field, load<u64>(to + field) + value);
}

/** So many chunks are in no list of the arena, unless it is a circle. */
function mostChunks(m: Ptmalloc, av: u64): u64 {
  return (Arena.systemMem(m.memory, av) >> 4) + MOST_FORGED;
}

/** A fast bin; malloc_info takes all its chunks for as large as the first. */
function countFast(m: Ptmalloc, av: u64, to: usize, index: u32, isInfo: bool): void {
  const memory = m.memory;
  const first = memory.read<u64>(Arena.fast(av, index));
  if (first == 0) return;
  const size = isInfo ? Chunk.size(memory, first) : 0;
  const most = mostChunks(m, av);
  let count: u64 = 0;
  let bytes: u64 = 0;
  for (let p = first; p != 0 && !memory.hasStopped; p = m.masked(Chunk.mem(p), Chunk.fd(memory, p))) {
    if (Chunk.isMisaligned(p)) {
      memory.abort(
        isInfo
          ? "__malloc_info(): unaligned fastbin chunk detected"
          : "int_mallinfo(): unaligned fastbin chunk detected",
      );
      return;
    }
    memory.step();
    if (++count == most) memory.loopForever(CIRCLE);
    bytes += isInfo ? size : Chunk.size(memory, p);
  }
  add(to, ARENA_FAST_CHUNKS, count);
  add(to, ARENA_FAST_BYTES, bytes);
  const list = to + ARENA_LISTS + <usize>index * LIST_BYTES;
  store<u64>(list, size - 15, LIST_LEAST);
  store<u64>(list, size, LIST_GREATEST);
  store<u64>(list, bytes, LIST_TOTAL);
  store<u64>(list, count, LIST_CHUNKS);
}

/** A bin, from its front in malloc_info, from its end in the others. */
function countBin(m: Ptmalloc, av: u64, to: usize, index: u32, isInfo: bool): void {
  const memory = m.memory;
  const bin = Arena.bin(av, index);
  const most = mostChunks(m, av);
  let count: u64 = 0;
  let bytes: u64 = 0;
  let least = u64.MAX_VALUE;
  let greatest: u64 = 0;
  let p = isInfo ? Chunk.fd(memory, bin) : Chunk.bk(memory, bin);
  while (p != bin && !memory.hasStopped) {
    const head = Chunk.head(memory, p);
    const size = isInfo ? head : head & ~SIZE_BITS;
    memory.step();
    if (++count == most) memory.loopForever(CIRCLE);
    bytes += size;
    least = min(least, size);
    greatest = max(greatest, size);
    p = isInfo ? Chunk.fd(memory, p) : Chunk.bk(memory, p);
  }
  if (count == 0) return;
  add(to, ARENA_FREE_CHUNKS, count);
  add(to, ARENA_FREE_BYTES, bytes);
  const list = to + ARENA_LISTS + <usize>(NFASTBINS + index - 1) * LIST_BYTES;
  store<u64>(list, least, LIST_LEAST);
  store<u64>(list, greatest, LIST_GREATEST);
  store<u64>(list, bytes, LIST_TOTAL);
  store<u64>(list, count, LIST_CHUNKS);
}

/** The arena's heaps, from the last back to the first. */
function countHeaps(m: Ptmalloc, av: u64, to: usize): void {
  const memory = m.memory;
  let heap = HeapInfo.of(Arena.top(memory, av));
  for (let count: u64 = 1; !memory.hasStopped; count++) {
    add(to, ARENA_HEAPS, 1);
    add(to, ARENA_HEAP_BYTES, HeapInfo.size(memory, heap));
    add(to, ARENA_USABLE_BYTES, HeapInfo.usableSize(memory, heap));
    heap = HeapInfo.previous(memory, heap);
    if (heap == 0) return;
    if (count == MOST_HEAPS) memory.loopForever(CIRCLE);
  }
}
