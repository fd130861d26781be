/**
 * A list of free nodes, linked both ways, in one of five orders. The links lie in the process's memory (`Tags`), its ends
 * here, as they would in a program's data segment.
 *
 * In order of size, a list whose nodes change while they are in it (a remainder keeps its place, neighbours are joined where
 * they are) is put in order again by the next insertion: an insertion sort, so nodes of one size stay in turn.
 */
import { copyOf, make } from "../../core/arena";
import { HeapMemory } from "../memory";
import { Mirror } from "./mirror";
import { NODE_BYTES, NODE_NEXT, NODE_PREVIOUS } from "./node";
import { Tags } from "./tags";

/** The orders, as the parameter's words have them. */
export const ORDER_ADDRESS: u32 = 0;
export const ORDER_LIFO: u32 = 1;
export const ORDER_FIFO: u32 = 2;
export const ORDER_SIZE: u32 = 3;
export const ORDER_SIZE_DESCENDING: u32 = 4;

@final
@unmanaged
export class FreeList {
  memory: HeapMemory;
  private tags: Tags;
  /** `ORDER_ADDRESS` and so on. */
  order: u32;
  /** It may be out of order. */
  isLoose: bool;
  head: u64;
  tail: u64;
  count: u64;
  /** Where the next search of next fit begins; 0: at the head. */
  rover: u64;
  /** The node before the place of the one that was lifted last, 0 at the head; and whether the rover was there. */
  private place: u64;
  private hadRover: bool;
  /** Null: searches walk. */
  mirror: Mirror;

  /** Null when memory is out. */
  static create(tags: Tags, order: u32, isLoose: bool): FreeList {
    const list = make<FreeList>();
    if (changetype<usize>(list) == 0) return list;
    list.memory = tags.memory;
    list.tags = tags;
    list.order = order;
    list.isLoose = isLoose;
    return list;
  }

  /** That of a heap that was forked, whose nodes have `tags`; null when memory is out. */
  copy(tags: Tags): FreeList {
    const list = copyOf<FreeList>(this);
    if (changetype<usize>(list) == 0) return list;
    list.memory = tags.memory;
    list.tags = tags;
    if (!this.isMirrored) return list;
    list.mirror = this.mirror.copy();
    return changetype<usize>(list.mirror) == 0 ? changetype<FreeList>(0) : list;
  }

  @inline
  get isMirrored(): bool {
    return changetype<usize>(this.mirror) != 0;
  }

  /** Drops a mirror that cannot hold the list. */
  private keepMirror(): void {
    if (this.mirror.isLost) this.mirror = changetype<Mirror>(0);
  }

  @inline
  next(node: u64): u64 {
    return this.memory.read<u64>(node + NODE_NEXT);
  }

  @inline
  size(node: u64): u64 {
    return this.memory.read<u64>(node + NODE_BYTES) & this.tags.sizeMask;
  }

  /** True if the node's size determines its place. */
  @inline
  get isBySize(): bool {
    return this.order >= ORDER_SIZE;
  }

  /** Takes a node out. */
  remove(node: u64): void {
    const memory = this.memory;
    const next = memory.read<u64>(node + NODE_NEXT);
    const previous = memory.read<u64>(node + NODE_PREVIOUS);
    if (node == this.rover) this.rover = next;
    if (previous == 0) this.head = next;
    else memory.write<u64>(previous + NODE_NEXT, next);
    if (next == 0) this.tail = previous;
    else memory.write<u64>(next + NODE_PREVIOUS, previous);
    this.count--;
  }

  /** Takes a node out, and remembers where it was. */
  lift(node: u64): void {
    this.place = this.memory.read<u64>(node + NODE_PREVIOUS);
    this.hadRover = node == this.rover;
    this.remove(node);
    if (this.isMirrored) this.mirror.lift(node);
  }

  /** Puts a node where the lifted one was. */
  putBack(node: u64): void {
    this.insertAfter(this.place, node);
    if (this.hadRover) this.rover = node;
    if (!this.isMirrored) return;
    this.mirror.putBack(node, this.size(node));
    this.keepMirror();
  }

  /** A node takes in what is behind it, and stays where it is. */
  grown(node: u64): void {
    if (!this.isMirrored) return;
    this.mirror.resize(node, this.size(node));
    this.keepMirror();
  }

  /** Puts a node where its order says. */
  insert(node: u64): void {
    if (this.isLoose && this.isBySize) this.sort();
    this.insertAfter(this.placeOf(node), node);
    if (!this.isMirrored) return;
    this.mirror.insert(node, this.size(node));
    this.keepMirror();
  }

  /** The node behind which a new one stands; 0: it stands at the head. */
  private placeOf(node: u64): u64 {
    switch (this.order) {
      case ORDER_ADDRESS:
        return this.placeByAddress(node);
      case ORDER_LIFO:
        return 0;
      case ORDER_FIFO:
        return this.tail;
      default:
        return this.placeBySize(node);
    }
  }

  /** Puts a node behind `place`, 0: at the head. */
  private insertAfter(place: u64, node: u64): void {
    this.link(place, node);
    this.count++;
  }

