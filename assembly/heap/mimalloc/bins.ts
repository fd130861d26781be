/**
 * mimalloc's size classes: of blocks in words, and of free spans in slices; both go up by an eighth to a fifth. From:
 * mi_bin in src/page-queue.c and mi_slice_bin8 in src/segment.c of mimalloc 2.0.9.
 *
 *   bin:    1  2  3  4  5  6  7  8   9  10  11  12  13  …  56      73: large and huge   74: full pages
 *   words:  1  2  3  4  5  6  7  8  10  12  14  16  20  …  16384   (3, 5 and 7 stay empty: blocks have 16 bytes' alignment)
 */
export const WORD: u64 = 8;
/** The largest block that shares a page with others. */
export const MOST_MEDIUM: u64 = 128 << 10;
export const BIN_HUGE: u32 = 73;
export const BIN_FULL: u32 = 74;
export const BINS: u32 = 75;
export const SPAN_BINS: u32 = 36;

/** Words that `bytes` take. */
export function wordsFor(bytes: u64): u64 {
  return (bytes + WORD - 1) / WORD;
}

/** The bin for blocks of `bytes`. */
export function binFor(bytes: u64): u32 {
  const words = wordsFor(bytes);
  if (words <= 1) return 1;
  if (words <= 8) return <u32>((words + 1) & ~(<u64>1));
  if (words > MOST_MEDIUM / WORD) return BIN_HUGE;
  const last = words - 1;
  const top = 63 - clz(last);
  return <u32>((top << 2) + ((last >> (top - 2)) & 3) - 3);
}

/** Bytes of a block in bin `bin`. */
export function binBytes(bin: u32): u64 {
  if (bin >= BIN_HUGE) return MOST_MEDIUM + WORD * (bin - BIN_HUGE + 1);
  if (bin <= 8) return WORD * max(bin, 1);
  const step = (<u64>2) << ((bin - 9) >> 2);
  return WORD * (step * 4 + step * (((bin - 9) & 3) + 1));
}

/** The bin for free spans of `slices`. */
export function spanBinFor(slices: u64): u32 {
  if (slices <= 1) return <u32>slices;
  const last = slices - 1;
  const top = 63 - clz(last);
  if (top <= 2) return <u32>slices;
  return <u32>(((top << 2) | ((last >> (top - 2)) & 3)) - 4);
}
