/**
 * What reached swap: every page that was written there, by whom it was mapped, where, and during which call. Who locks
 * memory to keep a secret off the disk can prove by it that the secret stayed off. Counts are complete: in each region,
 * in each space with those of regions that are gone, and in all; pages themselves are kept of the last 65,536 writes.
 *
 *   0       8      12     16      an entry of the ring:  0        4      8       16
 *   ├ total ┼ ring ┼─ 0 ──┤                              ├ serial ┼ call ┼ va ───┤     serial: the space's, NONE: of shared
 *      u64     u32                                          u32     u32     u64        memory that nobody maps
 */
import { NONE } from "../../abi";
import { SWAP_LOG_ENTRY, SWAP_LOG_LENGTH, VM_LOCKED } from "../../abi-process";
import { allocate, make } from "../../core/arena";
import { Key } from "../../mmu/key";
import { System } from "../system";

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

/** The page in `pfn` is being written to swap, while those who map it still do. */
export function logWrite(system: System, pfn: u32): void {
  const frames = system.machine.frames;
  const running = system.space(Key.asid(system.machine.space));
  const call = changetype<usize>(running) == 0 ? 0 : running.call;
  if (frames.mapped(pfn) == 0) {
    if (!system.swapLog.add(NONE, call, 0)) system.fail();
    return;
  }
  logMapping(system, frames.owner(pfn), call);
  for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node)) {
    logMapping(system, system.mappings.key(node), call);
  }
}

function logMapping(system: System, key: u64, call: u32): void {
  const geometry = system.machine.geometry;
  const space = system.space(Key.asid(key));
  const va = geometry.extend(Key.vpn(key) << geometry.shift(Key.level(key)));
  const region = space.regions.at(va);
  assert(changetype<usize>(region) != 0, "a page outside all regions");
  assert(!region.has(VM_LOCKED), "a locked page goes to swap");
  region.swappedOut++;
  space.swappedOut++;
  if (!system.swapLog.add(space.serial, call, va)) system.fail();
}
