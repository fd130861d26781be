/** The exports of `Divergence`: handles are addresses, 0 means out of memory. */
import { NONE } from "../abi/core";
import { Divergence } from "./diverge";
import { Requests } from "./requests";

export function createDivergence(
  requests: usize,
  frames: u32,
  firstId: u32,
  firstParameters: usize,
  secondId: u32,
  secondParameters: usize,
): usize {
  const source = changetype<Requests>(requests);
  return changetype<usize>(
    Divergence.create(source, frames, firstId, firstParameters, secondId, secondParameters),
  );
}

export function beginDivergence(divergence: usize): bool {
  return changetype<Divergence>(divergence).begin();
}

export function seekDivergence(divergence: usize): u32 {
  return changetype<Divergence>(divergence).seek();
}

export function serveDivergence(divergence: usize): void {
  changetype<Divergence>(divergence).serve();
}

export function hitsNext(divergence: usize, which: u32): bool {
  return changetype<Divergence>(divergence).hitsNext(which);
}

export function pagesHeld(divergence: usize, which: u32): u32 {
  return changetype<Divergence>(divergence).residents(which);
}

export function pagesOnlyIn(divergence: usize, which: u32, pages: usize, most: u32): u32 {
  return changetype<Divergence>(divergence).onlyIn(which, pages, most);
}

/**
 * Writes the next victim's page (u64) to `page`; false while there is room. It evicts, so call it only on a copy of
 * the kernel.
 */
export function nextVictim(divergence: usize, which: u32, page: usize): bool {
  const slot = changetype<Divergence>(divergence).victim(which);
  if (slot == NONE) return false;
  store<u64>(page, changetype<Divergence>(divergence).pageOf(which, slot));
  return true;
}

export function recordOfRequest(requests: usize, records: usize, request: u32): u32 {
  return changetype<Requests>(requests).recordOf(records, request);
}
