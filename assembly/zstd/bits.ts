/**
 * Bits of zstd's backward streams (RFC 8878, 4.1): written first to last, read last to first. The last byte's highest
 * set bit ends the stream and is not part of it.
 *
 *   start                            end
 *   ├── … bits still to be read … ┤1│0…0│          position: how many bits are left, below zero once overrun
 *                                 ^ position
 */
@final
@unmanaged
export class Bits {
  start: usize;
  position: i32;

  /** False when the stream has no end mark. */
  open(start: usize, length: u32): bool {
    if (length == 0) return false;
    const last = <u32>load<u8>(start + length - 1);
    if (last == 0) return false;
    this.start = start;
    this.position = <i32>((length - 1) * 8 + (31 - clz(last)));
    return true;
  }

  /** The next `count` bits, 0 to 32. May read before the start; the position then tells. */
  @inline
  read(count: u32): u32 {
    const position = this.position - <i32>count;
    this.position = position;
    const word = load<u64>(this.start + <usize>(position >> 3)) >> <u64>(position & 7);
    return <u32>(word & (((<u64>1) << count) - 1));
  }
}
