/**
 * Numbers in text, sixteen characters at a time. `Hex.count` and `Hex.value` work on the sixteen bytes from the
 * number's first digit on; whatever follows the number is ignored.
 *
 *   bytes      '1' 'f' 'f' 'e' ',' '8' …        digits first to last, count = 4
 *   nibbles     1   f   f   e   …
 *   reversed    e   f   f   1   0   0 …         swizzle by count - 1 - lane; lanes past the number become 0
 *   pairs       fe      1f      0               lane + 16 · next lane, narrowed: a little-endian u64
 */

/** Results of `checkDecimal`. */
export const NOT_A_NUMBER: u32 = 1;
export const NUMBER_TOO_LARGE: u32 = 2;

export class Hex {
  /** How many hexadecimal digits `text` starts with: 0 to 16. */
  @inline
  static count(text: v128): u32 {
    const decimal = i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x30)), i8x16.splat(10));
    const letter = i8x16.lt_u(i8x16.sub(Hex.lower(text), i8x16.splat(0x61)), i8x16.splat(6));
    return <u32>ctz(~i8x16.bitmask(v128.or(decimal, letter)));
  }

  /** The value of the first `count` characters, which are digits. */
  @inline
  static value(text: v128, count: u32): u64 {
    const letter = i8x16.lt_u(i8x16.splat(0x39), text); // 'A' and 'a' and on are above '9'
    const nibbles = i8x16.add(v128.and(text, i8x16.splat(0x0f)), v128.and(letter, i8x16.splat(9)));
    const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const reversed = i8x16.swizzle(nibbles, i8x16.sub(i8x16.splat(<i8>(count - 1)), lanes));
    const pairs = v128.and(v128.or(reversed, i16x8.shr_u(reversed, 4)), i16x8.splat(0xff));
    return i64x2.extract_lane(i8x16.narrow_i16x8_u(pairs, pairs), 0);
  }

  @inline
  private static lower(text: v128): v128 {
    return v128.or(text, i8x16.splat(0x20));
  }
}

/**
 * Decimal numbers of up to eight digits, all at once: they are moved to the end of the word, zeros before them, and
 * added up by pairs, fours and eights (Lemire, "Quickly parsing eight digits", 2018).
 */
export class Decimal {
  /** The `length` bytes at `from`, made digits' values, at the end of a word; eight bytes can be read there. */
  @inline
  static word(from: usize, length: u32): u64 {
    return (load<u64>(from) ^ 0x3030303030303030) << ((<u64>(8 - length)) << 3);
  }

  /** True if a word of `length` bytes was one to eight digits. */
  @inline
  static isNumber(word: u64, length: u32): bool {
    const above9 = (word + 0x7676767676767676) | word;
    return length - 1 < 8 && (above9 & 0x8080808080808080) == 0;
  }

  @inline
  static value(word: u64): u64 {
    const pairs = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ff;
    const fours = (pairs * 100 + (pairs >> 16)) & 0x0000ffff0000ffff;
    return (fours * 10000 + (fours >> 32)) & 0xffffffff;
  }
}

/** 0 when [from, to) is a decimal number of at most `most`, else NOT_A_NUMBER or NUMBER_TOO_LARGE. */
export function checkDecimal(from: usize, to: usize, most: u64): u32 {
  if (from >= to) return NOT_A_NUMBER;
  let value: u64 = 0;
  let large = false;
  for (let at = from; at < to; at++) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return NOT_A_NUMBER;
    large = large || value > (most - digit) / 10;
    value = value * 10 + digit;
  }
  return large ? NUMBER_TOO_LARGE : 0;
}

/** The value of the decimal digits [from, to), which `checkDecimal` has passed. */
export function decimalValue(from: usize, to: usize): u64 {
  let value: u64 = 0;
  for (let at = from; at < to; at++) value = value * 10 + (load<u8>(at) - 0x30);
  return value;
}

const PREFIX: u16 = 0x78_30; // "0x"
const PREFIX_UPPER: u16 = 0x58_30; // "0X"

/** Where the digits of the number at [from, to) start: behind `0x`, if something follows that. */
function afterPrefix(from: u32, to: u32): u32 {
  const prefix = load<u16>(from);
  return to - from > 2 && (prefix == PREFIX || prefix == PREFIX_UPPER) ? from + 2 : from;
}

/** 0 when [from, to) is a hexadecimal number of at most 64 bits, with or without `0x`, else what is wrong. */
export function checkHex(from: u32, to: u32): u32 {
  const start = afterPrefix(from, to);
  const digits = start < to ? Hex.count(v128.load(start)) : 0;
  if (digits > 0 && digits >= to - start) return 0;
  return digits == 16 ? NUMBER_TOO_LARGE : NOT_A_NUMBER;
}

/** The value of the hexadecimal number [from, to), which `checkHex` has passed. */
export function hexValue(from: u32, to: u32): u64 {
  const start = afterPrefix(from, to);
  return Hex.value(v128.load(start), to - start);
}

/** 0 when [from, to) is a number of at most 64 bits: decimal, or hexadecimal behind `0x`. */
export function checkNumber(from: u32, to: u32): u32 {
  return afterPrefix(from, to) == from ? checkDecimal(from, to, u64.MAX_VALUE) : checkHex(from, to);
}

/** The value of the number [from, to), which `checkNumber` has passed. */
export function numberValue(from: u32, to: u32): u64 {
  return afterPrefix(from, to) == from ? decimalValue(from, to) : hexValue(from, to);
}
