/**
 * Which arena a thread allocates from. From: malloc/arena.c of glibc 2.36, arena_get2, reused_arena, get_free_list,
 * arena_get_retry, __malloc_arena_thread_freeres. Calls are served one after the other, so no arena is ever locked.
 */
import { ARENA_BYTES, Arena, MAIN_ARENA } from "./arena";
import { ALIGN_MASK, ALIGNMENT, Chunk } from "./chunk";
import { HeapInfo, newHeap } from "./heaps";
import { Ptmalloc } from "./state";

/** Arenas for each processor, at most. */
const PER_CORE: u64 = 8;

/** The running thread's arena, for a request of so many bytes; 0: there is none. */
export function arenaFor(m: Ptmalloc, bytes: u64): u64 {
  if (!m.hasThreads) return MAIN_ARENA;
  const av = m.threadArena;
  return av != 0 ? av : pickArena(m, bytes);
}

/** Another arena, after `av` had no memory. */
export function arenaAfter(m: Ptmalloc, av: u64, bytes: u64): u64 {
  return Arena.isMain(av) ? pickArena(m, bytes) : MAIN_ARENA;
}

/** The arena of a chunk that is in use. */
export function arenaOf(m: Ptmalloc, p: u64, head: u64): u64 {
  return (head & 4) == 0 ? MAIN_ARENA : HeapInfo.arena(m.memory, HeapInfo.of(p));
}

function pickArena(m: Ptmalloc, bytes: u64): u64 {
  const free = takeFree(m);
  if (free != 0) return free;
  if (m.arenasLimit == 0) {
    if (m.arenaMax != 0) m.arenasLimit = m.arenaMax;
    else if (m.arenas > m.arenaTest) m.arenasLimit = m.cores * PER_CORE;
  }
  // A limit of 0 is none: it wraps.
  if (m.arenas > m.arenasLimit - 1) return reuse(m);
  m.arenas++;
  const made = newArena(m, bytes);
  if (made == 0) m.arenas--;
  return made;
}

/** An arena that no thread has. */
function takeFree(m: Ptmalloc): u64 {
  const memory = m.memory;
  const av = m.freeList;
  if (av == 0) return 0;
  m.freeList = Arena.nextFree(memory, av);
  detach(m, m.threadArena);
  Arena.setAttached(memory, av, 1);
  m.threadArena = av;
  return av;
}

function detach(m: Ptmalloc, av: u64): void {
  if (av != 0) Arena.setAttached(m.memory, av, Arena.attached(m.memory, av) - 1);
}

/** The next of all arenas in turn. */
function reuse(m: Ptmalloc): u64 {
  const memory = m.memory;
  const av = m.nextToUse == 0 ? MAIN_ARENA : m.nextToUse;
  detach(m, m.threadArena);
  removeFree(m, av);
  Arena.setAttached(memory, av, Arena.attached(memory, av) + 1);
  m.threadArena = av;
  m.nextToUse = Arena.next(memory, av);
  return av;
}

function removeFree(m: Ptmalloc, av: u64): void {
  const memory = m.memory;
  if (m.freeList == av) {
    m.freeList = Arena.nextFree(memory, av);
    return;
  }
  for (let at = m.freeList; at != 0; at = Arena.nextFree(memory, at)) {
    if (Arena.nextFree(memory, at) == av) Arena.setNextFree(memory, at, Arena.nextFree(memory, av));
  }
}

/** A new arena at the beginning of a heap of its own; 0: there is no room. */
function newArena(m: Ptmalloc, bytes: u64): u64 {
  const memory = m.memory;
  const header = HeapInfo.bytes(m) + ARENA_BYTES + ALIGNMENT;
  let heap = newHeap(m, bytes + header);
  if (heap == 0) heap = newHeap(m, header);
  if (heap == 0) return 0;
  const av = heap + HeapInfo.bytes(m);
  HeapInfo.setArena(memory, heap, av);
  const size = HeapInfo.size(memory, heap);
  Arena.initialise(memory, av);
  Arena.setAttached(memory, av, 1);
  Arena.addSystemMem(memory, av, <i64>size);
  Arena.noteSystemMem(memory, av);
  let top = av + ARENA_BYTES;
  const misalign = Chunk.mem(top) & ALIGN_MASK;
  if (misalign != 0) top += ALIGNMENT - misalign;
  Arena.newTop(memory, av, top, heap + size - top);
  const replaced = m.threadArena;
  m.threadArena = av;
  Arena.setNext(memory, av, Arena.next(memory, MAIN_ARENA));
  Arena.setNext(memory, MAIN_ARENA, av);
  detach(m, replaced);
  return av;
}

/** The running thread ends; an arena that no other has is free. */
export function leaveArena(m: Ptmalloc): void {
  const memory = m.memory;
  const av = m.threadArena;
  m.threadArena = 0;
  if (av == 0) return;
  detach(m, av);
  if (Arena.attached(memory, av) != 0) return;
  Arena.setNextFree(memory, av, m.freeList);
  m.freeList = av;
}

/** A child has only the thread that forked, and all arenas except that thread's are free (__malloc_fork_unlock_child). */
export function keepOwnArena(m: Ptmalloc): void {
  if (!m.hasThreads) return;
  const memory = m.memory;
  const own = m.threadArena;
  m.freeList = 0;
  let av = MAIN_ARENA;
  do {
    Arena.setAttached(memory, av, av == own ? 1 : 0);
    if (av != own) {
      Arena.setNextFree(memory, av, m.freeList);
      m.freeList = av;
    }
    av = Arena.next(memory, av);
  } while (av != MAIN_ARENA);
}
