/**
 * The calls section: for each call event a varint of the references since the call before (or the block's start), a
 * varint of the text's bytes, and the text in UTF-8.
 */

export interface Calls {
  /** For each call, the number of the block's references before it, in ascending order. */
  readonly positions: readonly number[];
  readonly texts: readonly string[];
}

export const NO_CALLS: Calls = { positions: [], texts: [] };

const NUMBER_BYTES = 5;

export function encodeCalls({ positions, texts }: Calls): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const encoded = texts.map((text) => encoder.encode(text));
  const all = new Uint8Array(encoded.reduce((sum, text) => sum + text.length + 2 * NUMBER_BYTES, 0));
  let at = 0;
  let before = 0;
  for (const [call, text] of encoded.entries()) {
    const position = positions[call] ?? before;
    at = putNumber(all, at, position - before);
    at = putNumber(all, at, text.length);
    all.set(text, at);
    at += text.length;
    before = position;
  }
  return all.slice(0, at);
}

function putNumber(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
  bytes[at++] = rest;
  return at;
}

/** Throws if the section does not contain `count` calls of a block of `references`. */
export function decodeCalls(bytes: Uint8Array, count: number, references: number): Calls {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const positions: number[] = [];
  const texts: string[] = [];
  let at = 0;
  const number = () => {
    let value = 0;
    for (let i = 0; i < NUMBER_BYTES; i++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("a number is cut off");
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is too long");
  };
  let position = 0;
  for (let call = 0; call < count; call++) {
    position += number();
    const length = number();
    if (position > references || length > bytes.length - at) throw new RangeError("a call is out of range");
    positions.push(position);
    texts.push(decoder.decode(bytes.subarray(at, at + length)));
    at += length;
  }
  if (at !== bytes.length) throw new RangeError("bytes are left over");
  return { positions, texts };
}
