/**
 * jemalloc's pairing heaps (Fredman, Sedgewick, Sleator and Tarjan 1986), any number on one pool of nodes. From:
 * include/jemalloc/internal/ph.h of jemalloc 5.3.0.
 *
 *   heap:   0      4      8              root ──> waiting ──> waiting …     not in the tree yet, except in part
 *           ├ root ┼ waits ┤               │ child
 *                                          └──> ○ ──> ○ ──> ○               siblings; prev of the first one is the parent
 *
 *   node:   0       8       16      24     28     32      36
 *           ├ major ┼ minor ┼ edata ┼ next ┼ prev ┼ child ┼ tag ┤          a free one's `next` is the next free one
 *
 * A heap is asked for its least node by `first`, which brings in what waits. The library takes a root without a child away
 * before that, and what waits behind it becomes the root, whichever it is. What is then inserted before that root goes on
 * top of all, so the first is not always the least. So it is here, since it decides which slab comes next.
 */
import { copyOf, make } from "../../core/arena";
import { Chunks } from "../../core/chunks";

const MAJOR: usize = 0;
const MINOR: usize = 8;
const EDATA: usize = 16;
const NEXT: usize = 24;
const PREV: usize = 28;
const CHILD: usize = 32;
const TAG: usize = 36;
const NODE_BYTES: u32 = 40;
const WAITS: usize = 4;
/** Bytes of a heap, all zero when it is empty. */
export const HEAP_BYTES: u32 = 8;

@final
@unmanaged
export class Heaps {
  /** A node was wanted and memory was out. */
  hasFailed: bool;
  private nodes: Chunks;
  private free: u32;

  /** Null when memory is out. */
  static create(): Heaps {
    const nothing = changetype<Heaps>(0);
    const heaps = make<Heaps>();
    if (changetype<usize>(heaps) == 0) return nothing;
    heaps.nodes = Chunks.create(NODE_BYTES);
    // Node 0 is none.
    return changetype<usize>(heaps.nodes) == 0 || !heaps.nodes.add() ? nothing : heaps;
  }

  /** Another with the same nodes; null when memory is out. */
  copy(): Heaps {
    const copy = copyOf<Heaps>(this);
    if (changetype<usize>(copy) == 0) return copy;
    copy.nodes = this.nodes.copy();
    return changetype<usize>(copy.nodes) == 0 ? changetype<Heaps>(0) : copy;
  }

  major(node: u32): u64 {
    return load<u64>(this.nodes.at(node), MAJOR);
  }

  minor(node: u32): u64 {
    return load<u64>(this.nodes.at(node), MINOR);
  }

  edata(node: u32): u64 {
    return load<u64>(this.nodes.at(node), EDATA);
  }

  /** True if it is the node of that extent in the heap of that tag. The process may have overwritten the memory. */
  isOf(node: u32, tag: u32, edata: u64): bool {
    if (node == 0 || node >= this.nodes.count) return false;
    return this.edata(node) == edata && load<u32>(this.nodes.at(node), TAG) == tag;
  }

  private next(node: u32): u32 {
    return load<u32>(this.nodes.at(node), NEXT);
  }

  private prev(node: u32): u32 {
    return load<u32>(this.nodes.at(node), PREV);
  }

  private child(node: u32): u32 {
    return load<u32>(this.nodes.at(node), CHILD);
  }

  private setNext(node: u32, to: u32): void {
    store<u32>(this.nodes.at(node), to, NEXT);
  }

  private setPrev(node: u32, to: u32): void {
    store<u32>(this.nodes.at(node), to, PREV);
  }

  private setChild(node: u32, to: u32): void {
    store<u32>(this.nodes.at(node), to, CHILD);
  }

  private isBefore(a: u32, b: u32): bool {
    const major = this.major(a);
    const other = this.major(b);
    return major < other || (major == other && this.minor(a) < this.minor(b));
  }

  /** Takes a node out of all lists. */
  private part(node: u32): void {
    this.setNext(node, 0);
    this.setPrev(node, 0);
  }

  /** `b` follows `a`. */
  private link(a: u32, b: u32): void {
    this.setNext(a, b);
    if (b != 0) this.setPrev(b, a);
  }

  /** Of two trees that are in no list, one. */
  private merge(a: u32, b: u32): u32 {
    const isFirst = this.isBefore(a, b);
    const top = isFirst ? a : b;
    const below = isFirst ? b : a;
    this.link(below, this.child(top));
    this.setPrev(below, top);
    this.setChild(top, below);
    return top;
  }

