/** Sizes as people write them: `4096`, `64KiB`, `16MiB`, `1GiB`. */
import { OptionError } from "./errors.js";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const REMEDY = "give bytes or a size such as 64KiB, 16MiB or 1GiB";

/** Bytes, from 1 to 2^53. `option` is what messages call it. Throws `UsageError`. */
export function parseSize(size: string | number, option: string): number {
  const bytes = typeof size === "number" ? size : bytesOf(size, option);
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    const problem = bytes === 0 ? "a size of zero makes no sense" : `${size} is not a whole number of bytes`;
    throw OptionError.at(
      option,
      bytes > Number.MAX_SAFE_INTEGER ? `${size} is absurdly large` : problem,
      REMEDY,
    );
  }
  return bytes;
}

function bytesOf(text: string, option: string): number {
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit.toLowerCase()];
  if (digits === undefined || factor === undefined)
    throw OptionError.at(option, `"${text}" is not a size`, REMEDY);
  return Number(digits) * factor;
}
