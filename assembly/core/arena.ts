/**
 * The arena: all state of a simulation is allocated here, and nothing is freed. One Wasm instance holds one simulation
 * (or one group that shares a decoder), so the end of the instance frees everything at once.
 *
 * Differences from AssemblyScript's stub runtime: the bump pointer lies in linear memory, not in a global, so
 * copying the bytes copies the simulation; allocated memory is always zero; and a failure of `memory.grow` is a value
 * (0), not a trap.
 */
import { HEADER_ARENA_TOP } from "../abi/core";

const PAGE_SHIFT: u32 = 16; // of a WebAssembly page, not of a simulated one
const CACHE_LINE: u64 = 64;
/**
 * The cost of a growth in V8 depends on the size so far and not on the amount: half a millisecond at first, 4 ms at
 * half a gigabyte. So memory grows by a half, if it can. It is doubled below 16 MiB, and not made larger at once: V8
 * collects garbage after each 64 MiB of new Wasm memory, used or not, and a process may make thousands of small
 * simulations.
 */
const DOUBLED_PAGES: u32 = 256;
const LEAST_GROWTH_PAGES: u32 = 16;
const MOST_PAGES: u32 = 65536;

/** Allocates `bytes` of zeroed memory, aligned to a cache line; 0 when Wasm's 4 GiB are used up. */
export function allocate(bytes: u64): usize {
  return allocateAligned(bytes, CACHE_LINE);
}

/** The same, aligned to `alignment`, a power of two. */
export function allocateAligned(bytes: u64, alignment: u64): usize {
  if (bytes > 0xffffffff) return 0; // and the sums below do not overflow
  let top: u64 = load<u32>(HEADER_ARENA_TOP);
  if (top == 0) top = __heap_base;
  const start = (top + alignment - 1) & ~(alignment - 1);
  const end = start + bytes;
  const have = (<u64>memory.size()) << PAGE_SHIFT;
  if (end > have) {
    // The last byte of the 4 GiB stays unused, so that an end always fits a u32.
    if (end > 0xffffffff) return 0;
    const pages = <u32>((end - have + 0xffff) >> PAGE_SHIFT);
    const size = <u32>memory.size();
    const growth = size < DOUBLED_PAGES ? max(size, LEAST_GROWTH_PAGES) : size >> 1;
    const ample = min(growth, MOST_PAGES - size);
    if (memory.grow(max(pages, ample)) < 0 && memory.grow(pages) < 0) return 0;
  }
  store<u32>(HEADER_ARENA_TOP, <u32>end);
  return <usize>start;
}

/** Bytes allocated so far, padding included. */
export function arenaBytes(): u32 {
  const top = load<u32>(HEADER_ARENA_TOP);
  return top == 0 ? 0 : top - <u32>__heap_base;
}

/** The most bytes that can still be allocated. */
export function arenaRoom(): u64 {
  return 0xffffffff - <u64>(<u32>__heap_base + arenaBytes());
}

/** An unmanaged class instance of type `T` in the arena, every field zero; null when memory is out. */
export function make<T>(): T {
  return changetype<T>(allocate(offsetof<T>()));
}

/** Another instance with the same fields; null when memory is out. */
export function copyOf<T>(original: T): T {
  const copy = make<T>();
  if (changetype<usize>(copy) != 0)
    memory.copy(changetype<usize>(copy), changetype<usize>(original), offsetof<T>());
  return copy;
}

/** A copy of `bytes` at `original`; 0 when memory is out. */
export function copyBytes(original: usize, bytes: u64): usize {
  const copy = allocate(bytes);
  if (copy != 0) memory.copy(copy, original, <usize>bytes);
  return copy;
}
