/**
 * VMIN: after a request a page stays if its next one comes within `window` requests, and is evicted at once otherwise. It
 * has as many faults as the working set of the same window and never holds more pages; no policy with as many faults holds
 * fewer on average. Prieve and Fabry, "VMIN: an optimal variable-space page replacement algorithm", Communications of the
 * ACM 19 (1976), where `window` is the cost of a fault divided by that of holding a page for one request.
 *
 * Differences: when memory is full, OPT chooses the victim. So this is OPT with evictions before memory is full. `window` 0
 * means as many requests as frames.
 */
import { NONE } from "../../abi/core";
import { NEVER } from "../../abi/requests";
import { make } from "../../core/arena";
import { VariablePolicy } from "../contract";
import { Opt } from "./opt";

@final
@unmanaged
export class Vmin extends VariablePolicy {
  private opt: Opt;
  private window: u64;
  /** The page just requested, if its next request is too far; otherwise NONE. */
  private leaving: u32;

  create(capacity: u32, parameters: usize): bool {
    this.capacity = capacity;
    this.opt = make<Opt>();
    if (changetype<usize>(this.opt) == 0 || !this.opt.create(capacity, 0)) return false;
    this.slots = this.opt.slots;
    this.window = <u64>load<f64>(parameters);
    this.leaving = NONE;
    return true;
  }

  @inline
  hit(slot: u32, kind: u32): void {
    const opt = this.opt;
    this.checkGap(slot);
    opt.future = this.future;
    opt.hit(slot, kind);
    this.future = opt.future;
  }

  @inline
  miss(_slot: u32, _key: u64): void {}

  @inline
  insert(slot: u32, kind: u32): void {
    const opt = this.opt;
    this.checkGap(slot);
    opt.future = this.future;
    opt.insert(slot, kind);
    this.future = opt.future;
  }

  /** Checks the request's gap, which `opt` reads next: the page stays only if it is within the window. */
  @inline
  private checkGap(slot: u32): void {
    const gap = load<u32>(this.future);
    const window = this.window != 0 ? this.window : <u64>this.capacity;
    this.leaving = gap == NEVER || gap > window ? slot : NONE;
  }

  @inline
  expired(): u32 {
    const page = this.leaving;
    if (page != NONE) this.remove(page);
    return page;
  }

  evict(): u32 {
    const victim = this.opt.evict();
    if (victim == this.leaving) this.leaving = NONE;
    return victim;
  }

  remove(slot: u32): void {
    if (slot == this.leaving) this.leaving = NONE;
    this.opt.remove(slot);
  }

  isValid(): bool {
    return (this.leaving == NONE || this.slots.isResident(this.leaving)) && this.opt.isValid();
  }
}
