/**
 * The numbers of address spaces, which their TLB entries carry (asid). The number of an ended process is used again,
 * with the same memory.
 *
 *   asid ──> address of its Space; 0: never used            ended ──> asid ──> nextEnded[asid] ──> … NONE
 */
import { NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";

@final
@unmanaged
export class SpaceTable {
  /** Numbers ever used, all those below this. */
  count: u32;
  private limit: u32;
  private ended: u32;
  private serials: u32;
  private addresses: usize; // u32 by asid
  private nextEnded: usize; // u32 by asid

  /** Null when memory is out. */
  static create(limit: u32): SpaceTable {
    const table = make<SpaceTable>();
    if (changetype<usize>(table) == 0) return table;
    table.limit = limit;
    table.ended = NONE;
    table.addresses = allocate((<u64>limit) << 2);
    table.nextEnded = allocate((<u64>limit) << 2);
    return table.addresses == 0 || table.nextEnded == 0 ? changetype<SpaceTable>(0) : table;
  }

  /** The address of the space; 0 for none. */
  @inline
  at(asid: u32): usize {
    return <usize>load<u32>(this.addresses + ((<usize>asid) << 2));
  }

  @inline
  get isFull(): bool {
    return this.count == this.limit;
  }

  /** Gives the next number to a new space; there is one. */
  add(space: usize): void {
    assert(!this.isFull, "there are more spaces than numbers");
    store<u32>(this.addresses + ((<usize>this.count) << 2), <u32>space);
    this.count++;
  }

  /** Frees the number of a space that has ended. */
  release(asid: u32): void {
    store<u32>(this.nextEnded + ((<usize>asid) << 2), this.ended);
    this.ended = asid;
  }

  /** The number freed last, which is used again; NONE when there is none. */
  reuse(): u32 {
    const asid = this.ended;
    if (asid != NONE) this.ended = load<u32>(this.nextEnded + ((<usize>asid) << 2));
    return asid;
  }

  /** A serial number, which distinguishes a space from earlier ones with the same asid. */
  newSerial(): u32 {
    return ++this.serials;
  }

  /** Is true when each number in use has a space, and the list of free numbers ends. */
  isValid(): bool {
    for (let asid: u32 = 0; asid < this.count; asid++) {
      if (this.at(asid) == 0) return false;
    }
    let ended: u32 = 0;
    for (let asid = this.ended; asid != NONE; asid = load<u32>(this.nextEnded + ((<usize>asid) << 2))) {
      if (asid >= this.count || ++ended > this.count) return false;
    }
    return this.count <= this.limit;
  }
}
