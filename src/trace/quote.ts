/** Quotes untrusted bytes for a message: one line, without control characters, and shortened. */
const LONGEST = 40;

export function quoteBytes(bytes: Uint8Array): string {
  if (!isText(bytes)) {
    const shown = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0"));
    return `bytes ${shown.join(" ")} that are not text`;
  }
  const text = new TextDecoder().decode(bytes).trimEnd();
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** No control characters but tab, line feed, carriage return. */
export function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 ? byte !== 0x7f : byte === 9 || byte === 10 || byte === 13));
}
