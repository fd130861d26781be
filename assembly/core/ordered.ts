/**
 * Sets of pairs of u64 in ascending order, any number of sets in one pool of nodes: treaps (Seidel and Aragon 1996). The
 * priorities are hashes of the pairs, so that a set's shape depends only on its contents. The caller stores a set as the
 * u32 of its root, 0 when it is empty.
 *
 *   node:   0       8        16     20      24
 *           ├ major ┼ minor ─┼ left ┼ right ┼ priority ┤      32 bytes; a free one's `left` is the next free one
 */
import { copyOf, make } from "./arena";
import { Chunks } from "./chunks";
import { splitMix64 } from "./rng";

const MAJOR: usize = 0;
const MINOR: usize = 8;
const LEFT: usize = 16;
const RIGHT: usize = 20;
const PRIORITY: usize = 24;
const NODE_BYTES: u32 = 32;

@final
@unmanaged
export class Ordered {
  /** The number of nodes that the last search visited. */
  steps: u32;
  /** Memory was out when a node was needed: a pair is missing. */
  hasFailed: bool;
  private nodes: Chunks;
  private free: u32;
  /** The two results of a split. */
  private below: u32;
  private above: u32;

  /** Null when memory is out. */
  static create(): Ordered {
    const nothing = changetype<Ordered>(0);
    const ordered = make<Ordered>();
    if (changetype<usize>(ordered) == 0) return nothing;
    ordered.nodes = Chunks.create(NODE_BYTES);
    // Node 0 is none.
    return changetype<usize>(ordered.nodes) == 0 || !ordered.nodes.add() ? nothing : ordered;
  }

  /** A copy of all sets; null when memory is out. */
  copy(): Ordered {
    const copy = copyOf<Ordered>(this);
    if (changetype<usize>(copy) == 0) return copy;
    copy.nodes = this.nodes.copy();
    return changetype<usize>(copy.nodes) == 0 ? changetype<Ordered>(0) : copy;
  }

  @inline
  major(node: u32): u64 {
    return load<u64>(this.nodes.at(node), MAJOR);
  }

  @inline
  minor(node: u32): u64 {
    return load<u64>(this.nodes.at(node), MINOR);
  }

  @inline
  private left(node: u32): u32 {
    return load<u32>(this.nodes.at(node), LEFT);
  }

  @inline
  private right(node: u32): u32 {
    return load<u32>(this.nodes.at(node), RIGHT);
  }

  @inline
  private priority(node: u32): u64 {
    return load<u64>(this.nodes.at(node), PRIORITY);
  }

  private setLeft(node: u32, to: u32): void {
    store<u32>(this.nodes.at(node), to, LEFT);
  }

  private setRight(node: u32, to: u32): void {
    store<u32>(this.nodes.at(node), to, RIGHT);
  }

  @inline
  private isBelow(node: u32, major: u64, minor: u64): bool {
    const own = this.major(node);
    return own < major || (own == major && this.minor(node) < minor);
  }

  /** Inserts a pair, which the set does not have; the new root. */
  insert(root: u32, major: u64, minor: u64): u32 {
    const node = this.allocNode();
    if (node == 0) return root;
    const at = this.nodes.at(node);
    store<u64>(at, major, MAJOR);
    store<u64>(at, minor, MINOR);
    store<u64>(at, splitMix64(major, minor), PRIORITY);
    return this.insertNode(root, node);
  }

  private allocNode(): u32 {
    const node = this.free;
    if (node != 0) {
      this.free = this.left(node);
      return node;
    }
    if (this.nodes.add()) return this.nodes.count - 1;
    this.hasFailed = true;
    return 0;
  }

  private insertNode(root: u32, node: u32): u32 {
    const major = this.major(node);
    const minor = this.minor(node);
    if (root == 0 || this.priority(node) > this.priority(root)) {
      this.split(root, major, minor);
      this.setLeft(node, this.below);
      this.setRight(node, this.above);
      return node;
    }
    if (this.isBelow(root, major, minor)) this.setRight(root, this.insertNode(this.right(root), node));
    else this.setLeft(root, this.insertNode(this.left(root), node));
    return root;
  }

  /** Splits a set into the pairs below the given one and the others. */
  private split(root: u32, major: u64, minor: u64): void {
    if (root == 0) {
      this.below = 0;
      this.above = 0;
    } else if (this.isBelow(root, major, minor)) {
      this.split(this.right(root), major, minor);
      this.setRight(root, this.below);
      this.below = root;
    } else {
      this.split(this.left(root), major, minor);
      this.setLeft(root, this.above);
      this.above = root;
    }
  }

  /** Removes a pair, which the set has; the new root. */
  remove(root: u32, major: u64, minor: u64): u32 {
    if (root == 0) return 0;
    if (this.major(root) == major && this.minor(root) == minor) {
      const rest = this.join(this.left(root), this.right(root));
      this.setLeft(root, this.free);
      this.free = root;
      return rest;
    }
    if (this.isBelow(root, major, minor)) this.setRight(root, this.remove(this.right(root), major, minor));
    else this.setLeft(root, this.remove(this.left(root), major, minor));
    return root;
  }

  private join(below: u32, above: u32): u32 {
    if (below == 0) return above;
    if (above == 0) return below;
    if (this.priority(below) > this.priority(above)) {
      this.setRight(below, this.join(this.right(below), above));
      return below;
    }
    this.setLeft(above, this.join(below, this.left(above)));
    return above;
  }

  /** The node of the least pair; 0 when the set is empty. */
  first(root: u32): u32 {
    return this.atLeast(root, 0, 0);
  }

  /** The node of the least pair that is not below the given one; 0 when there is none. */
  atLeast(root: u32, major: u64, minor: u64): u32 {
    let found: u32 = 0;
    this.steps = 0;
    while (root != 0) {
      this.steps++;
      if (this.isBelow(root, major, minor)) root = this.right(root);
      else {
        found = root;
        root = this.left(root);
      }
    }
    return found;
  }

  /** The node of the greatest pair whose major is at most `major`; 0 when there is none. */
  atMost(root: u32, major: u64): u32 {
    let found: u32 = 0;
    this.steps = 0;
    while (root != 0) {
      this.steps++;
      if (this.major(root) > major) root = this.left(root);
      else {
        found = root;
        root = this.right(root);
      }
    }
    return found;
  }

  /** Is true when the set is in order and its priorities descend. Recursive; for checks. */
  isValid(root: u32): bool {
    if (root == 0) return true;
    const left = this.left(root);
    const right = this.right(root);
    if (
      left != 0 &&
      (!this.isBelow(left, this.major(root), this.minor(root)) || this.priority(left) > this.priority(root))
    )
      return false;
    if (
      right != 0 &&
      (this.isBelow(right, this.major(root), this.minor(root)) || this.priority(right) > this.priority(root))
    )
      return false;
    return this.isValid(left) && this.isValid(right);
  }
}
