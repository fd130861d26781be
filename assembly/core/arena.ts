/**
 * The arena: every byte of a simulation's state comes from here, and none goes back. One instance holds one
 * simulation (or one group that shares a decode), so its end frees everything at once.
 *
 * What differs from AssemblyScript's stub runtime: the bump pointer lies in linear memory, not in a global, so
 * copying the bytes copies the simulation; memory handed out is always zero; and a refusal by `memory.grow`
 * is a value (0), not a trap.
 */
import { HEADER_ARENA_TOP } from "../abi";

const PAGE_SHIFT: u32 = 16; // a WebAssembly page, never a simulated one
const CACHE_LINE: u64 = 64;
/**
 * What a growth costs V8 does not depend on the amount, but on what is there already: half a millisecond, and 4 where half
 * a gigabyte is. So memory grows by a half, and by 16 MiB at least, where it can.
 */
const GROWTH_PAGES: u32 = 256;
const MOST_PAGES: u32 = 65536;

/** `bytes` of zeroed memory, aligned to a cache line; 0 when Wasm's 4 GiB do not hold it. */
export function allocate(bytes: u64): usize {
  let top: u64 = load<u32>(HEADER_ARENA_TOP);
  if (top == 0) top = __heap_base;
  const start = (top + CACHE_LINE - 1) & ~(CACHE_LINE - 1);
  const end = start + bytes;
  const have = (<u64>memory.size()) << PAGE_SHIFT;
  if (end > have) {
    // The last byte of the 4 GiB stays unused, so that an end always fits a u32.
    if (bytes > 0xffffffff || end > 0xffffffff) return 0;
    const pages = <u32>((end - have + 0xffff) >> PAGE_SHIFT);
    const size = <u32>memory.size();
    const ample = min(max(size >> 1, GROWTH_PAGES), MOST_PAGES - size);
    if (memory.grow(max(pages, ample)) < 0 && memory.grow(pages) < 0) return 0;
  }
  store<u32>(HEADER_ARENA_TOP, <u32>end);
  return <usize>start;
}

/** Bytes handed out so far, padding included. */
export function arenaBytes(): u32 {
  const top = load<u32>(HEADER_ARENA_TOP);
  return top == 0 ? 0 : top - <u32>__heap_base;
}

/** Bytes that may still be handed out, at most. */
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

/** Another place with the same `bytes`; 0 when memory is out. */
export function copyBytes(original: usize, bytes: u64): usize {
  const copy = allocate(bytes);
  if (copy != 0) memory.copy(copy, original, <usize>bytes);
  return copy;
}