  private link(place: u64, node: u64): void {
    const memory = this.memory;
    const next = place == 0 ? this.head : memory.read<u64>(place + NODE_NEXT);
    memory.write<u64>(node + NODE_NEXT, next);
    memory.write<u64>(node + NODE_PREVIOUS, place);
    if (place == 0) this.head = node;
    else memory.write<u64>(place + NODE_NEXT, node);
    if (next == 0) this.tail = node;
    else memory.write<u64>(next + NODE_PREVIOUS, node);
  }

  /** The last node below it. */
  private placeByAddress(node: u64): u64 {
    const start = this.tags.start(node);
    const tail = this.tail;
    if (tail == 0 || this.tags.start(tail) < start) return tail;
    if (this.isMirrored) {
      const below = this.mirror.below(node);
      this.memory.steps += below + 1;
      return below == 0 ? 0 : this.mirror.node(below - 1);
    }
    let place: u64 = 0;
    let other = this.head;
    for (let left = this.count; left != 0; left--) {
      this.memory.step();
      if (this.tags.start(other) > start) break;
      place = other;
      other = this.next(other);
    }
    return place;
  }

  /** The last node that stands before it. */
  private placeBySize(node: u64): u64 {
    let place: u64 = 0;
    let other = this.head;
    for (let left = this.count; left != 0; left--) {
      this.memory.step();
      if (this.isBefore(node, other)) break;
      place = other;
      other = this.next(other);
    }
    return place;
  }

  /** True if `node` comes before `other`, which was added earlier, in the order of sizes. */
  private isBefore(node: u64, other: u64): bool {
    return this.order == ORDER_SIZE ? this.size(node) < this.size(other) : this.size(node) > this.size(other);
  }

  private sort(): void {
    const memory = this.memory;
    let last = this.head;
    for (let left = this.count; left > 1; left--) {
      const node = this.next(last);
      if (!this.isBefore(node, last)) {
        last = node;
        continue;
      }
      const rover = this.rover;
      this.remove(node);
      this.count++;
      this.rover = rover;
      let place = memory.read<u64>(last + NODE_PREVIOUS);
      while (place != 0 && this.isBefore(node, place) && !memory.hasStopped)
        place = memory.read<u64>(place + NODE_PREVIOUS);
      this.link(place, node);
    }
  }

  /** The node whose chunk ends at `address`; 0: there is none. */
  endingAt(address: u64): u64 {
    const tags = this.tags;
    let node = this.head;
    for (let left = this.count; left != 0; left--) {
      this.memory.step();
      const start = tags.start(node);
      if (start + tags.size(node) == address) return node;
      if (this.order == ORDER_ADDRESS && start > address) return 0;
      node = this.next(node);
    }
    return 0;
  }

  /** Joins those that follow each other here and in memory. */
  joinListed(): void {
    const tags = this.tags;
    let node = this.head;
    for (let left = this.count; left > 1; left--) {
      const next = this.next(node);
      if (tags.start(node) + tags.size(node) != tags.start(next)) {
        node = next;
        continue;
      }
      const hadRover = next == this.rover;
      this.remove(next);
      tags.join(node, next);
      tags.setFree(node);
      if (hadRover) this.rover = node;
    }
  }

  // For checks, which make no references.
  peekNext(node: u64): u64 {
    return this.memory.peek<u64>(node + NODE_NEXT);
  }

  peekSize(node: u64): u64 {
    return this.tags.peekSize(node);
  }

  /** Returns the sum of its chunks' addresses. */
  sum(): u64 {
    let sum: u64 = 0;
    let node = this.head;
    for (let left = this.count; left != 0; left--) {
      sum += this.tags.peekStart(node);
      node = this.peekNext(node);
    }
    return sum;
  }

  /** True if its links agree, and it has `count` nodes whose addresses add up to `sum`, in the order that it keeps. */
  isSound(count: u64, sum: u64): bool {
    const memory = this.memory;
    if (count != this.count) return false;
    let previous: u64 = 0;
    let node = this.head;
    let isRoverSeen = this.rover == 0;
    for (let left = count; left != 0; left--) {
      if (node == 0 || memory.peek<u64>(node + NODE_PREVIOUS) != previous) return false;
      if (previous != 0 && !this.isInOrder(previous, node)) return false;
      if (node == this.rover) isRoverSeen = true;
      if (this.isMirrored && !this.isInMirror(<u32>(count - left), node)) return false;
      sum -= this.tags.peekStart(node);
      previous = node;
      node = memory.peek<u64>(node + NODE_NEXT);
    }
    if (this.isMirrored && this.mirror.count() != <u32>count) return false;
    return node == 0 && previous == this.tail && sum == 0 && isRoverSeen;
  }

  private isInMirror(place: u32, node: u64): bool {
    const mirror = this.mirror;
    return mirror.count() > place && mirror.node(place) == node && mirror.bytes(place) == this.peekSize(node);
  }

  private isInOrder(node: u64, next: u64): bool {
    const tags = this.tags;
    if (this.order == ORDER_ADDRESS) return tags.peekStart(node) < tags.peekStart(next);
    if (!this.isBySize || this.isLoose) return true;
    const had = tags.peekSize(node);
    const has = tags.peekSize(next);
    return this.order == ORDER_SIZE ? had <= has : had >= has;
  }
}
