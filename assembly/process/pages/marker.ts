/**
 * The marker of a guard region: an entry that is not present, like that of a page in swap, with a number that no record
 * has. It has 32 bits, as entries of i386 do.
 */
export const MARKER: u64 = 0xfffffffe;

export function isGuard(entry: u64): bool {
  return entry == MARKER;
}
