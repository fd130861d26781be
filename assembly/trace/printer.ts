/** Numbers into text, for the encoders. Each takes where to write and returns where the text ends. */

/** Lower-case hexadecimal, with zeros in front up to `least` digits. Writes 16 bytes, whatever the digits. */
export function printHex(at: usize, value: u64, least: u32): usize {
  const significant = 16 - (<u32>clz(value) >> 2);
  const digits = max(significant, least);
  const bytes = i64x2.splat(value);
  const high = i8x16.shr_u(bytes, 4);
  const low = v128.and(bytes, i8x16.splat(0x0f));
  const nibbles = i8x16.shuffle(high, low, 7, 23, 6, 22, 5, 21, 4, 20, 3, 19, 2, 18, 1, 17, 0, 16);
  const text = i8x16.swizzle(hexDigits(), nibbles);
  const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  v128.store(at, i8x16.swizzle(text, i8x16.add(lanes, i8x16.splat(<i8>(16 - digits)))));
  return at + digits;
}

/** "0123456789abcdef" */
function hexDigits(): v128 {
  const nibbles = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const letters = v128.and(i8x16.gt_u(nibbles, i8x16.splat(9)), i8x16.splat(0x61 - 0x3a));
  return i8x16.add(i8x16.add(nibbles, i8x16.splat(0x30)), letters);
}

export function printDecimal(at: usize, value: u64): usize {
  let digits: usize = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  const end = at + digits;
  let rest = value;
  for (let to = end - 1; to >= at; to--) {
    store<u8>(to, <u8>(rest % 10) + 0x30);
    rest /= 10;
  }
  return end;
}
