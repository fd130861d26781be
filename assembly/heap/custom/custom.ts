/**
 * The place of an allocator that runs outside of the kernel, in JavaScript. It answers what the host has found out before:
 * the host asks what an operation comes to, calls its own allocator, and has the operation served with that answer. So the
 * serving loop, the heap's sums and the recorder are those of every allocator.
 *
 *   host                          kernel
 *   ask ────────────────────────> ask: which function, with which arguments
 *   its function runs ──────────> custom/memory.ts: reads, writes, sbrk …
 *   serve, with the answer ─────> checked; serve<Custom> ──> the functions below ──> sums, series, map
 */
import { NONE } from "../../abi/core";
import {
  CHUNK_USED,
  CUSTOM_CALLOC,
  CUSTOM_CHUNK_BYTES,
  CUSTOM_CHUNK_SIZE,
  CUSTOM_CHUNK_STATE,
  CUSTOM_FREE,
  CUSTOM_MALLOC,
  CUSTOM_MEMALIGN,
  CUSTOM_NOTHING,
  CUSTOM_REALLOC,
  CUSTOM_THREAD_EXIT,
  CUSTOM_TRIM,
  CUSTOM_USABLE_SIZE,
  HEAP_A,
  HEAP_ALIGNED_ALLOC,
  HEAP_B,
  HEAP_C,
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_OP,
  HEAP_POSIX_MEMALIGN,
  HEAP_PVALLOC,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_THREAD,
  HEAP_THREAD_EXIT,
  HEAP_TRIM,
  HEAP_USABLE_SIZE,
  HEAP_VALLOC,
} from "../../abi/heap";
import { ENOMEM } from "../../abi/linux";
import { BlockTable } from "../block-table";
import { Allocator, ChunkView } from "../contract";
import { Owners } from "../owners";
import { isAlignment, MOST_BYTES, PAGE, powerOfTwoFrom, product, wholePages } from "../parts";

@final
@unmanaged
export class Custom extends Allocator {
  // The host reads these, at abi/heap's CUSTOM_….
  /** The call: its block and the bytes that were requested for it, then the other arguments. */
  address: f64;
  had: f64;
  count: f64;
  bytes: f64;
  alignment: f64;
  /** Where the block is that a new one overlaps. */
  other: f64;
  /** errno of a call that fails. */
  failure: u32;
  // The host's answer.
  private errno: u32;
  private stopped: u32;
  private answer: u64;
  private taken: u64;
  /** The host's chunks, for the next walk; 0: it shows none, and the walk goes over the blocks in use. */
  private chunks: usize;
  private chunkCount: u32;
  private blocks: BlockTable;
  private owners: Owners;

  create(_parameters: usize): bool {
    this.owners = Owners.create();
    return changetype<usize>(this.owners) != 0;
  }

  /** The call that serves the operation: CUSTOM_MALLOC or another. Its arguments are in the fields. */
  ask(blocks: BlockTable, record: usize): u32 {
    const memory = this.memory;
    this.blocks = blocks;
    this.failure = 0;
    memory.errno = 0;
    memory.thread = load<u32>(record, HEAP_THREAD);
    const a = load<u64>(record, HEAP_A);
    const b = load<u64>(record, HEAP_B);
    const op = load<u32>(record, HEAP_OP);
    switch (op) {
      case HEAP_MALLOC:
        return this.askBytes(CUSTOM_MALLOC, a);
      case HEAP_CALLOC:
        this.count = <f64>a;
        return this.askBytes(product(this, a, b) == u64.MAX_VALUE ? CUSTOM_NOTHING : CUSTOM_CALLOC, b);
      case HEAP_FREE:
        return this.askBlock(record) ? CUSTOM_FREE : CUSTOM_NOTHING;
      case HEAP_REALLOC:
        return this.askResize(record, b);
      case HEAP_REALLOCARRAY: {
        const bytes = product(this, b, load<u64>(record, HEAP_C));
        return bytes == u64.MAX_VALUE ? this.askBytes(CUSTOM_NOTHING, 0) : this.askResize(record, bytes);
      }
      case HEAP_MEMALIGN:
      case HEAP_ALIGNED_ALLOC:
      case HEAP_POSIX_MEMALIGN:
        return this.askAligned(op, a, b);
      case HEAP_VALLOC:
        return this.askAligned(op, PAGE, a);
      case HEAP_PVALLOC:
        return this.askAligned(op, PAGE, wholePages(a));
      case HEAP_USABLE_SIZE:
        return this.askBlock(record) ? CUSTOM_USABLE_SIZE : CUSTOM_NOTHING;
      case HEAP_TRIM:
        return this.askBytes(CUSTOM_TRIM, a);
      case HEAP_THREAD_EXIT:
        return CUSTOM_THREAD_EXIT;
      default:
        return CUSTOM_NOTHING;
    }
  }

