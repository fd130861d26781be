/** Allocating. From: malloc/malloc.c of glibc 2.36, _int_malloc. */
import { ENOMEM } from "../../abi/linux";
import { HeapMemory } from "../memory";
import { Arena, BINMAP_WORDS } from "./arena";
import { clearSizes, pushUnsorted, sortIn, unlink } from "./bins";
import { Chunk, HEADER, MINSIZE, NON_MAIN_ARENA, PREV_INUSE, SIZE_BITS } from "./chunk";
import { consolidate } from "./free";
import { Ptmalloc } from "./state";
import { carveTop, fromSystem } from "./system";
import { cacheIndex, hasRoom, put, take } from "./tcache";

const SIZE_ASSERTION =
  "Fatal glibc error: malloc assertion failure in _int_malloc: (unsigned long) (size) >= (unsigned long) (nb)";
/** Chunks that are sorted in at once, at most. */
const MAX_ITERS: u32 = 10000;

/** A block of `bytes` from arena `av`; without one, in a mapping of its own. 0: ENOMEM. */
export function allocate(m: Ptmalloc, av: u64, bytes: u64): u64 {
  const nb = Chunk.sizeFor(bytes);
  if (nb == 0) {
    m.memory.errno = ENOMEM;
    return 0;
  }
  const block = av == 0 ? fromSystem(m, nb, 0) : find(m, av, nb);
  if (block != 0) m.perturbNew(block, bytes);
  return block;
}

function find(m: Ptmalloc, av: u64, nb: u64): u64 {
  const memory = m.memory;
  if (nb <= m.maxFast) {
    const block = fromFastBin(m, av, nb);
    if (block != 0 || memory.hasStopped) return block;
  }
  if (Arena.isSmall(nb)) {
    const block = fromSmallBin(m, av, nb);
    if (block != 0 || memory.hasStopped) return block;
  } else if (Arena.hasFast(memory, av)) {
    consolidate(m, av);
  }
  while (!memory.hasStopped) {
    let block = fromUnsorted(m, av, nb);
    if (block != 0 || memory.hasStopped) return block;
    if (!Arena.isSmall(nb)) block = fromLargeBin(m, av, nb);
    if (block == 0 && !memory.hasStopped) block = fromLargerBins(m, av, nb);
    if (block != 0 || memory.hasStopped) return block;
    if (Chunk.size(memory, Arena.top(memory, av)) > Arena.systemMem(memory, av)) {
      memory.abort("malloc(): corrupted top size");
      return 0;
    }
    block = carveTop(m, av, nb);
    if (block != 0) return block;
    if (!Arena.hasFast(memory, av)) return fromSystem(m, nb, av);
    consolidate(m, av);
  }
  return 0;
}

/** The chunk leaves the bins for good: marked as in use. */
function use(memory: HeapMemory, av: u64, p: u64, size: u64): u64 {
  Chunk.setInUse(memory, p, size);
  if (!Arena.isMain(av)) Chunk.setHead(memory, p, Chunk.head(memory, p) | NON_MAIN_ARENA);
  return Chunk.mem(p);
}

function fromFastBin(m: Ptmalloc, av: u64, nb: u64): u64 {
  const memory = m.memory;
  const index = Arena.fastIndex(nb);
  const bin = Arena.fast(av, index);
  const p = memory.read<u64>(bin);
  if (p == 0) return 0;
  if (m.hasSafeLinking && Chunk.isMisaligned(p)) {
    memory.abort("malloc(): unaligned fastbin chunk detected 2");
    return 0;
  }
  memory.write<u64>(bin, m.masked(Chunk.mem(p), Chunk.fd(memory, p)));
  if (Arena.fastIndex(Chunk.size(memory, p)) != index) {
    memory.abort("malloc(): memory corruption (fast)");
    return 0;
  }
  stashFast(m, bin, nb);
  return Chunk.mem(p);
}

