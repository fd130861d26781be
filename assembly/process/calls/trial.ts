/**
 * Trial runs of calls: mmap, munmap and mremap are applied to a copy of a space's regions, without pages, limits or
 * sums, and can be undone. The host uses this to find out which addresses mappings would get if calls came in another
 * order. Only what decides on addresses is modelled: a call that a limit would refuse succeeds here.
 */

import { CALL_OP, OP_MMAP, OP_MREMAP, OP_MUNMAP } from "../../abi/call";
import { NONE } from "../../abi/core";
import { EFAULT, EINVAL, MAP_ANONYMOUS, MAP_FIXED, MREMAP_DONTUNMAP, MREMAP_FIXED } from "../../abi/linux";
import { make } from "../../core/arena";
import { Chunks } from "../../core/chunks";
import { Space, spaceOf } from "../space/space";
import { System } from "../system/system";
import { argument } from "./calls";
import { roomFor } from "./remap";
import { toPages } from "./unmap";
import { placement, sizeOf } from "./unmapped-area";

/**
 * One step of the undo log:
 *
 *   0       8     16      24      28       32       36
 *   ├ start ┼ end ┼ pgoff ┼ flags ┼ object ┼ placed ┤     `placed` 1: the range was mapped, 0: it was unmapped
 *     u64     u64    u64     u32     u32      u32
 */
const START: usize = 0;
const END: usize = 8;
const PGOFF: usize = 16;
const FLAGS: usize = 24;
const OBJECT: usize = 28;
const PLACED: usize = 32;
const STEP_BYTES: u32 = 40;

@final
@unmanaged
export class Trial {
  space: Space;
  /** The number of steps that can be undone. */
  count: u32;
  private steps: Chunks;

  /** Null when memory is out. */
  static create(system: System): Trial {
    const nothing = changetype<Trial>(0);
    const trial = make<Trial>();
    if (changetype<usize>(trial) == 0) return nothing;
    trial.space = Space.create(system, NONE);
    trial.steps = Chunks.create(STEP_BYTES);
    const isMade = changetype<usize>(trial.space) != 0 && changetype<usize>(trial.steps) != 0;
    return isMade ? trial : nothing;
  }

  /** Starts with a copy of the regions of `from`; false when memory is out. */
  begin(from: Space): bool {
    const space = this.space;
    this.count = 0;
    while (space.regions.count != 0) space.regions.remove(space.regions.byIndex(0));
    space.taskSize = from.taskSize;
    space.mmapBase = from.mmapBase;
    space.lowest = from.lowest;
    space.isBottomUp = from.isBottomUp;
    space.lowStart = from.lowStart;
    space.lowRandom = from.lowRandom;
    space.isPrivileged = from.isPrivileged;
    let region = from.regions.find(0);
    while (changetype<usize>(region) != 0) {
      if (!this.put(region.start, region.end, region.pgoff, region.flags, region.object)) return false;
      region = from.regions.next(region);
    }
    return true;
  }

  /** Runs the call; an address, 0, or -errno. Sets the system's status when memory is out. */
  run(call: usize): i64 {
    const op = load<u32>(call, CALL_OP);
    const a = argument(call, 0);
    const b = argument(call, 1);
    if (op == OP_MMAP) return this.map(a, b, <u32>argument(call, 3), argument(call, 4), argument(call, 5));
    if (op == OP_MREMAP) return this.move(a, b, argument(call, 2), <u32>argument(call, 3), argument(call, 4));
    if (op != OP_MUNMAP) return -EINVAL;
    this.unmap(a, a + toPages(this.space, b));
    return 0;
  }

  private map(address: u64, bytes: u64, flags: u32, opened: u64, offset: u64): i64 {
    const space = this.space;
    const found = placement(space, address, bytes, flags, opened, offset);
    if (found < 0) return found;
    bytes = sizeOf(space, bytes, flags);
    if ((flags & MAP_FIXED) != 0) this.unmap(<u64>found, <u64>found + bytes);
    const isAnonymous = (flags & MAP_ANONYMOUS) != 0;
    return this.place(<u64>found, bytes, offset >> space.pageShift, 0, isAnonymous ? 0 : <u32>opened);
  }

