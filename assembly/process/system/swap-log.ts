/**
 * What reached swap: every page that was written there, by whom it was mapped, where, and during which call. Who locks
 * memory to keep a secret off the disk can prove by it that the secret stayed off. Counts are complete: in each region,
 * in each space with those of regions that are gone, and in all; pages themselves are kept of the last 65,536 writes.
 *
 *   0       8      12     16      an entry of the ring:  0        4      8       16
 *   ├ total ┼ ring ┼─ 0 ──┤                              ├ serial ┼ call ┼ va ───┤     serial: the space's, NONE: of shared
 *      u64     u32                                          u32     u32     u64        memory that nobody maps
 */
import { SWAP_LOG_ENTRY, SWAP_LOG_LENGTH } from "../../abi-process";
import { allocate, make } from "../../core/arena";

@final
@unmanaged
export class SwapLog {
  /** Entries ever written; the next goes to `total % SWAP_LOG_LENGTH`. */
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
