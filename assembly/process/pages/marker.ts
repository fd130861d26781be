/**
 * The marker of a guard page: a non-present entry, like that of a swapped page, with a number that no record has. It
 * fits the 32 bits of i386 entries.
 */
export const MARKER: u64 = 0xfffffffe;

export function isGuard(entry: u64): bool {
  return entry == MARKER;
}
