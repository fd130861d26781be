/** Describes the losses of a conversion. */
import type { Losses } from "../trace/losses.js";
import { formatCount, formatCounted } from "./numbers.js";

/**
 * A sentence's object: `the kinds of 5 references and the 9 regions that it began with`; undefined if nothing is lost.
 */
export function describeLosses(
  calls: number,
  { kinds, sizes, addresses, regions }: Losses,
): string | undefined {
  const lost = [
    calls > 0 && formatCounted(calls, "call event"),
    kinds > 0 && `the kinds of ${formatCounted(kinds, "reference")}`,
    sizes > 0 && `the sizes of ${formatCounted(sizes, "reference")}`,
    addresses > 0 && `the addresses of ${formatCount(addresses)} within their pages`,
    regions > 0 && `the ${formatCounted(regions, "region")} that it began with`,
  ].filter((part) => part !== false);
  if (lost.length === 0) return undefined;
  return lost.length === 1 ? lost[0] : `${lost.slice(0, -1).join(", ")} and ${lost.at(-1)}`;
}
