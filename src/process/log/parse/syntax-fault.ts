/** Syntax errors of a line, and helpers that the parsers share. */
import { quote } from "../../../printable.js";

/** Digits of 64 bits in octal. */
const MOST_DIGITS = 23;

/** An error in a line. The caller knows the line's place and turns it into an `InputError`. */
export class SyntaxFault extends Error {
  /** Position in the text of a call: what is before it is right. */
  at = 0;

  constructor(
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(problem);
  }
}

/** A number in C's notation: 0x, 0 for octal, decimal; at most 64 bits. */
export function whole(digits: string): bigint {
  const text = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = digits.length <= MOST_DIGITS ? BigInt(text) : 1n << 64n;
  if (value >> 64n === 0n) return value;
  throw new SyntaxFault(`${quote(digits)} does not fit in 64 bits`, "give an address or a size");
}
