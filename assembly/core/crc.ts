/**
 * CRC-32 of zip, gzip and PNG (reflected 0x04C11DB7, all ones before and after), eight bytes per step
 * (Kounavis and Berry's slicing-by-8): table k holds the checksum of a byte with k zero bytes after it.
 */
const POLYNOMIAL: u32 = 0xedb88320;
const TABLE_BYTES: i32 = 1024;
const TABLES: usize = memory.data(8 * TABLE_BYTES, 8);

/** Continues the checksum `crc` (0 at the start) with `length` bytes at `address`. */
export function crc32(crc: u32, address: usize, length: u32): u32 {
  if (load<u32>(TABLES, 4) == 0) fillTables();
  let rest = ~crc;
  let at = address;
  const end = address + length;
  for (; at + 8 <= end; at += 8) {
    const low = load<u32>(at) ^ rest;
    const high = load<u32>(at, 4);
    rest =
      entry(7, low) ^
      entry(6, low >> 8) ^
      entry(5, low >> 16) ^
      entry(4, low >> 24) ^
      entry(3, high) ^
      entry(2, high >> 8) ^
      entry(1, high >> 16) ^
      entry(0, high >> 24);
  }
  for (; at < end; at++) rest = entry(0, rest ^ load<u8>(at)) ^ (rest >> 8);
  return ~rest;
}

function entry(table: u32, byte: u32): u32 {
  return load<u32>(TABLES + ((table << 10) | ((byte & 0xff) << 2)));
}

function fillTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    store<u32>(TABLES + (byte << 2), crc);
  }
  for (let table: u32 = 1; table < 8; table++) {
    for (let byte: u32 = 0; byte < 256; byte++) {
      const shorter = entry(table - 1, byte);
      store<u32>(TABLES + ((table << 10) | (byte << 2)), entry(0, shorter) ^ (shorter >> 8));
    }
  }
}
