/**
 * The stack of a policy with the stack property (Mattson, Gecsei, Slutz and Traiger, "Evaluation techniques for storage
 * hierarchies", IBM Systems Journal 9, 1970): with f frames the resident pages are the topmost f. So a request misses
 * exactly with fewer frames than its page's depth, its stack distance, and one pass gives the misses for every f.
 *
 * Every hook is abstract, as in policy/contract.ts.
 */

import { NONE } from "../abi/core";
import { allocate } from "../core/arena";
import { powerOfTwoFrom } from "../core/hash";

/** The depth of a page that is not in the stack, and the result when memory is out. */
export const COLD: u32 = 0;
export const NO_MEMORY: u32 = NONE;

const FIRST_PAGES: u32 = 4096;

@unmanaged
export abstract class PageStack {
  /** Pages in the stack. */
  live: u32;
  /** The place of each page, u32 by its number, in a measure of the stack's own; 0: not in the stack. */
  protected places: usize;
  private capacity: u32;

  /** Moves page number `id` to the top; its old depth from 1, `COLD`, or `NO_MEMORY`. */
  abstract touch(id: u32): u32;
  /** Reads what `touch` will read first, to prefetch it; an arbitrary number. */
  abstract peek(id: u32): u32;
  /** Is true when the stack is sound. Walks all pages. */
  abstract isValid(): bool;

  /** Makes room for the pages 0 … count - 1; false when memory is out. */
  reserve(count: u32): bool {
    if (count <= this.capacity) return true;
    const capacity = <u32>max(powerOfTwoFrom(count), FIRST_PAGES);
    const places = allocate((<u64>capacity) << 2);
    if (places == 0) return false;
    memory.copy(places, this.places, this.capacity << 2);
    this.places = places;
    this.capacity = capacity;
    return true;
  }

  /** The place of page number `id`. */
  @inline
  placeOf(id: u32): u32 {
    return load<u32>(this.places + ((<usize>id) << 2));
  }
}
