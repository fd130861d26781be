/** Values in a process's memory, as far as its contents are known. */
import { UsageError } from "../errors.js";
import type { KernelContents } from "../wasm/process/contents.js";
import type { Touch } from "./answers.js";
import { shown, type Word, word } from "./arguments.js";

/** Largest size in bytes of a value in a reference. */
export const WORD_BYTES = 8n;
/** The byte that a store without a value leaves: "A". */
const UNKNOWN_BYTE = 0x41;
const MOST_PEEKED = 1n << 26n;

/** The value that a load read, little-endian; undefined if it is unknown, or too large. */
export function foundBy(contents: KernelContents, address: bigint, bytes: bigint): bigint | undefined {
  if (bytes > WORD_BYTES) return undefined;
  return contents.value(address, Number(bytes));
}

/**
 * Updates the contents after a store with the result `touch`, if the process lives. A store without a value writes "A"
 * where the contents are known.
 */
export function leave(
  contents: KernelContents,
  address: bigint,
  bytes: bigint,
  touch: Touch,
  value: bigint | undefined,
): void {
  if (value !== undefined && touch.signal === undefined) {
    contents.poke(address, littleEndian(value, bytes));
    return;
  }
  // The bytes before the page of the signal were stored.
  const end = touch.signal?.address ?? address + bytes;
  if (end > address && end <= address + bytes) contents.overwrite(address, end - address, UNKNOWN_BYTE);
}

/** The bytes of a value of this size. Throws `UsageError`. */
export function mustFit(value: Word, bytes: bigint): bigint {
  const number = word(value, "store", 3);
  if (bytes > WORD_BYTES)
    throw new UsageError(`${bytes} bytes are not a value`, "give a value with 8 bytes at most", "store");
  if (number >> (8n * bytes) === 0n) return number;
  throw new UsageError(`${number} does not fit in ${bytes} bytes`, "store more bytes", "store");
}

function littleEndian(value: bigint, bytes: bigint): Uint8Array {
  return Uint8Array.from({ length: Number(bytes) }, (_, n) => Number((value >> BigInt(8 * n)) & 0xffn));
}

/** Reads bytes without a reference; zeros where the contents are unknown. Throws `UsageError`. */
export function peek(contents: KernelContents, address: Word, bytes: Word): Uint8Array {
  const count = word(bytes, "peek", 2);
  if (count > MOST_PEEKED)
    throw new UsageError(`${count} bytes are too many`, `ask for ${MOST_PEEKED} at once at most`, "peek");
  return contents.peek(word(address, "peek", 1), Number(count));
}

/** Writes bytes without a reference, whatever the protection. Throws `UsageError` if nothing is mapped there. */
export function poke(contents: KernelContents, address: Word, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array))
    throw new UsageError(`${shown(bytes)} are not bytes`, "give a Uint8Array", "argument 2 of poke");
  const at = word(address, "poke", 1);
  if (!contents.poke(at, bytes))
    throw new UsageError(`not all of 0x${at.toString(16)} is mapped`, "map it first", "poke");
}
