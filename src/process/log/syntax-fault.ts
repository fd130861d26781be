/** What a line may have wrong, and what readers of lines have in common. */

const LONGEST = 40;
/** Of 64 bits in octal. */
const MOST_DIGITS = 23;

/** A complaint about a line; who knows where the line is makes it an error. */
export class SyntaxFault extends Error {
  constructor(
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(problem);
  }
}

/** Digits as C has them: 0x, 0 for octal, decimal; at most 64 bits. */
export function whole(digits: string): bigint {
  const text = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = digits.length <= MOST_DIGITS ? BigInt(text) : 1n << 64n;
  if (value >> 64n === 0n) return value;
  throw new SyntaxFault(`${shorten(digits)} does not fit in 64 bits`, "give an address or a size");
}

/** Text of unknown making, in quotation marks, fit for a message: no control characters, and not long. */
export function shorten(text: string): string {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return /[\p{Cc}\ufffd]/u.test(shown.replaceAll("\t", " ")) ? "what is not text" : `"${shown}"`;
}
