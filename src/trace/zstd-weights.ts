/**
 * The check of a compressed zstd block for a fault at which fzstd does not return: Huffman weights (RFC 8878, section
 * 4.2.1.2) whose FSE table has a single symbol. A symbol then takes no bits, so the weights have no end. libzstd reports
 * such a block as corrupted.
 *
 *   literals section's header   size of weights   accuracy   probabilities …
 *   ├──────── 3 to 5 ──────────┼─────── 1 ───────┼─ 4 bits ─┼─ …
 */
const WEIGHTS_BYTES = 127;
/** The bytes of a block that the check needs, at most. */
export const CHECKED_BYTES = 5 + 1 + WEIGHTS_BYTES;

/** Literals with a Huffman tree of their own. */
const COMPRESSED_LITERALS = 2;
const HEADER_BYTES = [3, 3, 4, 5] as const;

/** Is true if the weights of the block's Huffman tree have no end. `block` has its first `CHECKED_BYTES`, or all. */
export function hasEndlessWeights(block: Uint8Array): boolean {
  const [first = 0] = block;
  if ((first & 3) !== COMPRESSED_LITERALS) return false;
  const at = HEADER_BYTES[(first >> 2) & 3] ?? 0;
  const size = block[at] ?? 0;
  return size <= WEIGHTS_BYTES && hasSingleSymbol(block.subarray(at + 1, at + 1 + size));
}

/**
 * Is true if an FSE table (RFC 8878, section 4.1.1) gives one symbol all of the probability. Until a symbol has a
 * probability, a value takes `accuracy` bits, or one more if it is large: 1 stands for none, ones stand for all of it.
 * Behind a symbol without probability, fields of two bits count those that follow it; 3 is followed by another field.
 */
function hasSingleSymbol(table: Uint8Array): boolean {
  const bits = (at: number, count: number) => {
    const byte = at >> 3;
    const word = (table[byte] ?? 0) | ((table[byte + 1] ?? 0) << 8) | ((table[byte + 2] ?? 0) << 16);
    return (word >> (at & 7)) & ((1 << count) - 1);
  };
  const accuracy = bits(0, 4) + 5;
  let at = 4;
  while (at < table.length * 8) {
    if (bits(at, accuracy + 1) === (2 << accuracy) - 1) return true;
    if (bits(at, accuracy) !== 1) return false;
    at += accuracy;
    while (bits(at, 2) === 3) at += 2;
    at += 2;
  }
  return false;
}
