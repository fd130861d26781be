/**
 * Stack algorithms: policies whose smaller memory always holds a part of what a larger one holds, so that one pass serves
 * several numbers of frames (Mattson, Gecsei, Slutz and Traiger 1970). The registry marks them with `;stack`. Each has a
 * class with `create`, `run`, `isValid` and, as the first field, its counters; handles are addresses, 0 means out of memory.
 */
import { LRU } from "../policy/registry";
import { LruStack } from "./lru-stack";
import { Requests } from "./requests";

/** `frames`: `count` numbers of frames, u32 each, ascending; at most `MOST_SIZES`. */
export function createStack(requests: usize, policyId: u32, frames: usize, count: u32): usize {
  switch (policyId) {
    case LRU:
      return changetype<usize>(LruStack.create(changetype<Requests>(requests), frames, count));
    default:
      return unreachable();
  }
}

/** Serves the requests of the step; a status. */
export function runStack(stack: usize, policyId: u32): u32 {
  switch (policyId) {
    case LRU:
      return changetype<LruStack>(stack).run();
    default:
      return unreachable();
  }
}

export function isStackValid(stack: usize, policyId: u32): bool {
  switch (policyId) {
    case LRU:
      return changetype<LruStack>(stack).isValid();
    default:
      return unreachable();
  }
}
