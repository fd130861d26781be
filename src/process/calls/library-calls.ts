/**
 * The C library's allocator as methods of a process, with C's names and arguments. Instead of NULL and errno, a result
 * has the name of the error. Where C would end the process, it has a signal, with the allocator's message.
 */
import {
  HEAP_ALIGNED_ALLOC,
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_MALLINFO2,
  HEAP_MALLOC,
  HEAP_MALLOC_INFO,
  HEAP_MALLOC_STATS,
  HEAP_MALLOPT,
  HEAP_MEMALIGN,
  HEAP_POSIX_MEMALIGN,
  HEAP_PVALLOC,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_THREAD_EXIT,
  HEAP_TRIM,
  HEAP_USABLE_SIZE,
  HEAP_VALLOC,
} from "../../../assembly/abi/heap.js";
import { UsageError } from "../../errors.js";
import { argumentBits, type Word, word } from "../arguments.js";
import { infoText, MALLINFO_FIELDS, type MallinfoField, mallinfoOf, statsText } from "../heap/figures.js";
import type { HeapAnswer, HeapStatistics, ProcessHeap } from "../heap/process-heap.js";
import type { HeapView } from "../heap/view.js";
import { SystemCalls } from "./system-calls.js";

/** Result of mallinfo2: mallinfo(3). All 0 if the process got a signal. */
export type MallinfoAnswer = Readonly<Record<MallinfoField, number>> & Pick<HeapAnswer, "signal" | "message">;

export abstract class LibraryCalls extends SystemCalls {
  abstract readonly library: ProcessHeap;

  /** `malloc`: 0n and ENOMEM if there is no memory. */
  malloc(bytes: Word): HeapAnswer {
    return this.library.run(HEAP_MALLOC, [word(bytes, "malloc", 1)]);
  }

  /** `calloc`: `count` times `bytes` zeros. 0n and ENOMEM if there is no memory, or the product is too large. */
  calloc(count: Word, bytes: Word): HeapAnswer {
    return this.library.run(HEAP_CALLOC, [word(count, "calloc", 1), word(bytes, "calloc", 2)]);
  }

  /** `realloc`: the block resized, at its address or another. 0n and ENOMEM if there is no memory; the block stays. */
  realloc(address: Word, bytes: Word): HeapAnswer {
    return this.library.run(HEAP_REALLOC, [word(address, "realloc", 1), word(bytes, "realloc", 2)]);
  }

  /** `reallocarray`: as `realloc` to `count` times `bytes`. */
  reallocarray(address: Word, count: Word, bytes: Word): HeapAnswer {
    return this.library.run(HEAP_REALLOCARRAY, [
      word(address, "reallocarray", 1),
      word(count, "reallocarray", 2),
      word(bytes, "reallocarray", 3),
    ]);
  }

  /** `free`. A pointer that is no block ends the process where the allocator notices it. */
  free(address: Word): HeapAnswer {
    return this.library.run(HEAP_FREE, [word(address, "free", 1)]);
  }

  /** `memalign`: a block at a multiple of `alignment` bytes. */
  memalign(alignment: Word, bytes: Word): HeapAnswer {
    return this.library.run(HEAP_MEMALIGN, [word(alignment, "memalign", 1), word(bytes, "memalign", 2)]);
  }

  /** `aligned_alloc`: a block at a multiple of `alignment` bytes, a power of two. */
  aligned_alloc(alignment: Word, bytes: Word): HeapAnswer {
    return this.library.run(HEAP_ALIGNED_ALLOC, [
      word(alignment, "aligned_alloc", 1),
      word(bytes, "aligned_alloc", 2),
    ]);
  }

  /** Returns the block as the value, which C stores through a pointer. */
  posix_memalign(alignment: Word, bytes: Word): HeapAnswer {
    return this.library.run(HEAP_POSIX_MEMALIGN, [
      word(alignment, "posix_memalign", 1),
      word(bytes, "posix_memalign", 2),
    ]);
  }

  /** `valloc`: a block at the start of a page. */
  valloc(bytes: Word): HeapAnswer {
    return this.library.run(HEAP_VALLOC, [word(bytes, "valloc", 1)]);
  }

  /** `pvalloc`: a block of whole pages, at the start of one. */
  pvalloc(bytes: Word): HeapAnswer {
    return this.library.run(HEAP_PVALLOC, [word(bytes, "pvalloc", 1)]);
  }

  /** `malloc_usable_size`: bytes of the block that the program may use, as the value. */
  malloc_usable_size(address: Word): HeapAnswer {
    return this.library.run(HEAP_USABLE_SIZE, [word(address, "malloc_usable_size", 1)]);
  }

  /** 1n if memory was given back to the system. */
  malloc_trim(pad: Word = 0): HeapAnswer {
    return this.library.run(HEAP_TRIM, [word(pad, "malloc_trim", 1)]);
  }

  /** `M_MMAP_THRESHOLD` and other parameters, by name or number; 1n if it was set. */
  mallopt(parameter: Word, value: Word): HeapAnswer {
    return this.library.run(HEAP_MALLOPT, [
      argumentBits(parameter, "mallopt", 1),
      argumentBits(value, "mallopt", 2),
    ]);
  }

  /**
   * The heap's statistics, for glibc only. Bytes in thread caches count as in use. Throws `UsageError` for other
   * allocators.
   */
  mallinfo2(): MallinfoAnswer {
    const { figures, signal, message } = this.statistics(HEAP_MALLINFO2, "mallinfo2");
    const info = figures === undefined || signal !== undefined ? undefined : mallinfoOf(figures);
    const numbers = MALLINFO_FIELDS.map((field) => [field, Number(info?.[field] ?? 0n)] as const);
    return { ...(Object.fromEntries(numbers) as Record<MallinfoField, number>), signal, message };
  }

  /** The text that malloc_stats writes to standard error, for glibc only; cut short if the process got a signal. */
  mallocStats(): string {
    const { figures, signal } = this.statistics(HEAP_MALLOC_STATS, "mallocStats");
    return figures === undefined ? "" : statsText(figures, signal === undefined);
  }

  /** The XML that `malloc_info(0, stream)` writes, for glibc only. */
  mallocInfo(): string {
    const { figures, signal } = this.statistics(HEAP_MALLOC_INFO, "mallocInfo");
    return figures === undefined ? "" : infoText(figures, signal === undefined);
  }

  private statistics(op: number, name: string): HeapStatistics {
    if (!this.library.hasFigures)
      throw new UsageError(
        "figures of a heap are glibc's",
        'heap() shows the chunks of any allocator, spawn({ allocator: "glibc" }) has figures',
        name,
      );
    return this.library.statistics({ op, args: [], number: this.nextCall() });
  }

  /** The running thread ends: the allocator empties its cache. */
  thread_exit(): HeapAnswer {
    return this.library.run(HEAP_THREAD_EXIT, []);
  }

  /** The heap's chunks and counters; undefined if no allocator was called. */
  heap(): HeapView | undefined {
    return this.library.view();
  }
}
