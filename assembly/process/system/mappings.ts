/**
 * The reverse mapping: all entries that map a frame. Eviction uses it to find a shared page in every page table. The
 * key of the first mapping is stored in the frame's record, further keys in a chain of nodes, as in Linux 2.5's
 * pte_chain (van Riel). Later kernels walk regions instead, which finds the same entries.
 *
 *   frame ──> owner: key        node   0         8      12     16
 *        └──> chain ──> node ──> …     ├ key u64 ┼ next ┼── 0 ─┤
 */
import { make } from "../../core/arena";
import { Chunks } from "../../core/chunks";
import { Frames } from "../../frames/frames";

const NODE: u32 = 16;

@final
@unmanaged
export class Mappings {
  frames: Frames;
  private nodes: Chunks; // node 0 is none
  private freeNodes: u32;

  /** Null when memory is out. */
  static create(frames: Frames): Mappings {
    const nothing = changetype<Mappings>(0);
    const mappings = make<Mappings>();
    if (changetype<usize>(mappings) == 0) return nothing;
    mappings.frames = frames;
    mappings.nodes = Chunks.create(NODE);
    if (changetype<usize>(mappings.nodes) == 0 || !mappings.nodes.add()) return nothing;
    return mappings;
  }

  /** Adds the mapping `key` of `pfn`; false when memory is out. */
  add(pfn: u32, key: u64): bool {
    const frames = this.frames;
    const mapped = frames.mapped(pfn);
    if (mapped == 0) {
      frames.setOwner(pfn, key);
    } else {
      const node = this.allocNode();
      if (node == 0) return false;
      store<u64>(this.nodes.at(node), key);
      store<u32>(this.nodes.at(node), frames.chain(pfn), 8);
      frames.setChain(pfn, node);
    }
    frames.setMapped(pfn, mapped + 1);
    return true;
  }

  /** Removes the mapping `key` of `pfn`. */
  remove(pfn: u32, key: u64): void {
    const frames = this.frames;
    frames.setMapped(pfn, frames.mapped(pfn) - 1);
    let node = frames.chain(pfn);
    if (frames.owner(pfn) == key) {
      if (node == 0) {
        frames.setOwner(pfn, 0);
        return;
      }
      frames.setOwner(pfn, this.key(node));
      frames.setChain(pfn, this.next(node));
      this.freeNode(node);
      return;
    }
    let before: u32 = 0;
    while (this.key(node) != key) {
      before = node;
      node = this.next(node);
      assert(node != 0, "a mapping is missing in its frame's chain");
    }
    if (before == 0) frames.setChain(pfn, this.next(node));
    else store<u32>(this.nodes.at(before), this.next(node), 8);
    this.freeNode(node);
  }

  /** Is true when `key` is recorded as a mapping of `pfn`. */
  has(pfn: u32, key: u64): bool {
    const frames = this.frames;
    if (frames.mapped(pfn) == 0) return false;
    if (frames.owner(pfn) == key) return true;
    for (let node = frames.chain(pfn); node != 0; node = this.next(node)) {
      if (this.key(node) == key) return true;
    }
    return false;
  }

  /** The key in `node`. */
  @inline
  key(node: u32): u64 {
    return load<u64>(this.nodes.at(node));
  }

  /** The node after `node`; 0 when there is none. */
  @inline
  next(node: u32): u32 {
    return load<u32>(this.nodes.at(node), 8);
  }

  /** Frees a node; the one after it. */
  popNode(node: u32): u32 {
    const next = this.next(node);
    this.freeNode(node);
    return next;
  }

  private allocNode(): u32 {
    const node = this.freeNodes;
    if (node != 0) {
      this.freeNodes = this.next(node);
      return node;
    }
    return this.nodes.add() ? this.nodes.count - 1 : 0;
  }

  private freeNode(node: u32): void {
    store<u32>(this.nodes.at(node), this.freeNodes, 8);
    this.freeNodes = node;
  }

  /** Is true when the frame's chain has as many keys as it counts, all different. */
  isFrameValid(pfn: u32): bool {
    const frames = this.frames;
    let count: u32 = frames.owner(pfn) == 0 ? 0 : 1;
    for (let node = frames.chain(pfn); node != 0; node = this.next(node)) {
      if (count == 0 || this.key(node) == frames.owner(pfn)) return false;
      if (++count > frames.mapped(pfn)) return false;
    }
    return count == frames.mapped(pfn);
  }
}
