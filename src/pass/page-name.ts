/** How answers show a page. */
import { NAME_CHARACTERS, NAME_MARK } from "../../assembly/abi/formats.js";

const MARK_SHIFT = BigInt(NAME_CHARACTERS * 8);

/** The page's `0x…` address if pages have 2^`pageShift` bytes; else its name in a reference string, or its number. */
export function pageName(page: bigint, pageShift: number | undefined): string {
  if (pageShift !== undefined) return `0x${(page << BigInt(pageShift)).toString(16)}`;
  return (page >> MARK_SHIFT === BigInt(NAME_MARK) ? nameIn(page) : undefined) ?? `${page}`;
}

/** The name that the low bytes are; undefined if they are none. */
function nameIn(page: bigint): string | undefined {
  const bytes = Array.from({ length: NAME_CHARACTERS }, (_, at) => Number((page >> BigInt(8 * at)) & 255n));
  const name = String.fromCharCode(...bytes).replace(/\0+$/, "");
  return /^[a-z]\w*$/i.test(name) ? name : undefined;
}
