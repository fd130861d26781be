/**
 * A log of the pages written to swap: the spaces that mapped each one, its address, and the current call. It proves
 * whether locked memory, such as a secret, stayed off the disk. The counts in each region, in each space (with its
 * removed regions) and in total are complete; single pages are kept for the last 65,536 writes.
 *
 *   0       8      12     16      an entry of the ring:  0        4      8       16
 *   ├ total ┼ ring ┼─ 0 ──┤                              ├ serial ┼ call ┼ va ───┤     serial: the space's, NONE: of shared
 *      u64     u32                                          u32     u32     u64        memory that is not mapped
 */
import { SWAP_LOG_ENTRY, SWAP_LOG_LENGTH } from "../../abi/process";
import { allocate, make } from "../../core/arena";

@final
@unmanaged
export class SwapLog {
  /** Entries ever written; the next is stored at `total % SWAP_LOG_LENGTH`. */
  total: u64;
  /** Null until the first entry. */
  private ring: usize;

  /** Null when memory is out. */
  static create(): SwapLog {
    return make<SwapLog>();
  }

  /** False when memory is out. */
  add(serial: u32, call: u32, va: u64): bool {
    if (this.ring == 0) this.ring = allocate(SWAP_LOG_LENGTH * SWAP_LOG_ENTRY);
    if (this.ring == 0) return false;
    const entry = this.ring + (<usize>this.total % SWAP_LOG_LENGTH) * SWAP_LOG_ENTRY;
    store<u32>(entry, serial);
    store<u32>(entry, call, 4);
    store<u64>(entry, va, 8);
    this.total++;
    return true;
  }
}
