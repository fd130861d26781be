/** Fields of a line with blanks (spaces, tabs) between them. */
const SPACE: u8 = 0x20;
const TAB: u8 = 0x09;

export function isBlank(byte: u8): bool {
  return byte == SPACE || byte == TAB;
}

/** Where the next field starts, or `end`. */
export function skipBlanks(from: u32, end: u32): u32 {
  let at = from;
  while (at < end && isBlank(load<u8>(at))) at++;
  return at;
}

/** Where the field at `from` ends. */
export function endOfField(from: u32, end: u32): u32 {
  let at = from;
  while (at < end && !isBlank(load<u8>(at))) at++;
  return at;
}

/** Where the decimal digits at `from` end. */
export function endOfDigits(from: u32, end: u32): u32 {
  let at = from;
  while (at < end && <u32>load<u8>(at) - 0x30 < 10) at++;
  return at;
}
