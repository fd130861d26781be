/**
 * Text of the input in messages. A name or a line of a trace may hold anything: line ends, escape sequences that move a
 * terminal's cursor or change its colours (ECMA-48), marks that reverse the direction of writing (UAX 9).
 */

/** Longest piece of the input in a message. */
const LONGEST_QUOTE = 40;
/** Control characters, formats such as marks of direction, separators of lines, lone surrogates, what is not UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffd]/gu;

/** One line that leaves a terminal as it was: what does not print is escaped as in JavaScript. At most `most` characters. */
export function printable(text: string, most = Number.POSITIVE_INFINITY): string {
  const line = text.replace(/\r?\n[ \t]*/g, " ");
  return shortened(line, most).replace(UNPRINTABLE, escaped);
}

/** A piece of the input in quotes, cut after forty characters. */
export function quote(text: string): string {
  return `"${shortened(text, LONGEST_QUOTE).replace(/["\\]/g, "\\$&").replace(UNPRINTABLE, escaped)}"`;
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function escaped(character: string): string {
  const known = { "\t": "\\t", "\n": "\\n", "\r": "\\r" }[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
