/**
 * The fewest misses that any policy can have: Belady's MIN ("A study of replacement algorithms for a virtual-storage
 * computer", IBM Systems Journal 5, 1966), by linear search. For sequences of some hundred requests.
 */

import type { Page } from "./page-list.js";
export function fewestMisses(pages: readonly Page[], frames: number): number {
  const resident = new Set<Page>();
  let misses = 0;
  for (const [now, page] of pages.entries()) {
    if (resident.has(page)) continue;
    misses++;
    if (resident.size === frames) resident.delete(furthest(resident, pages, now));
    resident.add(page);
  }
  return misses;
}

/** The resident page whose next request after `now` is furthest away. */
function furthest(resident: ReadonlySet<Page>, pages: readonly Page[], now: number): Page {
  const next = (page: Page) => {
    const at = pages.indexOf(page, now);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  };
  return [...resident].reduce((far, page) => (next(page) > next(far) ? page : far));
}
