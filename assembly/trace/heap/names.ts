/** Names in heap logs: operations, parameters of mallopt, calls for mappings, errors. */
import { NONE } from "../../abi/core";
import {
  HEAP_ALIGNED_ALLOC,
  HEAP_CALLOC,
  HEAP_DONATE,
  HEAP_FREE,
  HEAP_MALLOC,
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
} from "../../abi/heap";

/** True if [from, to) is this word. */
export function isWord(from: u32, to: u32, word: string): bool {
  return to - from == <u32>word.length && startsWith(from, word);
}

/** True if the bytes at `from` begin with the word. As many bytes as it has can be read. */
export function startsWith(from: u32, word: string): bool {
  for (let n = 0; n < word.length; n++) if (<i32>load<u8>(from + n) != word.charCodeAt(n)) return false;
  return true;
}

/** The operation that [from, to) names; NONE. */
export function operationNamed(from: u32, to: u32): u32 {
  switch (to - from) {
    case 4:
      return isWord(from, to, "free") ? HEAP_FREE : NONE;
    case 6:
      if (isWord(from, to, "malloc")) return HEAP_MALLOC;
      if (isWord(from, to, "calloc")) return HEAP_CALLOC;
      return isWord(from, to, "valloc") ? HEAP_VALLOC : NONE;
    case 7:
      if (isWord(from, to, "realloc")) return HEAP_REALLOC;
      if (isWord(from, to, "mallopt")) return HEAP_MALLOPT;
      return isWord(from, to, "pvalloc") ? HEAP_PVALLOC : NONE;
    case 8:
      return isWord(from, to, "memalign") ? HEAP_MEMALIGN : NONE;
    case 11:
      if (isWord(from, to, "malloc_trim")) return HEAP_TRIM;
      return isWord(from, to, "thread_exit") ? HEAP_THREAD_EXIT : NONE;
    case 12:
      return isWord(from, to, "reallocarray") ? HEAP_REALLOCARRAY : NONE;
    case 13:
      return isWord(from, to, "aligned_alloc") ? HEAP_ALIGNED_ALLOC : NONE;
    case 14:
      return isWord(from, to, "posix_memalign") ? HEAP_POSIX_MEMALIGN : NONE;
    case 15:
      return isWord(from, to, "__malloc_donate") ? HEAP_DONATE : NONE;
    case 18:
      return isWord(from, to, "malloc_usable_size") ? HEAP_USABLE_SIZE : NONE;
    default:
      return NONE;
  }
}

/** How many arguments an operation takes, those of posix_memalign with the block. */
export function argumentsOf(op: u32): u32 {
  switch (op) {
    case HEAP_THREAD_EXIT:
      return 0;
    case HEAP_CALLOC:
    case HEAP_REALLOC:
    case HEAP_MEMALIGN:
    case HEAP_ALIGNED_ALLOC:
    case HEAP_MALLOPT:
    case HEAP_DONATE:
      return 2;
    case HEAP_REALLOCARRAY:
    case HEAP_POSIX_MEMALIGN:
      return 3;
    default:
      return 1;
  }
}

/** mallopt's parameters from -1 down, in order (malloc.h); M_MXFAST is 1. */
export function malloptNamed(from: u32, to: u32): u64 {
  if (isWord(from, to, "M_MXFAST")) return 1;
  if (isWord(from, to, "M_TRIM_THRESHOLD")) return <u64>-1;
  if (isWord(from, to, "M_TOP_PAD")) return <u64>-2;
  if (isWord(from, to, "M_MMAP_THRESHOLD")) return <u64>-3;
  if (isWord(from, to, "M_MMAP_MAX")) return <u64>-4;
  if (isWord(from, to, "M_CHECK_ACTION")) return <u64>-5;
  if (isWord(from, to, "M_PERTURB")) return <u64>-6;
  if (isWord(from, to, "M_ARENA_TEST")) return <u64>-7;
  return isWord(from, to, "M_ARENA_MAX") ? <u64>-8 : 0;
}

/** True if [from, to) is a call that changes mappings, with ltrace's `SYS_` before it or without. */
export function isMapping(from: u32, to: u32): bool {
  const name = to - from > 4 && startsWith(from, "SYS_") ? from + 4 : from;
  return (
    isWord(name, to, "mmap") ||
    isWord(name, to, "munmap") ||
    isWord(name, to, "mremap") ||
    isWord(name, to, "mprotect") ||
    isWord(name, to, "madvise") ||
    isWord(name, to, "brk")
  );
}
