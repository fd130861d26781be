/**
 * Numbers as people write them: sizes such as `64KiB`, `64K` and `1G`, counts such as `1e6` and `1,000,000`. As in
 * ulimit, qemu and docker, the letters K, M, G and T are powers of 1024, also in `KB`.
 */
import { ValueError } from "./errors.js";

const POWERS = ["", "k", "m", "g", "t"];
const SIZE = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:(?<=[kmgt])ib|b)?\s*$/i;
const SIZE_REMEDY = "give bytes or a size such as 64KiB, 16M or 1GiB";

/** Bytes, from 1 to 2^53. Throws `ValueError`. */
export function parseSize(size: string | number): number {
  const bytes = typeof size === "number" ? size : bytesOf(size);
  if (bytes > Number.MAX_SAFE_INTEGER) throw new ValueError(`${size} is too large`, SIZE_REMEDY);
  if (bytes === 0) throw new ValueError("the size is zero", SIZE_REMEDY);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new ValueError(`${size} is not a whole number of bytes`, SIZE_REMEDY);
}

/** As `parseSize`, but zero is a size: none. Throws `ValueError`. */
export function parseSizeOrZero(size: string | number): number {
  return size === 0 || (typeof size === "string" && bytesOf(size) === 0) ? 0 : parseSize(size);
}

/** Reads sizes within bounds. */
export function sizeIn(least: number, most: number): (size: string | number) => number {
  return (size) => {
    const bytes = parseSize(size);
    if (bytes >= least && bytes <= most) return bytes;
    throw new ValueError(
      `${sizeText(bytes)} is too ${bytes < least ? "small" : "large"}`,
      `give ${sizeText(least)} to ${sizeText(most)}`,
    );
  };
}

/** Reads sizes of pages, powers of two within bounds. */
export function pageSizeIn(least: number, most: number): (size: string | number) => number {
  const read = sizeIn(least, most);
  return (size) => {
    const bytes = read(size);
    if (Number.isInteger(Math.log2(bytes))) return bytes;
    const problem = `a page size of ${sizeText(bytes)} is not a power of two`;
    throw new ValueError(problem, "give one such as 4KiB or 2MiB");
  };
}

const MOST_PAGE_BYTES = 2 ** 52;
/** Reads the size of a simulated page. */
export const parsePageSize = pageSizeIn(1, MOST_PAGE_BYTES);

function bytesOf(text: string): number {
  const [, digits, unit = ""] = SIZE.exec(text) ?? [];
  if (digits === undefined) throw new ValueError(`"${text}" is not a size`, SIZE_REMEDY);
  return Number(digits) * 1024 ** POWERS.indexOf(unit.toLowerCase());
}

const BINARY_UNITS = ["KiB", "MiB", "GiB", "TiB"];

/** An exact size as `parseSize` reads it, in the largest unit of which it is a whole number: `4KiB`, `5000 bytes`. */
export function sizeText(bytes: number): string {
  let text = bytes === 1 ? "1 byte" : `${bytes} bytes`;
  let value = bytes;
  for (const unit of BINARY_UNITS) {
    value /= 1024;
    if (value < 1 || !Number.isInteger(value)) break;
    text = `${value}${unit}`;
  }
  return text;
}

/** A number with or without decimals. Throws `ValueError`. */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new ValueError(`"${text}" is not a number`, "give digits, such as 1000 or 0.5");
}

/** A whole number from 0, also as `1e6` or `1,000,000`. Throws `ValueError`. */
export function parseCount(text: string): number {
  const value = parseNumber(text.replaceAll(/[,_]/g, ""));
  if (value < 0) throw new ValueError(`${text} is negative`, "leave out the minus sign");
  if (value > Number.MAX_SAFE_INTEGER) throw new ValueError(`${text} is too large`, "give a smaller number");
  if (Number.isInteger(value)) return value;
  throw new ValueError(`"${text}" is not a whole number`, "give digits, such as 1000 or 1e6");
}
