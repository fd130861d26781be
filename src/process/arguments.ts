/** What calls take: addresses and sizes; flags, protections and advice, as numbers or names joined by `|`. */
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import { CONSTANTS } from "./names.js";

/** An address or a size; strings are `0x…` or digits. */
export type Word = number | bigint | string;

/** An address or a size as 64 bits. Throws `UsageError`. */
export function word(value: Word): bigint {
  try {
    return BigInt.asUintN(64, BigInt(value));
  } catch {
    throw new UsageError(`${value} is no address or size`, "give a whole number");
  }
}

/** `PROT_READ|PROT_WRITE`, `0x3` or 3 as 64 bits. Throws `UsageError` for a name that is none. */
export function argumentBits(value: number | bigint | string): bigint {
  if (typeof value !== "string") return BigInt.asUintN(64, BigInt(value));
  let bits = 0n;
  for (const part of value.split("|").map((one) => one.trim())) bits |= constantOf(part);
  return bits;
}

function constantOf(name: string): bigint {
  const constant = CONSTANTS.get(name);
  if (constant !== undefined) return constant;
  if (/^(0x[0-9a-f]+|\d+)$/i.test(name)) return BigInt.asUintN(64, BigInt(name));
  throw new UsageError(`unknown constant "${name}"`, `did you mean ${nearest(name, [...CONSTANTS.keys()])}?`);
}
