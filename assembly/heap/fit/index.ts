/**
 * An index of a heap's free nodes: where they are kept and how one is found. `TaggedHeap<I>` is compiled with the concrete
 * type, so nothing is dispatched.
 */
import { Tags } from "./tags";

/** When free neighbours are joined, in the order of the parameter's words. */
export const JOIN_AT_ONCE: u32 = 0;
/** When a search finds nothing. */
export const JOIN_DEFERRED: u32 = 1;
/** No code compares with it: what remains when it is none of the others. @public */
export const JOIN_NEVER: u32 = 2;
/** At once, but only those that follow each other in the list as well. */
export const JOIN_LISTED: u32 = 3;

@unmanaged
export abstract class Index {
  /** A chunk that grows by its neighbour, or into the one before it, stays where it is in the list. */
  staysPut: bool;
  /** A node must be lifted before its size changes. */
  isBySize: bool;

  /** `parameters`: those that the index has, which are the allocator's first two. False when memory is out. */
  abstract create(tags: Tags, parameters: usize, coalescing: u32): bool;
  /** The fields are those of another index, whose heap was forked: its lists are to be copied. False when memory is out. */
  abstract forked(tags: Tags): bool;
  /** A free node of `need` bytes or more; 0: there is none. */
  abstract find(need: u64): u64;
  abstract insert(node: u64): void;
  /** Takes a node out. */
  abstract lift(node: u64): void;
  /** Takes in what is left of the node that was lifted last, or what it has become. */
  abstract putBack(node: u64): void;
  /** A node that stays where it is has got larger. */
  abstract grown(node: u64): void;
  /** The node whose chunk ends at `address`; 0: there is none. */
  abstract endingAt(address: u64): u64;
  /** True if the next search begins there. */
  abstract isAt(node: u64): bool;
  /** The next search begins there. */
  abstract settle(node: u64): void;
  abstract joinListed(): void;
  /** The number of the list that a free chunk of so many bytes is in. */
  abstract binOf(bytes: u64): u32;
  /** True if its links are in order, and it has `count` nodes whose addresses add up to `sum`. */
  abstract isSound(count: u64, sum: u64): bool;
}
