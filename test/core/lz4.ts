/**
 * LZ4 blocks, naively: a decoder byte by byte, and a writer of given sequences. From the description of the block format
 * (Collet, "LZ4 Block Format Description", 2022), not from the kernel.
 */

/** A copy of `match` bytes from `offset` bytes before, after some literal bytes; the last sequence has no copy. */
export interface Sequence {
  literals: number[];
  offset?: number;
  match?: number;
}

const MIN_MATCH = 4;

/** The sequences of a block; undefined when it ends within one. */
export function parse(block: Uint8Array): Sequence[] | undefined {
  const sequences: Sequence[] = [];
  let at = 0;
  const next = () => {
    if (at >= block.length) throw new RangeError("the block ends");
    return block[at++] as number;
  };
  const length = (nibble: number) => {
    let sum = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; sum += more) more = next();
    return sum;
  };
  try {
    for (;;) {
      const token = next();
      const literals = Array.from({ length: length(token >> 4) }, next);
      if (at === block.length) return [...sequences, { literals }];
      const offset = next() + 256 * next();
      sequences.push({ literals, offset, match: length(token & 15) + MIN_MATCH });
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The bytes that sequences stand for; undefined when a copy starts before the first byte. */
export function expand(sequences: readonly Sequence[]): Uint8Array | undefined {
  const bytes: number[] = [];
  for (const { literals, offset = 1, match = 0 } of sequences) {
    bytes.push(...literals);
    if (match > 0 && (offset === 0 || offset > bytes.length)) return undefined;
    for (let n = 0; n < match; n++) bytes.push(bytes[bytes.length - offset] as number);
  }
  return Uint8Array.from(bytes);
}

export function write(sequences: readonly Sequence[]): Uint8Array {
  const block: number[] = [];
  const more = (length: number) => {
    if (length < 15) return;
    let rest = length - 15;
    for (; rest >= 255; rest -= 255) block.push(255);
    block.push(rest);
  };
  for (const { literals, offset, match = MIN_MATCH } of sequences) {
    const rest = match - MIN_MATCH;
    block.push((Math.min(literals.length, 15) << 4) | Math.min(rest, 15));
    more(literals.length);
    block.push(...literals);
    if (offset === undefined) continue;
    block.push(offset & 255, offset >> 8);
    more(rest);
  }
  return Uint8Array.from(block);
}
