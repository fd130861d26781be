/** Chunks into bins and out of them. From: malloc/malloc.c of glibc 2.36, unlink_chunk and _int_malloc. */
import { HeapMemory } from "../memory";
import { Arena } from "./arena";
import { Chunk, NON_MAIN_ARENA, PREV_INUSE } from "./chunk";

const OF_MAIN = "Fatal glibc error: malloc assertion failure in _int_malloc: chunk_main_arena (fwd)";

/** Takes the free chunk `p` out of its bin. */
export function unlink(memory: HeapMemory, p: u64): void {
  const size = Chunk.size(memory, p);
  if (size != Chunk.prevSize(memory, p + size)) {
    memory.abort("corrupted size vs. prev_size");
    return;
  }
  const fd = Chunk.fd(memory, p);
  const bk = Chunk.bk(memory, p);
  if (Chunk.bk(memory, fd) != p || Chunk.fd(memory, bk) != p) {
    memory.abort("corrupted double-linked list");
    return;
  }
  Chunk.setBk(memory, fd, bk);
  Chunk.setFd(memory, bk, fd);
  if (!Arena.isSmall(size) && Chunk.fdNextsize(memory, p) != 0) unlinkSize(memory, p, fd);
}

/** Takes `p`, the first chunk of its size, out of the list of sizes; `fd` follows it in the bin. */
function unlinkSize(memory: HeapMemory, p: u64, fd: u64): void {
  const next = Chunk.fdNextsize(memory, p);
  const previous = Chunk.bkNextsize(memory, p);
  if (Chunk.bkNextsize(memory, next) != p || Chunk.fdNextsize(memory, previous) != p) {
    memory.abort("corrupted double-linked list (not small)");
    return;
  }
  if (Chunk.fdNextsize(memory, fd) != 0) {
    Chunk.setBkNextsize(memory, next, previous);
    Chunk.setFdNextsize(memory, previous, next);
  } else if (next == p) {
    Chunk.setFdNextsize(memory, fd, fd);
    Chunk.setBkNextsize(memory, fd, fd);
  } else {
    // `fd` has the same size, and stands for it from now on.
    Chunk.setFdNextsize(memory, fd, next);
    Chunk.setBkNextsize(memory, fd, previous);
    Chunk.setBkNextsize(memory, next, fd);
    Chunk.setFdNextsize(memory, previous, fd);
  }
}

/** Puts the free chunk `p` of `size` bytes at the front of the unsorted bin; `message` if that is corrupted. */
export function pushUnsorted(memory: HeapMemory, av: u64, p: u64, size: u64, message: string): void {
  const bin = Arena.unsorted(av);
  const first = Chunk.fd(memory, bin);
  if (Chunk.bk(memory, first) != bin) {
    memory.abort(message);
    return;
  }
  Chunk.setBk(memory, p, bin);
  Chunk.setFd(memory, p, first);
  Chunk.setFd(memory, bin, p);
  Chunk.setBk(memory, first, p);
  clearSizes(memory, p, size);
}

/** A large chunk that is not sorted is in no list of sizes. */
export function clearSizes(memory: HeapMemory, p: u64, size: u64): void {
  if (Arena.isSmall(size)) return;
  Chunk.setFdNextsize(memory, p, 0);
  Chunk.setBkNextsize(memory, p, 0);
}

/** Puts the chunk `p` of `size` bytes, which was unsorted, where it belongs. */
export function sortIn(memory: HeapMemory, av: u64, p: u64, size: u64): void {
  const index = Arena.binIndex(size);
  const bin = Arena.bin(av, index);
  let fwd = Chunk.fd(memory, bin);
  let bck = bin;
  if (!Arena.isSmall(size)) {
    if (fwd == bin) {
      Chunk.setFdNextsize(memory, p, p);
      Chunk.setBkNextsize(memory, p, p);
    } else {
      fwd = placeOf(memory, bin, p, size | PREV_INUSE);
      if (memory.hasStopped) return;
      bck = Chunk.bk(memory, fwd);
      if (fwd != bin && Chunk.fd(memory, bck) != fwd) {
        memory.abort("malloc(): largebin double linked list corrupted (bk)");
        return;
      }
    }
  }
  Arena.markBin(memory, av, index);
  Chunk.setBk(memory, p, bck);
  Chunk.setFd(memory, p, fwd);
  Chunk.setBk(memory, fwd, p);
  Chunk.setFd(memory, bck, p);
}

/** The chunk before which `p` goes in a large bin that has some, linked among the sizes; sizes descend. */
function placeOf(memory: HeapMemory, bin: u64, p: u64, head: u64): u64 {
  let at = Chunk.fd(memory, bin);
  const least = Chunk.bk(memory, bin);
  if (
    !isOfMain(
      memory,
      least,
      "Fatal glibc error: malloc assertion failure in _int_malloc: chunk_main_arena (bck->bk)",
    )
  )
    return at;
  if (head < Chunk.head(memory, least)) {
    // Smaller than the smallest: last.
    const last = Chunk.bkNextsize(memory, at);
    Chunk.setFdNextsize(memory, p, at);
    Chunk.setBkNextsize(memory, p, last);
    Chunk.setFdNextsize(memory, last, p);
    Chunk.setBkNextsize(memory, at, p);
    return bin;
  }
  if (!isOfMain(memory, at, OF_MAIN)) return at;
  while (head < Chunk.head(memory, at) && !memory.hasStopped) {
    memory.step();
    at = Chunk.fdNextsize(memory, at);
    if (!isOfMain(memory, at, OF_MAIN)) return at;
  }
  // Of one size the first stays first.
  if (head == Chunk.head(memory, at)) return Chunk.fd(memory, at);
  const previous = Chunk.bkNextsize(memory, at);
  Chunk.setFdNextsize(memory, p, at);
  Chunk.setBkNextsize(memory, p, previous);
  if (Chunk.fdNextsize(memory, previous) != at) {
    memory.abort("malloc(): largebin double linked list corrupted (nextsize)");
    return at;
  }
  Chunk.setBkNextsize(memory, at, p);
  Chunk.setFdNextsize(memory, previous, p);
  return at;
}

/** The bit for other arenas is never set in a bin; aborts with `message` where it is. */
function isOfMain(memory: HeapMemory, p: u64, message: string): bool {
  if ((Chunk.head(memory, p) & NON_MAIN_ARENA) == 0) return true;
  memory.abort(message);
  return false;
}
