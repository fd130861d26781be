/**
 * The check of a buddy heap: blocks tile its regions, each at a multiple of its size; no two buddies are both free; just the
 * free blocks are in the lists, each in that of its order.
 */
import { orderOf, Region, STATE_FREE, stateOf, tagOf } from "./regions";
import { BuddyHeap, ORDERS } from "./state";

export function areBuddiesSound(heap: BuddyHeap): bool {
  let count: u64 = 0;
  let sum: u64 = 0;
  for (let region = heap.region; changetype<usize>(region) != 0; region = region.previous) {
    let block = region.base;
    while (block < region.end) {
      const tag = region.peekTag(block);
      if (orderOf(tag) < heap.leastOrder || !isSoundBlock(region, block, tag)) return false;
      if (stateOf(tag) == STATE_FREE) {
        count++;
        sum += block;
      }
      block += (<u64>1) << orderOf(tag);
    }
    if (block != region.end) return false;
  }
  for (let order: u32 = 0; order < ORDERS; order++) {
    const head = heap.head(order);
    if (((head != 0) != ((heap.filled >> order) & 1)) != 0) return false;
    let previous: u64 = 0;
    for (let block = head; block != 0; block = heap.peekNext(block)) {
      if (count == 0 || !isListed(heap, block, order) || heap.peekPrevious(block) != previous) return false;
      count--;
      sum -= block;
      previous = block;
    }
  }
  return count == 0 && sum == 0;
}

function isSoundBlock(region: Region, block: u64, tag: u32): bool {
  const order = orderOf(tag);
  if (((block - region.base) & (((<u64>1) << order) - 1)) != 0) return false;
  if (stateOf(tag) != STATE_FREE) return true;
  const buddy = region.buddy(block, order);
  return buddy + ((<u64>1) << order) > region.end || region.peekTag(buddy) != tag;
}

/** True if a block in the list of that order has the right tag. */
function isListed(heap: BuddyHeap, block: u64, order: u32): bool {
  for (let region = heap.region; changetype<usize>(region) != 0; region = region.previous) {
    if (region.has(block)) return region.peekTag(block) == tagOf(order, STATE_FREE);
  }
  return false;
}
