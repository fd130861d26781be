/** Untrusted bytes in messages. */
import { quote } from "../printable.js";

/** The bytes in quotes, truncated; the first bytes in hexadecimal if they are not text. */
export function quoteBytes(bytes: Uint8Array): string {
  if (isText(bytes)) return quote(new TextDecoder().decode(bytes).trimEnd());
  const shown = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0"));
  return `bytes ${shown.join(" ")} that are not text`;
}

/** No control characters but tab, line feed, carriage return. */
export function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 ? byte !== 0x7f : byte === 9 || byte === 10 || byte === 13));
}