  private move(address: u64, oldBytes: u64, newBytes: u64, flags: u32, target: u64): i64 {
    const space = this.space;
    const region = space.regions.at(address);
    if (changetype<usize>(region) == 0) return -EFAULT;
    oldBytes = toPages(space, oldBytes);
    newBytes = toPages(space, newBytes);
    const isFixed = (flags & MREMAP_FIXED) != 0;
    let found = <i64>(isFixed ? target : address);
    if (!isFixed && newBytes > oldBytes && !this.isFree(address + oldBytes, address + newBytes)) {
      found = roomFor(space, region, address, newBytes, 0, false);
      if (found < 0) return found;
    }
    const pgoff = region.index(address, space.pageShift);
    const object = region.object;
    const old = region.flags;
    if ((flags & MREMAP_DONTUNMAP) == 0) this.unmap(address, address + oldBytes);
    if (isFixed) this.unmap(target, target + newBytes);
    return this.place(<u64>found, newBytes, pgoff, old, object);
  }

  private isFree(start: u64, end: u64): bool {
    if (start == end || end > this.space.taskSize) return false;
    const region = this.space.regions.find(start);
    return changetype<usize>(region) == 0 || end <= region.start;
  }

  private place(address: u64, bytes: u64, pgoff: u64, flags: u32, object: u32): i64 {
    const end = address + bytes;
    if (this.record(address, end, pgoff, flags, object, true)) this.put(address, end, pgoff, flags, object);
    return <i64>address;
  }

  /** Unmaps the range and records what was mapped there. */
  private unmap(start: u64, end: u64): void {
    const regions = this.space.regions;
    const shift = this.space.pageShift;
    let region = regions.find(start);
    while (changetype<usize>(region) != 0 && region.start < end) {
      const low = max(region.start, start);
      const high = min(region.end, end);
      if (!this.record(low, high, region.index(low, shift), region.flags, region.object, false)) return;
      if (high == end) break;
      region = regions.find(high);
    }
    this.clear(start, end);
  }

  /** Removes all regions in the range; a region that reaches beyond it keeps its rest. */
  private clear(start: u64, end: u64): void {
    const regions = this.space.regions;
    const shift = this.space.pageShift;
    let region = regions.find(start);
    while (changetype<usize>(region) != 0 && region.start < end) {
      const to = region.end;
      const above = region.index(end, shift);
      const flags = region.flags;
      const object = region.object;
      if (region.start < start) regions.resize(region, region.start, start);
      else regions.remove(region);
      if (to > end) this.put(end, to, above, flags, object);
      region = regions.find(min(to, end));
    }
  }

  /**
   * Undoes steps until `mark` of them are left. A region may be split into several afterwards, with the same outer
   * bounds.
   */
  undo(mark: u32): void {
    while (this.count > mark) {
      const step = this.steps.at(--this.count);
      const start = load<u64>(step, START);
      const end = load<u64>(step, END);
      if (load<u32>(step, PLACED) != 0) {
        this.clear(start, end);
        continue;
      }
      this.put(start, end, load<u64>(step, PGOFF), load<u32>(step, FLAGS), load<u32>(step, OBJECT));
    }
  }

  private record(start: u64, end: u64, pgoff: u64, flags: u32, object: u32, isPlaced: bool): bool {
    if (this.count == this.steps.count && !this.steps.add()) {
      this.space.system.fail();
      return false;
    }
    const step = this.steps.at(this.count++);
    store<u64>(step, start, START);
    store<u64>(step, end, END);
    store<u64>(step, pgoff, PGOFF);
    store<u32>(step, flags, FLAGS);
    store<u32>(step, object, OBJECT);
    store<u32>(step, <u32>isPlaced, PLACED);
    return true;
  }

  private put(start: u64, end: u64, pgoff: u64, flags: u32, object: u32): bool {
    const region = this.space.regions.insert(start, end);
    if (changetype<usize>(region) == 0) {
      this.space.system.fail();
      return false;
    }
    region.pgoff = pgoff;
    region.flags = flags;
    region.object = object;
    return true;
  }
}

/** Creates a trial for the system; 0 when memory is out. */
export function createTrial(system: usize): usize {
  return changetype<usize>(Trial.create(changetype<System>(system)));
}

/** Starts the trial with the regions of process `asid`. */
export function beginTrial(trial: usize, asid: u32): void {
  const it = changetype<Trial>(trial);
  it.begin(spaceOf(it.space.system, asid));
}

export function tryCall(trial: usize, call: usize): i64 {
  return changetype<Trial>(trial).run(call);
}

/** The number of steps since the start. */
export function trialMark(trial: usize): u32 {
  return changetype<Trial>(trial).count;
}

export function undoTrial(trial: usize, mark: u32): void {
  changetype<Trial>(trial).undo(mark);
}
