/** Resizing and aligning. From: malloc/malloc.c of glibc 2.36, _int_realloc, _int_memalign. */
import { ENOMEM } from "../../abi/linux";
import { Arena } from "./arena";
import { unlink } from "./bins";
import { ALIGN_MASK, Chunk, HEADER, IS_MMAPPED, MINSIZE, NON_MAIN_ARENA, PREV_INUSE } from "./chunk";
import { freeChunk } from "./free";
import { allocate } from "./malloc";
import { moveMapped } from "./mapped-list";
import { Ptmalloc } from "./state";

/** The block of the chunk `p`, of `had` bytes, with room for a chunk of `nb` bytes; 0: ENOMEM. */
export function reallocate(m: Ptmalloc, av: u64, p: u64, had: u64, nb: u64): u64 {
  const memory = m.memory;
  const systemMem = Arena.systemMem(memory, av);
  const next = p + had;
  if (Chunk.head(memory, p) <= HEADER || had >= systemMem) memory.abort("realloc(): invalid old size");
  else if (Chunk.head(memory, next) <= HEADER || Chunk.size(memory, next) >= systemMem)
    memory.abort("realloc(): invalid next size");
  if (memory.hasStopped) return 0;
  if (had >= nb) return shrink(m, av, p, had, nb);
  const bits = Arena.isMain(av) ? 0 : NON_MAIN_ARENA;
  const size = had + Chunk.size(memory, next);
  if (next == Arena.top(memory, av)) {
    if (size >= nb + MINSIZE) {
      Chunk.setSize(memory, p, nb | bits);
      Arena.newTop(memory, av, p + nb, size - nb);
      return Chunk.mem(p);
    }
  } else if (size >= nb && !Chunk.isInUse(memory, next, size - had)) {
    unlink(memory, next);
    return memory.hasStopped ? 0 : shrink(m, av, p, size, nb);
  }
  return moveChunk(m, av, p, had, nb);
}

function moveChunk(m: Ptmalloc, av: u64, p: u64, had: u64, nb: u64): u64 {
  const memory = m.memory;
  const moved = allocate(m, av, nb - ALIGN_MASK);
  if (moved == 0 || memory.hasStopped) return 0;
  const to = Chunk.of(moved);
  if (to == p + had) return shrink(m, av, p, had + Chunk.size(memory, to), nb);
  memory.copy(moved, Chunk.mem(p), Chunk.usable(memory, p));
  freeChunk(m, av, p);
  return moved;
}

/** The chunk has `size` bytes and needs `nb`: the rest is freed, where it is a chunk. */
function shrink(m: Ptmalloc, av: u64, p: u64, size: u64, nb: u64): u64 {
  const memory = m.memory;
  const bits = Arena.isMain(av) ? 0 : NON_MAIN_ARENA;
  const rest = size - nb;
  if (rest < MINSIZE) {
    Chunk.setSize(memory, p, size | bits);
    Chunk.setInUse(memory, p, size);
    return Chunk.mem(p);
  }
  Chunk.setSize(memory, p, nb | bits);
  Chunk.setHead(memory, p + nb, rest | PREV_INUSE | bits);
  Chunk.setInUse(memory, p + nb, rest);
  freeChunk(m, av, p + nb);
  return Chunk.mem(p);
}

/** A block of `bytes` at a multiple of `alignment`, a power of two and at least `MINSIZE`; 0: ENOMEM. */
export function allocateAligned(m: Ptmalloc, av: u64, alignment: u64, bytes: u64): u64 {
  const memory = m.memory;
  const nb = Chunk.sizeFor(bytes);
  if (nb == 0 || alignment > <u64>i64.MAX_VALUE) {
    memory.errno = ENOMEM;
    return 0;
  }
  const mem = allocate(m, av, nb + alignment + MINSIZE);
  if (mem == 0 || memory.hasStopped) return 0;
  let p = Chunk.of(mem);
  const bits = av == 0 || Arena.isMain(av) ? 0 : NON_MAIN_ARENA;
  if ((mem & (alignment - 1)) != 0) {
    let at = Chunk.of((mem + alignment - 1) & -alignment);
    if (at - p < MINSIZE) at += alignment;
    const lead = at - p;
    const size = Chunk.size(memory, p) - lead;
    if (Chunk.isMapped(memory, p)) {
      Chunk.setPrevSize(memory, at, Chunk.prevSize(memory, p) + lead);
      Chunk.setHead(memory, at, size | IS_MMAPPED);
      moveMapped(m, p, at);
      return Chunk.mem(at);
    }
    Chunk.setHead(memory, at, size | PREV_INUSE | bits);
    Chunk.setInUse(memory, at, size);
    Chunk.setSize(memory, p, lead | bits);
    freeChunk(m, av, p);
    p = at;
  }
  const size = Chunk.size(memory, p);
  if (Chunk.isMapped(memory, p) || size <= nb + MINSIZE) return Chunk.mem(p);
  Chunk.setHead(memory, p + nb, (size - nb) | PREV_INUSE | bits);
  Chunk.setSize(memory, p, nb);
  freeChunk(m, av, p + nb);
  return Chunk.mem(p);
}
