/** Functions that allocators share. */
import { HEAP_ALIGNED_ALLOC, HEAP_POSIX_MEMALIGN } from "../abi/heap";
import { EINVAL, ENOMEM } from "../abi/linux";
import { Allocator } from "./contract";

/** Bytes that an object may have, PTRDIFF_MAX. */
export const MOST_BYTES: u64 = i64.MAX_VALUE;

/** The largest power of two that there is; memalign rounds what it is given up to one. */
const MOST_ALIGNMENT: u64 = (<u64>1) << 63;

/** count × bytes; with errno ENOMEM and `u64.MAX_VALUE` where that does not fit. */
export function product(allocator: Allocator, count: u64, bytes: u64): u64 {
  if (bytes == 0 || count <= MOST_BYTES / bytes) return count * bytes;
  allocator.memory.errno = ENOMEM;
  return u64.MAX_VALUE;
}

export function isPowerOfTwo(n: u64): bool {
  return n != 0 && (n & (n - 1)) == 0;
}

/** The least power of two that is not below `n`, which is 2^63 or less. */
export function powerOfTwoFrom(n: u64): u64 {
  return n <= 1 ? 1 : (<u64>1) << (64 - clz(n - 1));
}

/** The least multiple of `unit` that is not below `n`. */
export function roundUp(n: u64, unit: u64): u64 {
  return ((n + unit - 1) / unit) * unit;
}

/** True if the operation takes the alignment. Sets EINVAL otherwise. posix_memalign needs whole pointers. */
export function isAlignment(allocator: Allocator, operation: u32, alignment: u64): bool {
  let isSound = alignment <= MOST_ALIGNMENT;
  if (operation == HEAP_POSIX_MEMALIGN) isSound = isPowerOfTwo(alignment) && alignment >= 8;
  else if (operation == HEAP_ALIGNED_ALLOC) isSound = isPowerOfTwo(alignment);
  if (!isSound) allocator.memory.errno = EINVAL;
  return isSound;
}

/** realloc as malloc, copy and free, where the block cannot stay. */
export function moveBlock<A extends Allocator>(allocator: A, address: u64, had: u64, bytes: u64): u64 {
  const moved = allocator.malloc(bytes);
  if (moved == 0) return 0;
  allocator.memory.copy(moved, address, min(had, bytes));
  allocator.free(address);
  return moved;
}

export const PAGE: u64 = 4096;

/** Rounds up to whole pages, as pvalloc does. */
export function wholePages(bytes: u64): u64 {
  return bytes > MOST_BYTES ? bytes : (bytes + PAGE - 1) & ~(PAGE - 1);
}
