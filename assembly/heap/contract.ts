/**
 * An allocator is a final subclass of `Allocator`, in a file or a folder of its own. The data that the C library keeps
 * in its heap (headers, free lists, bitmaps) lie in the process's simulated memory, reached by `memory.read` and
 * `write`; those in its data segment (bins, sizes, `main_arena`) may be fields or arrays in the arena. `serve<A>` in
 * `serve.ts` is compiled once per allocator with the concrete type, so the functions below inline and nothing is
 * dispatched.
 *
 * The rules:
 *  - An allocation gives the block's address, or 0 with `memory.errno` set (`ENOMEM`, `EINVAL`).
 *  - Where the real allocator aborts the process, it calls `memory.abort(message)`; an access out of bounds raises
 *    SIGSEGV by itself. Loops over lists check `memory.hasStopped`, since a corrupted list may lead anywhere.
 *  - `memory.step()` for each node looked at in a search.
 *  - `memory.thread` is the dense number of the calling thread.
 *  - Every function is abstract here: an unmanaged class has no header by which an override could be found at run time.
 *    Functions that most allocators share are in `parts.ts`.
 */
import { HeapMemory } from "./memory";

/** One chunk in a walk over the heap, at abi/heap's CHUNK_…; the walk begins with all fields zero. */
@final
@unmanaged
export class ChunkView {
  /** Of the chunk, its header included; bytes likewise. */
  address: u64;
  bytes: u64;
  /** `CHUNK_USED`, `CHUNK_FREE` … */
  state: u32;
  /** The allocator's own number for the list that it is in; NONE. */
  bin: u32;
  arena: u32;
  /** The address of the chunk behind it in that list; 0: it is the last, or the allocator has no such list. */
  listedNext: u64;
  /** The allocator's own place in the walk. */
  cursor: u64;
  group: u64;
}

@unmanaged
export abstract class Allocator {
  memory: HeapMemory;

  /**
   * Makes the state of an allocator whose fields are all zero but `memory`. `parameters` is the address of an f64 for each
   * parameter of its registered signature, in that order. Asks for no memory of the process yet, unless the real one does
   * before its first call. False when Wasm's memory is out.
   */
  abstract create(parameters: usize): bool;
  abstract malloc(bytes: u64): u64;
  abstract calloc(count: u64, bytes: u64): u64;
  /** `address` 0 is malloc; `bytes` 0 is what the real one does. */
  abstract realloc(address: u64, bytes: u64): u64;
  /** `address` 0 does nothing. */
  abstract free(address: u64): void;
  /** memalign, aligned_alloc, posix_memalign: the operation's number says which; errors in `memory.errno`. */
  abstract memalign(operation: u32, alignment: u64, bytes: u64): u64;
  /** Bytes that may be used at `address`. */
  abstract usableSize(address: u64): u64;
  /**
   * `HEAP_TRIM`, `HEAP_MALLOPT`, `HEAP_THREAD_EXIT`, `HEAP_DONATE`, `HEAP_MALLINFO2` and its like: its answer; 0 where the
   * allocator has no such thing.
   */
  abstract control(operation: u32, a: u64, b: u64): u64;
  /** Bytes of the heap that the block at `address`, in use, takes: header, padding and all. */
  abstract footprint(address: u64): u64;
  /** The next chunk of the heap in order of arena and address, those mapped alone last; false behind the last. */
  abstract next(view: ChunkView): bool;
  /** True if the heap is sound. Walks everything; for tests and debug builds. */
  abstract isValid(): bool;

  /**
   * The fields are those of another allocator, whose process has forked: `memory` is the child's, and holds what the
   * parent's held, and the thread that forked is all that runs there. Arrays in the arena, which are the parent's still, are
   * to be copied. False when Wasm's memory is out.
   */
  abstract forked(): bool;
}
