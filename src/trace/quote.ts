/** Quotes untrusted text for a message: one line, shortened, without characters that a terminal acts on. */
const LONGEST = 40;
/** Control characters of both ranges, line separators, and those that change the direction of text. */
const UNSAFE = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

export function quoteBytes(bytes: Uint8Array): string {
  if (!isText(bytes)) {
    const shown = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0"));
    return `bytes ${shown.join(" ")} that are not text`;
  }
  return quoteText(new TextDecoder().decode(bytes).trimEnd());
}

export function quoteText(text: string): string {
  return escaped(JSON.stringify(cut(text)));
}

/** `text` without quotes, for a list of names. */
export function shownText(text: string): string {
  return escaped(cut(text));
}

/** No control characters but tab, line feed, carriage return. */
export function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 ? byte !== 0x7f : byte === 9 || byte === 10 || byte === 13));
}

function cut(text: string): string {
  return text.length > LONGEST + 1 ? `${text.slice(0, LONGEST)}…` : text;
}

function escaped(text: string): string {
  return text.replaceAll(UNSAFE, (unsafe) => `\\u${unsafe.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