  private askBytes(call: u32, bytes: u64): u32 {
    if (call != CUSTOM_NOTHING && bytes > MOST_BYTES) {
      this.memory.errno = ENOMEM;
      call = CUSTOM_NOTHING;
    }
    this.bytes = <f64>bytes;
    this.failure = this.memory.errno;
    return call;
  }

  private askResize(record: usize, bytes: u64): u32 {
    return this.askBytes(this.askBlock(record) ? CUSTOM_REALLOC : CUSTOM_MALLOC, bytes);
  }

  private askAligned(operation: u32, alignment: u64, bytes: u64): u32 {
    const isSound = isAlignment(this, operation, alignment);
    if (isSound) this.alignment = <f64>powerOfTwoFrom(alignment);
    return this.askBytes(isSound ? CUSTOM_MEMALIGN : CUSTOM_NOTHING, bytes);
  }

  /** The block that the call was given; false: it was given none that is in use. */
  private askBlock(record: usize): bool {
    const number = load<u32>(record, HEAP_FREED);
    const address = number == NONE ? 0 : this.blocks.addressOf(number);
    this.address = <f64>address;
    if (address == 0) return false;
    this.had = <f64>this.blocks.requestOf(number);
    return true;
  }

  /** Takes the host's answer; what happened in its function is served with it. */
  take(answer: f64, taken: f64, errno: u32): void {
    this.answer = <u64>answer;
    this.taken = <u64>taken;
    this.errno = errno;
    this.stopped = this.memory.stopped;
    this.memory.stopped = 0;
  }

  /** Block `number` was freed; it had `bytes` at `address`. */
  forget(address: u64, bytes: u64): bool {
    return this.owners.set(address, bytes, NONE);
  }

  /** The first block that has a part of the `bytes` at `address`, or NONE. */
  holderOf(address: u64, bytes: u64): u32 {
    return this.owners.firstIn(address, bytes);
  }

  /** Block `number` has them from now on. */
  addBlock(address: u64, bytes: u64, number: u32): bool {
    return this.owners.set(address, bytes, number);
  }

  /** `count` chunks at `chunks`, for the next walk. */
  show(chunks: usize, count: u32): void {
    this.chunks = chunks;
    this.chunkCount = count;
  }

  private answered(): u64 {
    this.memory.errno = this.errno;
    this.memory.stopped = this.stopped;
    return this.answer;
  }

  malloc(_bytes: u64): u64 {
    return this.answered();
  }

  calloc(_count: u64, _bytes: u64): u64 {
    return this.answered();
  }

  realloc(_address: u64, _bytes: u64): u64 {
    return this.answered();
  }

  free(_address: u64): void {
    this.answered();
  }

  memalign(_operation: u32, _alignment: u64, _bytes: u64): u64 {
    return this.answered();
  }

  usableSize(_address: u64): u64 {
    return this.answered();
  }

  control(_operation: u32, _a: u64, _b: u64): u64 {
    return this.answered();
  }

  footprint(_address: u64): u64 {
    return this.taken;
  }

  next(view: ChunkView): bool {
    return this.chunks != 0 ? this.nextShown(view) : this.nextBlock(view);
  }

  private nextShown(view: ChunkView): bool {
    const n = <u32>view.cursor;
    if (n >= this.chunkCount) return false;
    const chunk = this.chunks + <usize>n * CUSTOM_CHUNK_BYTES;
    view.address = <u64>load<f64>(chunk);
    view.bytes = <u64>load<f64>(chunk, CUSTOM_CHUNK_SIZE);
    view.state = <u32>load<f64>(chunk, CUSTOM_CHUNK_STATE);
    view.bin = NONE;
    view.cursor = n + 1;
    return true;
  }

  private nextBlock(view: ChunkView): bool {
    const blocks = this.blocks;
    if (changetype<usize>(blocks) == 0) return false;
    let n = <u32>view.cursor;
    while (n < blocks.count && blocks.addressOf(n) == 0) n++;
    if (n >= blocks.count) return false;
    view.address = blocks.addressOf(n);
    view.bytes = blocks.footprintOf(n);
    view.state = CHUNK_USED;
    view.bin = NONE;
    view.cursor = n + 1;
    return true;
  }

  /** The state lies in JavaScript, where the kernel cannot check it. */
  isValid(): bool {
    return true;
  }

  /** The state lies in JavaScript and cannot be copied; the host does not fork it. */
  forked(): bool {
    return false;
  }
}