/** Moves more of the same size into the thread's cache. */
function stashFast(m: Ptmalloc, bin: u64, nb: u64): void {
  const memory = m.memory;
  const index = cacheIndex(nb);
  const tcache = m.tcache;
  while (hasRoom(m, tcache, index) && !memory.hasStopped) {
    const p = memory.read<u64>(bin);
    if (p == 0) return;
    if (m.hasSafeLinking && Chunk.isMisaligned(p)) {
      memory.abort("malloc(): unaligned fastbin chunk detected 3");
      return;
    }
    memory.write<u64>(bin, m.masked(Chunk.mem(p), Chunk.fd(memory, p)));
    put(m, tcache, p, index);
  }
}

function fromSmallBin(m: Ptmalloc, av: u64, nb: u64): u64 {
  const memory = m.memory;
  const bin = Arena.bin(av, <u32>nb >> 4);
  const p = Chunk.bk(memory, bin);
  if (p == bin) return 0;
  const before = Chunk.bk(memory, p);
  if (Chunk.fd(memory, before) != p) {
    memory.abort("malloc(): smallbin double linked list corrupted");
    return 0;
  }
  dropLast(memory, bin, before);
  use(memory, av, p, nb);
  const index = cacheIndex(nb);
  const tcache = m.tcache;
  while (hasRoom(m, tcache, index) && !memory.hasStopped) {
    const other = Chunk.bk(memory, bin);
    if (other == bin) break;
    dropLast(memory, bin, Chunk.bk(memory, other));
    use(memory, av, other, nb);
    put(m, tcache, other, index);
  }
  return Chunk.mem(p);
}

/** The last chunk of the bin goes; `before` is the one before it. */
function dropLast(memory: HeapMemory, bin: u64, before: u64): void {
  Chunk.setBk(memory, bin, before);
  Chunk.setFd(memory, before, bin);
}

/** Looks at what was freed lately: takes an exact fit, sorts the others in. */
function fromUnsorted(m: Ptmalloc, av: u64, nb: u64): u64 {
  const memory = m.memory;
  const bin = Arena.unsorted(av);
  const index = cacheIndex(nb);
  const tcache = m.tcache;
  const isCacheable = tcache != 0 && index < m.tcacheBins;
  let isCached = false;
  let sorted: u64 = 0;
  let iterations: u32 = 0;
  for (let p = Chunk.bk(memory, bin); p != bin && !memory.hasStopped; p = Chunk.bk(memory, bin)) {
    memory.step();
    const size = Chunk.size(memory, p);
    const before = Chunk.bk(memory, p);
    if (!isUnsortedSound(memory, av, p, size, before)) return 0;
    if (Arena.isSmall(nb) && before == bin && p == Arena.lastRemainder(memory, av) && size > nb + MINSIZE)
      return splitLast(memory, av, p, size, nb);
    dropLast(memory, bin, before);
    if (size == nb) {
      use(memory, av, p, size);
      if (!isCacheable || !hasRoom(m, tcache, index)) return Chunk.mem(p);
      // The cache is filled first, and one of it returned in the end.
      put(m, tcache, p, index);
      isCached = true;
      continue;
    }
    sortIn(memory, av, p, size);
    sorted++;
    if (isCached && m.tcacheUnsortedLimit > 0 && sorted > m.tcacheUnsortedLimit)
      return take(m, tcache, index);
    if (++iterations >= MAX_ITERS) break;
  }
  return isCached && !memory.hasStopped ? take(m, tcache, index) : 0;
}

function isUnsortedSound(memory: HeapMemory, av: u64, p: u64, size: u64, before: u64): bool {
  const systemMem = Arena.systemMem(memory, av);
  const next = p + size;
  const nextHead = Chunk.head(memory, next);
  if (size <= HEADER || size > systemMem) memory.abort("malloc(): invalid size (unsorted)");
  else if (nextHead < HEADER || nextHead > systemMem) memory.abort("malloc(): invalid next size (unsorted)");
  else if ((Chunk.prevSize(memory, next) & ~SIZE_BITS) != size)
    memory.abort("malloc(): mismatching next->prev_size (unsorted)");
  else if (Chunk.fd(memory, before) != p || Chunk.fd(memory, p) != Arena.unsorted(av))
    memory.abort("malloc(): unsorted double linked list corrupted");
  else if ((nextHead & PREV_INUSE) != 0) memory.abort("malloc(): invalid next->prev_inuse (unsorted)");
  return !memory.hasStopped;
}

