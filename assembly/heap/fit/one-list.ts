/** The index of first, next, best and worst fit: one list of all free nodes, searched by the rule `R`. */
import { Index, JOIN_DEFERRED, JOIN_LISTED } from "./index";
import { FreeList, ORDER_ADDRESS } from "./list";
import { Mirror } from "./mirror";
import { Rule } from "./rules";
import { Tags } from "./tags";

@final
@unmanaged
export class OneList<R extends Rule> extends Index {
  private list: FreeList;
  private mask: u64;
  /** The rest of a split chunk keeps the chunk's place in the list. */
  private keepsPlace: bool;

  create(tags: Tags, parameters: usize, coalescing: u32): bool {
    const order = <u32>load<f64>(parameters);
    const keeps = load<f64>(parameters, 8) != 0;
    this.list = FreeList.create(tags, order, keeps || coalescing == JOIN_LISTED);
    this.mask = tags.sizeMask;
    this.staysPut = order == ORDER_ADDRESS;
    this.keepsPlace = keeps || this.staysPut;
    if (changetype<usize>(this.list) == 0) return false;
    const changesUnseen = coalescing == JOIN_DEFERRED || coalescing == JOIN_LISTED;
    if (order == ORDER_ADDRESS && !tags.isTable && !changesUnseen && tags.memory.isOwn) {
      this.list.mirror = Mirror.create();
      if (!this.list.isMirrored) return false;
    }
    this.isBySize = this.list.isBySize;
    return true;
  }

  forked(tags: Tags): bool {
    this.list = this.list.copy(tags);
    return changetype<usize>(this.list) != 0;
  }

  find(need: u64): u64 {
    return changetype<R>(0).find(this.list, need, this.mask);
  }

  insert(node: u64): void {
    this.list.insert(node);
  }

  lift(node: u64): void {
    this.list.lift(node);
  }

  putBack(node: u64): void {
    if (this.keepsPlace) this.list.putBack(node);
    else this.list.insert(node);
  }

  grown(node: u64): void {
    this.list.grown(node);
  }

  endingAt(address: u64): u64 {
    return this.list.endingAt(address);
  }

  isAt(node: u64): bool {
    return node != 0 && node == this.list.rover;
  }

  settle(node: u64): void {
    this.list.rover = node;
  }

  joinListed(): void {
    this.list.joinListed();
  }

  binOf(_bytes: u64): u32 {
    return 0;
  }

  isSound(count: u64, sum: u64): bool {
    return this.list.isSound(count, sum);
  }
}
