/**
 * The sizes that mallocng's slots have, and how many slots a group gets. From: src/malloc/mallocng/malloc.c and meta.h of
 * musl 1.2.3, `size_classes`, `small_cnt_tab`, `med_cnt_tab`, `size_to_class`.
 *
 * From class 8 on there are four classes to each doubling, at about 1/1, 6/7, 5/7 and 4/7 of a power of two, so that 32,
 * 28, 24 or 20 slots and a group's header just fit a power of two.
 */

export const UNIT: u64 = 16;
/** In-band bytes before each slot. */
export const IN_BAND: u64 = 4;
export const CLASSES: u32 = 48;
/** Of a block in a mapping of its own. */
export const MAPPED_CLASS: u32 = 63;
/** So many bytes or more get a mapping of their own. */
export const MMAP_THRESHOLD: u64 = 131052;
/** Classes below have counts of their own. */
export const SMALL_CLASSES: u32 = 9;

/** A slot's size by its class, in units. Numbers without a class have 0. */
// biome-ignore format: four to a doubling
const UNITS: usize = memory.data<u16>([
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15,
  18, 20, 25, 31,
  36, 42, 50, 63,
  72, 84, 102, 127,
  146, 170, 204, 255,
  292, 340, 409, 511,
  584, 682, 818, 1023,
  1169, 1364, 1637, 2047,
  2340, 2730, 3276, 4095,
  4680, 5460, 6552, 8191,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

/** Slots of a group by its small class: when many are in use, some, few. */
// biome-ignore format: three a class
const SMALL_COUNTS: usize = memory.data<u8>([
  30, 30, 30,
  31, 15, 15,
  20, 10, 10,
  31, 15, 7,
  25, 12, 6,
  21, 10, 5,
  18, 8, 4,
  31, 15, 7,
  28, 14, 6,
]);

/** Slots of a group by the low two bits of its class, at most. */
const MEDIUM_COUNTS: usize = memory.data<u8>([28, 24, 20, 32]);

/** The size of a slot of class `sc`, in units. */
export function classUnits(sc: u32): u64 {
  return load<u16>(UNITS + ((<usize>sc) << 1));
}

/** In bytes. */
export function classBytes(sc: u32): u64 {
  return classUnits(sc) * UNIT;
}

/** The class of the smallest slot that holds `bytes`, fewer than `MMAP_THRESHOLD`. */
export function classOf(bytes: u64): u32 {
  const units = <u32>((bytes + IN_BAND - 1) >> 4);
  return units < 10 ? units : largeClass(units + 1);
}

function largeClass(units: u32): u32 {
  let sc = (28 - clz(units)) * 4 + 8;
  if (units > <u32>classUnits(sc + 1)) sc += 2;
  if (units > <u32>classUnits(sc)) sc++;
  return sc;
}

/** How many slots a small class's group gets while `usage` slots of the class exist. */
export function smallCount(sc: u32, usage: u64): u32 {
  const at = SMALL_COUNTS + <usize>(sc * 3);
  if (4 * <u64>load<u8>(at) <= usage) return load<u8>(at);
  return 4 * <u64>load<u8>(at, 1) <= usage ? load<u8>(at, 1) : load<u8>(at, 2);
}

/** Likewise for the other classes: halved while that is much for what is in use, or offsets would not fit 16 bits. */
export function mediumCount(sc: u32, usage: u64): u32 {
  let count = <u32>load<u8>(MEDIUM_COUNTS + <usize>(sc & 3));
  while ((count & 1) == 0 && 4 * <u64>count > usage) count >>= 1;
  while (classUnits(sc) * count >= 65536) count >>= 1;
  return count;
}