/** Splits what the last split left over, the only unsorted chunk, so that small blocks lie side by side. */
function splitLast(memory: HeapMemory, av: u64, p: u64, size: u64, nb: u64): u64 {
  const bin = Arena.unsorted(av);
  const rest = p + nb;
  Chunk.setBk(memory, bin, rest);
  Chunk.setFd(memory, bin, rest);
  Arena.setLastRemainder(memory, av, rest);
  Chunk.setBk(memory, rest, bin);
  Chunk.setFd(memory, rest, bin);
  clearSizes(memory, rest, size - nb);
  setSizes(memory, av, p, size, nb);
  return Chunk.mem(p);
}

/** The heads of a chunk of `nb` bytes that is split from one of `size`, and of the free rest. */
function setSizes(memory: HeapMemory, av: u64, p: u64, size: u64, nb: u64): void {
  Chunk.setHead(memory, p, nb | PREV_INUSE | (Arena.isMain(av) ? 0 : NON_MAIN_ARENA));
  Chunk.setHead(memory, p + nb, (size - nb) | PREV_INUSE);
  Chunk.setFoot(memory, p + nb, size - nb);
}

/** The smallest chunk of the request's own bin that has room. */
function fromLargeBin(m: Ptmalloc, av: u64, nb: u64): u64 {
  const memory = m.memory;
  const bin = Arena.bin(av, Arena.largeIndex(nb));
  let p = Chunk.fd(memory, bin);
  if (p == bin || Chunk.head(memory, p) < nb) return 0;
  p = Chunk.bkNextsize(memory, p);
  while (Chunk.size(memory, p) < nb && !memory.hasStopped) {
    memory.step();
    p = Chunk.bkNextsize(memory, p);
  }
  // The first of a size stays, since it is in the list of sizes.
  const size = Chunk.size(memory, p);
  if (p != Chunk.bk(memory, bin) && Chunk.head(memory, p) == Chunk.head(memory, Chunk.fd(memory, p)))
    p = Chunk.fd(memory, p);
  return split(m, av, p, size, nb, true);
}

/** The smallest chunk of the bins above. */
function fromLargerBins(m: Ptmalloc, av: u64, nb: u64): u64 {
  const memory = m.memory;
  let index = Arena.binIndex(nb) + 1;
  while (index < BINMAP_WORDS << 5) {
    const word = index >> 5;
    const map = Arena.map(memory, av, word) >> (index & 31);
    if (map == 0) {
      index = (word + 1) << 5;
      continue;
    }
    index += ctz<u32>(map);
    memory.step();
    const bin = Arena.bin(av, index);
    const p = Chunk.bk(memory, bin);
    if (p != bin) {
      const size = Chunk.size(memory, p);
      if (size >= nb) return split(m, av, p, size, nb, false);
      memory.abort(SIZE_ASSERTION);
      return 0;
    }
    Arena.setMap(memory, av, word, Arena.map(memory, av, word) & ~((<u32>1) << (index & 31)));
    index++;
  }
  return 0;
}

/** Takes the chunk out of its bin, the request's own or one above; what is more than `nb` bytes is a chunk of its own then. */
function split(m: Ptmalloc, av: u64, p: u64, size: u64, nb: u64, isOwn: bool): u64 {
  const memory = m.memory;
  unlink(memory, p);
  if (memory.hasStopped) return 0;
  if (size - nb < MINSIZE) return use(memory, av, p, size);
  const message = isOwn ? "malloc(): corrupted unsorted chunks" : "malloc(): corrupted unsorted chunks 2";
  pushUnsorted(memory, av, p + nb, size - nb, message);
  if (!isOwn && Arena.isSmall(nb)) Arena.setLastRemainder(memory, av, p + nb);
  setSizes(memory, av, p, size, nb);
  return Chunk.mem(p);
}
