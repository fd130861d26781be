/**
 * Hashing of 64-bit keys for open addressing: the high half of a multiplication by 2^64 / φ (Knuth, The Art of
 * Computer Programming, volume 3, section 6.4). The upper half of the key is folded into the lower first, so that
 * keys that differ only in high bits get different hashes. Neighbouring page numbers get distant hashes.
 */
export class Hash {
  @inline
  static of(key: u64): u32 {
    return <u32>(((key ^ (key >> 32)) * 0x9e3779b97f4a7c15) >> 32);
  }
}

/** The smallest power of two that is at least `value`, and at least 8. */
export function powerOfTwoFrom(value: u64): u64 {
  return value <= 8 ? 8 : (<u64>1) << (64 - clz<u64>(value - 1));
}
