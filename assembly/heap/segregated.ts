/**
 * Segregated fits: a list of free chunks for each class of sizes. A search looks through the list of the request's own class,
 * first fit, and then takes the first chunk of the next larger class that has one. Chunks are those of `TaggedHeap`. From:
 * Wilson, Johnstone, Neely, Boles, "Dynamic Storage Allocation: A Survey and Critical Review" (1995), section 3.6.
 *
 *   power-of-two:  class k:  2^k to 2^(k+1) - 1 bytes
 *   linear:        class k < 64:  k times the alignment;  above: powers of two
 *
 * Differences: a map of bits shows which classes have chunks, so that skipping an empty one does not count as a step.
 */
import { allocate, copyBytes } from "../core/arena";
import { Index } from "./fit/index";
import { FreeList, ORDER_ADDRESS, ORDER_FIFO, ORDER_LIFO } from "./fit/list";
import { First } from "./fit/rules";
import { TaggedHeap } from "./fit/tagged-heap";
import { Tags } from "./fit/tags";

/** Classes there can be: 64 of one size each, 64 powers of two. */
const CLASSES: u32 = 128;
const LINEAR: u64 = 64;

@final
@unmanaged
export class SizeClasses extends Index {
  private lists: usize;
  /** Of a class of one size, the unit; 0: all are powers of two. */
  private unit: u64;
  private mask: u64;
  /** Which classes have chunks. */
  private low: u64;
  private high: u64;

  create(tags: Tags, parameters: usize, _coalescing: u32): bool {
    this.unit = load<f64>(parameters) != 0 ? tags.alignment : 0;
    this.mask = tags.sizeMask;
    this.isBySize = true;
    this.lists = allocate(CLASSES << 2);
    if (this.lists == 0) return false;
    const word = <u32>load<f64>(parameters, 8);
    const order = word == 0 ? ORDER_LIFO : word == 1 ? ORDER_FIFO : ORDER_ADDRESS;
    for (let k: u32 = 0; k < CLASSES; k++) {
      const list = FreeList.create(tags, order, false);
      if (changetype<usize>(list) == 0) return false;
      store<u32>(this.lists + ((<usize>k) << 2), <u32>changetype<usize>(list));
    }
    return true;
  }

  forked(tags: Tags): bool {
    this.lists = copyBytes(this.lists, CLASSES << 2);
    if (this.lists == 0) return false;
    for (let k: u32 = 0; k < CLASSES; k++) {
      const list = this.list(k).copy(tags);
      if (changetype<usize>(list) == 0) return false;
      store<u32>(this.lists + ((<usize>k) << 2), <u32>changetype<usize>(list));
    }
    return true;
  }

  private list(k: u32): FreeList {
    return changetype<FreeList>(<usize>load<u32>(this.lists + ((<usize>k) << 2)));
  }

  private classOf(bytes: u64): u32 {
    const unit = this.unit;
    // An overrun may have left no size at all.
    if (unit == 0) return <u32>(63 - clz(bytes | 1));
    // 64 units are a power of two: its class is the first of them.
    return <u32>(bytes < LINEAR * unit ? bytes / unit : LINEAR + clz(LINEAR * unit) - clz(bytes));
  }

  find(need: u64): u64 {
    const k = this.classOf(need);
    const list = this.list(k);
    const found = changetype<First>(0).find(list, need, this.mask);
    if (found != 0) return found;
    const larger = this.nextFilled(k + 1);
    if (larger == CLASSES) return 0;
    const next = this.list(larger);
    next.memory.step();
    return next.head;
  }

  /** The first class from `k` on that has chunks; `CLASSES`: none. */
  private nextFilled(k: u32): u32 {
    if (k < 64) {
      const bits = this.low >> k;
      if (bits != 0) return k + <u32>ctz(bits);
      k = 64;
    }
    const bits = k < CLASSES ? this.high >> (k - 64) : 0;
    return bits == 0 ? CLASSES : k + <u32>ctz(bits);
  }

  insert(node: u64): void {
    const k = this.classOf(this.list(0).size(node));
    this.list(k).insert(node);
    if (k < 64) this.low |= (<u64>1) << k;
    else this.high |= (<u64>1) << (k - 64);
  }

  lift(node: u64): void {
    const k = this.classOf(this.list(0).size(node));
    const list = this.list(k);
    list.remove(node);
    if (list.count != 0) return;
    if (k < 64) this.low &= ~((<u64>1) << k);
    else this.high &= ~((<u64>1) << (k - 64));
  }

  putBack(node: u64): void {
    this.insert(node);
  }

  grown(_node: u64): void {}

  endingAt(_address: u64): u64 {
    return 0;
  }

  isAt(_node: u64): bool {
    return false;
  }

  settle(_node: u64): void {}

  joinListed(): void {}

  binOf(bytes: u64): u32 {
    return this.classOf(bytes);
  }

  isSound(count: u64, sum: u64): bool {
    for (let k: u32 = 0; k < CLASSES; k++) {
      const list = this.list(k);
      const isFilled = this.nextFilled(k) == k;
      if (isFilled != (list.count != 0) || !this.isSoundClass(list, k)) return false;
      count -= list.count;
      sum -= list.sum();
    }
    return count == 0 && sum == 0;
  }

  private isSoundClass(list: FreeList, k: u32): bool {
    for (let node = list.head, left = list.count; left != 0; left--) {
      if (this.classOf(list.peekSize(node)) != k) return false;
      node = list.peekNext(node);
    }
    return list.isSound(list.count, list.sum());
  }
}

export type Segregated = TaggedHeap<SizeClasses>;
