/**
 * Policies several of whose numbers of frames are simulated at once, because that costs little more than one. The registry
 * marks them with `;sizes`, and one place, here, finds their classes:
 *
 *   lru           engine/lru-stack     a stack algorithm: one list of pages, and a boundary for each size
 *   fifo, clock   engine/rings         a hit changes a counter at most: those of eight sizes lie side by side
 *
 * Such a class extends `SizesEngine`; handles are addresses, 0 means out of memory. The results are those of simulations of
 * single sizes.
 */
import { PAGES_BYTES } from "../abi/requests";
import { allocate } from "../core/arena";
import { CLOCK, FIFO, LRU } from "../policy/registry";
import { LruStack } from "./lru-stack";
import { Requests } from "./requests";
import { Rings } from "./rings";

/**
 * `frames`: `count` numbers of frames, u32 each, ascending; at most `MOST_SIZES`. `parameters`: as for a simulation, one f64
 * each.
 */
export function createSizes(
  requests: usize,
  policyId: u32,
  parameters: usize,
  frames: usize,
  count: u32,
): usize {
  const source = changetype<Requests>(requests);
  const counters = allocate(<u64>count * PAGES_BYTES);
  switch (policyId) {
    case LRU:
      return changetype<usize>(LruStack.create(source, frames, count, counters));
    case FIFO:
      return changetype<usize>(Rings.create(source, frames, count, counters, 0, 0, 0));
    case CLOCK: {
      const most = ((<u32>1) << (<u32>load<f64>(parameters))) - 1;
      const initial = <u8>load<f64>(parameters, 8);
      return changetype<usize>(Rings.create(source, frames, count, counters, initial, 1, <u8>most));
    }
    default:
      return unreachable();
  }
}

/** Serves the requests of the step; a status. */
export function runSizes(sizes: usize, policyId: u32): u32 {
  return policyId == LRU ? changetype<LruStack>(sizes).run() : changetype<Rings>(sizes).run();
}

export function areSizesValid(sizes: usize, policyId: u32): bool {
  return policyId == LRU ? changetype<LruStack>(sizes).isValid() : changetype<Rings>(sizes).isValid();
}
