/**
 * Which free node an allocation takes: the first that fits, the first from where the last search ended, the smallest, or
 * the largest. Of equals the one that comes first in the list. A rule has no fields: it is chosen by its type.
 */

import { NONE } from "../../abi/core";
import { FreeList, ORDER_SIZE, ORDER_SIZE_DESCENDING } from "./list";
import { NODE_BYTES, NODE_NEXT } from "./node";

@unmanaged
export abstract class Rule {
  /** A node of `need` bytes or more; 0: there is none. `mask`: what of a node's first word is its bytes. */
  abstract find(list: FreeList, need: u64, mask: u64): u64;
}

@final
@unmanaged
export class First extends Rule {
  find(list: FreeList, need: u64, mask: u64): u64 {
    if (!list.isMirrored) return firstFrom(list, list.head, list.count, need, mask);
    const place = list.mirror.firstFrom(0, need);
    return nodeIn(list, place, place == NONE ? list.count : <u64>place + 1);
  }
}

@final
@unmanaged
export class Next extends Rule {
  find(list: FreeList, need: u64, mask: u64): u64 {
    const from = list.rover == 0 ? list.head : list.rover;
    const memory = list.memory;
    if (list.isMirrored) return nextInMirror(list, from, need);
    let node = from;
    for (let left = list.count; left != 0; left--) {
      memory.step();
      if ((memory.read<u64>(node + NODE_BYTES) & mask) >= need) {
        list.rover = node;
        return node;
      }
      node = memory.read<u64>(node + NODE_NEXT);
      if (node == 0) node = list.head;
    }
    return 0;
  }
}

@final
@unmanaged
export class Best extends Rule {
  find(list: FreeList, need: u64, mask: u64): u64 {
    if (list.order == ORDER_SIZE && !list.isLoose) return firstFrom(list, list.head, list.count, need, mask);
    if (list.isMirrored) return bestInMirror(list, need);
    const memory = list.memory;
    let best: u64 = 0;
    let least = u64.MAX_VALUE;
    let node = list.head;
    for (let left = list.count; left != 0; left--) {
      memory.step();
      const size = memory.read<u64>(node + NODE_BYTES) & mask;
      if (size >= need && size < least) {
        best = node;
        least = size;
        if (size == need) break;
      }
      node = memory.read<u64>(node + NODE_NEXT);
    }
    return best;
  }
}

@final
@unmanaged
export class Worst extends Rule {
  find(list: FreeList, need: u64, mask: u64): u64 {
    const isFirst = list.order == ORDER_SIZE_DESCENDING && !list.isLoose;
    if (list.isMirrored) return nodeIn(list, list.mirror.largest(need), list.count);
    const memory = list.memory;
    let worst: u64 = 0;
    let most = need - 1;
    let node = list.head;
    for (let left = isFirst ? min(list.count, 1) : list.count; left != 0; left--) {
      memory.step();
      const size = memory.read<u64>(node + NODE_BYTES) & mask;
      if (size > most) {
        worst = node;
        most = size;
      }
      node = memory.read<u64>(node + NODE_NEXT);
    }
    return worst;
  }
}

/** The node at a place of the list's mirror, 0 where that is NONE, found in so many steps. */
function nodeIn(list: FreeList, place: u32, steps: u64): u64 {
  list.memory.steps += steps;
  return place == NONE ? 0 : list.mirror.node(place);
}

function nextInMirror(list: FreeList, from: u64, need: u64): u64 {
  const mirror = list.mirror;
  const count = mirror.count();
  const start: u32 = count == 0 ? 0 : mirror.below(from);
  let place = mirror.firstFrom(start, need);
  if (place == NONE && start != 0) place = mirror.firstFrom(0, need);
  if (place == NONE) return nodeIn(list, NONE, count);
  list.rover = nodeIn(list, place, (place < start ? place + count : place) - start + 1);
  return list.rover;
}

function bestInMirror(list: FreeList, need: u64): u64 {
  const place = list.mirror.smallest(need);
  const isExact = place != NONE && list.mirror.bytes(place) == need;
  return nodeIn(list, place, isExact ? <u64>place + 1 : list.count);
}

/** The first of `count` nodes from `node` on that fits. */
function firstFrom(list: FreeList, node: u64, count: u64, need: u64, mask: u64): u64 {
  const memory = list.memory;
  for (; count != 0; count--) {
    memory.step();
    if ((memory.read<u64>(node + NODE_BYTES) & mask) >= need) return node;
    node = memory.read<u64>(node + NODE_NEXT);
  }
  return 0;
}
