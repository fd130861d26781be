/**
 * Pages that must not be evicted now: those of the current reference, otherwise a policy could evict one for the other,
 * in turn; and the page that a fault copies or reads from.
 */
import { NONE } from "../../abi/core";
import { make } from "../../core/arena";
import { Machine } from "../../machine/machine";
import { Key } from "../../mmu/key";
import { Mappings } from "./mappings";

@final
@unmanaged
export class Pins {
  /** A frame that is not evicted while the fault that reads it is served; NONE for none. */
  frame: u32;
  /** Page numbers of the running space that are pinned until the current reference is done; none when first > last. */
  private first: u64;
  private last: u64;
  private machine: Machine;
  private mappings: Mappings;

  /** Null when memory is out. */
  static create(machine: Machine, mappings: Mappings): Pins {
    const pins = make<Pins>();
    if (changetype<usize>(pins) == 0) return pins;
    pins.machine = machine;
    pins.mappings = mappings;
    pins.frame = NONE;
    pins.unpin();
    return pins;
  }

  /** Pins the pages of the running space that contain `bytes` at `va`. */
  pin(va: u64, bytes: u64): void {
    const shift = this.machine.geometry.pageShift;
    const first = this.machine.geometry.truncate(va) >> shift;
    this.first = first;
    this.last = first + (((va & (((<u64>1) << shift) - 1)) + max(bytes, 1) - 1) >> shift);
  }

  unpin(): void {
    this.first = 1;
    this.last = 0;
  }

  /** Is true when the base page in `pfn` must not be evicted now. */
  has(pfn: u32): bool {
    if (pfn == this.frame) return true;
    const frames = this.machine.frames;
    if (this.first > this.last || frames.mapped(pfn) == 0) return false;
    if (this.isInRange(frames.owner(pfn))) return true;
    for (let node = frames.chain(pfn); node != 0; node = this.mappings.next(node)) {
      if (this.isInRange(this.mappings.key(node))) return true;
    }
    return false;
  }

  private isInRange(key: u64): bool {
    if (Key.asid(key) != Key.asid(this.machine.space)) return false;
    return Key.vpn(key) >= this.first && Key.vpn(key) <= this.last;
  }

  /** Is true between two calls, when no page is pinned. */
  isValid(): bool {
    return this.frame == NONE && this.first > this.last;
  }
}
