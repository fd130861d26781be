/**
 * MRU's stack: a request exchanges its page with the one on top, since that one, requested last, is the victim with every
 * number of frames that does not have the page. A new page goes on top, and the one that was there to the bottom. Takes
 * constant time.
 */
import { NONE } from "../abi/core";
import { make } from "../core/arena";
import { COLD, PageStack } from "./page-stack";

@final
@unmanaged
export class SwapStack extends PageStack {
  private top: u32;

  /** Null when memory is out. */
  static create(): SwapStack {
    const stack = make<SwapStack>();
    if (changetype<usize>(stack) != 0) stack.top = NONE;
    return stack;
  }

  @inline
  peek(id: u32): u32 {
    return this.placeOf(id);
  }

  @inline
  touch(id: u32): u32 {
    const place = this.places + ((<usize>id) << 2);
    const depth = load<u32>(place);
    if (depth == COLD) this.live++;
    if (this.top != NONE)
      store<u32>(this.places + ((<usize>this.top) << 2), depth == COLD ? this.live : depth);
    store<u32>(place, 1);
    this.top = id;
    return depth;
  }

  isValid(): bool {
    let sum: u64 = 0;
    for (let id: u32 = 0; id < this.live; id++) sum += this.placeOf(id);
    const live: u64 = this.live;
    return (this.top == NONE) == (live == 0) && sum == (live * (live + 1)) >> 1;
  }
}
