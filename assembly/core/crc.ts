/**
 * CRC-32 as zip, gzip and PNG have it (reflected 0x04C11DB7, all ones before and after), eight bytes a step
 * (Kounavis and Berry's slicing-by-8): table k holds the checksum of a byte with k zero bytes after it.
 *
 * A step has to wait for the one before it, so long inputs are cut into four lanes that go on side by side. Their
 * checksums are joined as zlib's crc32_combine does: appending n bytes multiplies a checksum by x^8n.
 *
 *   ├── lane 0 ──┼── lane 1 ──┼── lane 2 ──┼── lane 3 ──┼ rest ┤
 */
const POLYNOMIAL: u32 = 0xedb88320;
const TABLE_BYTES: i32 = 1024;
const TABLES: usize = memory.data(8 * TABLE_BYTES, 8);
/** From this length on lanes pay. */
const LANED: u32 = 2048;
/** The polynomials 1 and x: the highest bit is the lowest power. */
const ONE: u32 = 0x80000000;
const X: u32 = 0x40000000;

/** The checksum of the bytes that `crc` is for (0 for none) and of `length` more at `address`. */
export function crc32(crc: u32, address: usize, length: u32): u32 {
  if (load<u32>(TABLES, 4) == 0) fillTables();
  const lane = length < LANED ? 0 : (length >> 2) & ~7;
  if (lane != 0) crc = lanes(crc, address, lane);
  const end = address + length;
  let at = address + ((<usize>lane) << 2);
  let rest = ~crc;
  for (; at + 8 <= end; at += 8) rest = Slice.step(rest, at);
  for (; at < end; at++) rest = Slice.entry(0, rest ^ load<u8>(at)) ^ (rest >> 8);
  return ~rest;
}

/** `crc32` of four lanes of `length` bytes, a multiple of 8. */
function lanes(crc: u32, address: usize, length: u32): u32 {
  let a = ~crc;
  let b: u32 = 0xffffffff;
  let c: u32 = 0xffffffff;
  let d: u32 = 0xffffffff;
  const end = address + length;
  for (let at = address; at < end; at += 8) {
    a = Slice.step(a, at);
    b = Slice.step(b, at + length);
    c = Slice.step(c, at + ((<usize>length) << 1));
    d = Slice.step(d, at + <usize>length * 3);
  }
  const append = power((<u64>length) << 3);
  return multiply(append, multiply(append, multiply(append, ~a) ^ ~b) ^ ~c) ^ ~d;
}

class Slice {
  @inline
  static entry(table: u32, byte: u32): u32 {
    return load<u32>(TABLES + ((table << 10) | ((byte & 0xff) << 2)));
  }

  /** Eight more bytes. */
  @inline
  static step(rest: u32, at: usize): u32 {
    const low = load<u32>(at) ^ rest;
    const high = load<u32>(at, 4);
    return (
      Slice.entry(7, low) ^
      Slice.entry(6, low >> 8) ^
      Slice.entry(5, low >> 16) ^
      Slice.entry(4, low >> 24) ^
      Slice.entry(3, high) ^
      Slice.entry(2, high >> 8) ^
      Slice.entry(1, high >> 16) ^
      Slice.entry(0, high >> 24)
    );
  }
}

/** x^n modulo the polynomial. */
function power(n: u64): u32 {
  let result = ONE;
  let square = X;
  for (; n != 0; n >>= 1) {
    if (n & 1) result = multiply(square, result);
    square = multiply(square, square);
  }
  return result;
}

/** a × b modulo the polynomial. */
function multiply(a: u32, b: u32): u32 {
  let product: u32 = 0;
  for (; a != 0; a <<= 1) {
    if (a & ONE) product ^= b;
    b = (b >> 1) ^ (b & 1 ? POLYNOMIAL : 0);
  }
  return product;
}

function fillTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    store<u32>(TABLES + (byte << 2), crc);
  }
  for (let table: u32 = 1; table < 8; table++) {
    for (let byte: u32 = 0; byte < 256; byte++) {
      const shorter = Slice.entry(table - 1, byte);
      store<u32>(TABLES + ((table << 10) | (byte << 2)), Slice.entry(0, shorter) ^ (shorter >> 8));
    }
  }
}
