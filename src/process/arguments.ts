/**
 * Checks the arguments of calls: addresses and sizes; flags, protections and advice, as numbers or names joined by `|`.
 * Where C would cast a wrong argument, an error names the call and the position of the argument.
 */
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import { CONSTANTS } from "./names.js";

/** An address or a size; strings are `0x…` or digits. */
export type Word = number | bigint | string;

const DIGITS = /^\s*-?(0x[0-9a-f]+|\d+)\s*$/i;
const LONGEST = 40;
/** The size field of a record has 32 bits. */
const MOST_BYTES = 2 ** 32 - 1;
/** PID_MAX_LIMIT. */
const MOST_PID = 2 ** 22;

/** An address or a size, argument `n` of `call`. Throws `UsageError`. */
export function word(value: Word, call: string, n: number): bigint {
  if (typeof value === "bigint" && isAddress(value)) return value;
  const bits = wholeOf(value);
  if (bits !== undefined && isAddress(bits)) return bits;
  const problem = bits === undefined ? "is not an address or size" : fault(bits);
  throw refusal(value, problem, "give a whole number from 0 to 2^64 - 1", call, n);
}

/** A size that may be negative, as 64 bits. Throws `UsageError`. */
export function signedWord(value: Word, call: string, n: number): bigint {
  const bits = wholeOf(value);
  if (bits !== undefined && isBits(bits)) return BigInt.asUintN(64, bits);
  const problem = bits === undefined ? "is not a size" : fault(bits);
  throw refusal(value, problem, "give a whole number", call, n);
}

/**
 * `PROT_READ|PROT_WRITE`, `0x3` or 3 as 64 bits; constants of C may be negative. Throws `UsageError` for an unknown
 * name.
 */
export function argumentBits(value: Word, call: string, n: number): bigint {
  if (typeof value === "string" && !DIGITS.test(value)) return constants(value, call, n);
  const bits = wholeOf(value);
  if (bits !== undefined && isBits(bits)) return BigInt.asUintN(64, bits);
  const problem = bits === undefined ? "is not a flag" : fault(bits);
  throw refusal(value, problem, 'give a number, or names such as "PROT_READ|PROT_WRITE"', call, n);
}

/** Checks that these arguments of `call` fit into the kernel's words. Throws `UsageError`. */
export function mustBeBits(args: readonly bigint[], call: string): void {
  if (!Array.isArray(args))
    throw new UsageError(`${shown(args)} is not a list of arguments`, "give an array of bigints", call);
  for (let n = 0; n < args.length; n++) {
    const value: unknown = args[n];
    if (typeof value === "bigint" && isBits(value)) continue;
    const problem = typeof value === "bigint" ? fault(value) : "is not a bigint";
    throw refusal(value, problem, "give arguments as the kernel takes them, such as 4096n", call, n + 1);
  }
}

/** Addresses of many references. Throws `UsageError`. */
export function mustBeAddresses(addresses: ArrayLike<bigint>): void {
  const isTyped = addresses instanceof BigUint64Array || addresses instanceof BigInt64Array;
  if (isTyped) return;
  if (!Array.isArray(addresses))
    throw new UsageError(
      `${shown(addresses)} is not a list of addresses`,
      "give an array of bigints",
      "touchMany",
    );
  for (let n = 0; n < addresses.length; n++) {
    const address: unknown = addresses[n];
    if (typeof address === "bigint" && isAddress(address)) continue;
    const problem = typeof address === "bigint" ? fault(address) : "is not a bigint";
    throw new UsageError(
      `${shown(address)} ${problem}`,
      "give addresses such as 4096n",
      `address ${n + 1} of touchMany`,
    );
  }
}

/** The bytes of a reference. Throws `UsageError`. */
export function mustBeReferenceBytes(bytes: number): void {
  if (Number.isInteger(bytes) && bytes >= 0 && bytes <= MOST_BYTES) return;
  throw new UsageError(
    `${shown(bytes)} is not a reference's size`,
    `give 0 to ${MOST_BYTES} bytes`,
    "touchMany",
  );
}

/** A process's number. Throws `UsageError`. */
export function mustBePid(pid: number): void {
  if (Number.isInteger(pid) && pid >= 1 && pid <= MOST_PID) return;
  throw new UsageError(`${shown(pid)} is not a process's number`, `Linux numbers them from 1 to ${MOST_PID}`);
}

/** Checks for a result of `System.open` or a path. Throws `UsageError`. */
export function mustBeFile(file: unknown): void {
  if (typeof file === "string" ? file !== "" : isOpenFile(file)) return;
  throw new UsageError(
    `${shown(file)} is not a file`,
    'give a path such as "/lib/libc.so", or what System.open gives',
    "argument 5 of mmap",
  );
}

function isOpenFile(file: unknown): boolean {
  return typeof file === "object" && file !== null && "mode" in file && "number" in file;
}

/**
 * True if the number fits in 64 unsigned bits. Comparing it with its truncation costs half as much as comparing it with
 * bounds.
 */
function isAddress(value: bigint): boolean {
  return BigInt.asUintN(64, value) === value;
}

/** True if it fits in 64 bits, signed or unsigned. */
function isBits(value: bigint): boolean {
  return isAddress(value) || BigInt.asIntN(64, value) === value;
}

function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== "string" || !DIGITS.test(value)) return undefined;
  const digits = value.trim();
  return digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
}

/** Describes what is wrong with an integer. */
function fault(value: bigint): string {
  return isBits(value) ? "is negative" : "does not fit in 64 bits";
}

function refusal(value: unknown, problem: string, remedy: string, call: string, n: number): UsageError {
  return new UsageError(
    value === undefined ? "it is missing" : `${shown(value)} ${problem}`,
    remedy,
    `argument ${n} of ${call}`,
  );
}

/** A value from the caller, formatted for a message. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shortened(value));
  return typeof value === "object" && value !== null ? "an object" : shortened(String(value));
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function constants(text: string, call: string, n: number): bigint {
  let bits = 0n;
  for (const part of text.split("|")) bits |= constantOf(part.trim(), call, n);
  return bits;
}

function constantOf(name: string, call: string, n: number): bigint {
  const constant = CONSTANTS.get(name);
  if (constant !== undefined) return constant;
  if (DIGITS.test(name)) return argumentBits(name, call, n);
  throw new UsageError(
    `unknown constant ${shown(name)}`,
    `did you mean ${nearest(name, [...CONSTANTS.keys()])}?`,
    `argument ${n} of ${call}`,
  );
}