  /** Of a list of trees, one: by pairs first, then the two oldest again and again. */
  private mergeAll(node: u32): u32 {
    if (this.next(node) == 0) return node;
    let head: u32 = 0;
    let tail: u32 = 0;
    while (node != 0) {
      const pair = this.next(node);
      const rest = pair == 0 ? 0 : this.next(pair);
      this.part(node);
      if (pair != 0) {
        this.part(pair);
        node = this.merge(node, pair);
      }
      if (head == 0) head = node;
      else this.setNext(tail, node);
      tail = node;
      node = rest;
    }
    for (let second = this.next(head); second != 0; second = this.next(head)) {
      const rest = this.next(second);
      this.setNext(head, 0);
      this.setNext(second, 0);
      const both = this.merge(head, second);
      if (rest == 0) return both;
      this.setNext(tail, both);
      tail = both;
      head = rest;
    }
    return head;
  }

  /** The first node, once what waits is in the tree; 0: the heap is empty. */
  first(heap: usize): u32 {
    const root = load<u32>(heap);
    if (root != 0) this.bringIn(heap);
    return load<u32>(heap);
  }

  private bringIn(heap: usize): void {
    const root = load<u32>(heap);
    const waiting = this.next(root);
    store<u32>(heap, 0, WAITS);
    if (waiting == 0) return;
    this.part(root);
    this.setPrev(waiting, 0);
    store<u32>(heap, this.merge(root, this.mergeAll(waiting)));
  }

  /** Adds a node; `tag` is the heap's own, by which nodes are checked. 0: memory is out. */
  insert(heap: usize, tag: u32, major: u64, minor: u64, edata: u64): u32 {
    const node = this.take();
    if (node == 0) return 0;
    const at = this.nodes.at(node);
    memory.fill(at, 0, NODE_BYTES);
    store<u64>(at, major, MAJOR);
    store<u64>(at, minor, MINOR);
    store<u64>(at, edata, EDATA);
    store<u32>(at, tag, TAG);
    const root = load<u32>(heap);
    if (root == 0) store<u32>(heap, node);
    else if (this.isBefore(node, root)) {
      this.setChild(node, root);
      this.setPrev(root, node);
      store<u32>(heap, node);
      store<u32>(heap, 0, WAITS);
      return node;
    } else {
      store<u32>(heap, load<u32>(heap, WAITS) + 1, WAITS);
      this.link(node, this.next(root));
      this.link(root, node);
    }
    const waits = load<u32>(heap, WAITS);
    if (waits > 1) this.bringInSome(load<u32>(heap), ctz(waits - 1));
    return node;
  }

  /** Makes so many times a pair of those that wait one, as long as more than that wait. */
  private bringInSome(root: u32, times: u32): void {
    for (let n: u32 = 0; n < times; n++) {
      const one = this.next(root);
      const two = one == 0 ? 0 : this.next(one);
      if (two == 0) return;
      const rest = this.next(two);
      this.part(one);
      this.part(two);
      const both = this.merge(one, two);
      this.link(both, rest);
      this.link(root, both);
      if (rest == 0) return;
    }
  }

  private take(): u32 {
    const node = this.free;
    if (node != 0) {
      this.free = this.next(node);
      return node;
    }
    if (this.nodes.add()) return this.nodes.count - 1;
    this.hasFailed = true;
    return 0;
  }

  /** Takes a node of the heap out. */
  remove(heap: usize, node: u32): void {
    if (load<u32>(heap) != node || !this.removeRoot(heap, node)) this.removeInner(node);
    const at = this.nodes.at(node);
    memory.fill(at, 0, NODE_BYTES);
    this.setNext(node, this.free);
    this.free = node;
  }

  /** False: it is the root no more, after what waited has come in. */
  private removeRoot(heap: usize, root: u32): bool {
    if (this.child(root) == 0) {
      const next = this.next(root);
      store<u32>(heap, next);
      if (next != 0) this.setPrev(next, 0);
      return true;
    }
    this.bringIn(heap);
    if (load<u32>(heap) != root) return false;
    const next = this.mergeAll(this.child(root));
    this.setPrev(next, 0);
    store<u32>(heap, next);
    return true;
  }

  private removeInner(node: u32): void {
    const prev = this.prev(node);
    const next = this.next(node);
    const isChild = prev != 0 && this.child(prev) == node;
    const below = this.child(node);
    const instead = below == 0 ? 0 : this.mergeAll(below);
    const follower = instead != 0 ? instead : next;
    if (instead != 0) this.link(instead, next);
    if (isChild) this.setChild(prev, follower);
    else if (prev != 0) this.setNext(prev, follower);
    if (follower != 0) this.setPrev(follower, prev);
  }
}
