/**
 * When two regions become one, and one two. Neighbours merge when all that tells them apart is where they are: flags,
 * object, how that was opened, the place in it, and their private pages' origin (anon_vma), which may differ only by being
 * absent. That one may have guards keeps them not apart: both may then (VM_STICKY). From: mm/vma.c of Linux 6.18,
 * vma_merge_new_range, vma_merge_existing_range and split_vma.
 *
 *   new      ├ prev ┤├ new ┤├ next ┤      prev and new, new and next, or all three become one
 *   change   ├ prev ┤├─ region ─────┤├ next ┤    the changed part at an end of its region may go over to a neighbour;
 *                     ├ changed ┤                otherwise the region is split around it
 */
import { FEATURE_MERGE_TOUCHED, VM_EXEC, VM_MAYBE_GUARD, VM_READ, VM_WRITE } from "../../abi-process";
import { handOver } from "../pages/pool";
import { splitHugeAt } from "../pages/split";
import { MOST_REGIONS } from "../space/accounts";
import { Region, VM_SPECIAL } from "../space/region";
import { Space } from "../space/space";
import { System } from "../system/system";

const _ACCESS: u32 = VM_READ | VM_WRITE | VM_EXEC;

/** What a range is to be, for the question whether a neighbour is the same. */
@final
@unmanaged
export class Range {
  start: u64;
  end: u64;
  pgoff: u64;
  flags: u32;
  object: u32;
  opening: u32;
  anon: u32;
  isForked: bool;
}

/** The range that is being placed: one at a time. */
const RANGE: usize = memory.data(48, 16);

/** A description to be filled in by the caller, until the next one is asked for. */
export function describe(start: u64, end: u64, flags: u32, object: u32, pgoff: u64): Range {
  const range = changetype<Range>(RANGE);
  range.start = start;
  range.end = end;
  range.pgoff = pgoff;
  range.flags = flags;
  range.object = object;
  range.opening = 0;
  range.anon = 0;
  range.isForked = false;
  return range;
}

function isAlike(region: Region, range: Range): bool {
  const differing = (region.flags ^ range.flags) & ~(<u32>VM_MAYBE_GUARD);
  return (
    differing == 0 && region.object == range.object && region.opening == range.opening && region.label == 0
  );
}

/** May pages of the two origins live in one region? Those inherited by fork keep apart from what has none. */
function mayShare(system: System, region: Region, range: Range): bool {
  if (region.anon == range.anon) return true;
  if (region.anon == 0) return system.knows(FEATURE_MERGE_TOUCHED) && !range.isForked;
  return range.anon == 0 && region.forked == 0;
}

function joinsBelow(space: Space, previous: Region, range: Range): bool {
  if (changetype<usize>(previous) == 0 || previous.end != range.start) return false;
  const pages = (previous.end - previous.start) >> space.pageShift;
  return (
    isAlike(previous, range) &&
    previous.pgoff + pages == range.pgoff &&
    mayShare(space.system, previous, range)
  );
}

function joinsAbove(space: Space, next: Region, range: Range): bool {
  if (changetype<usize>(next) == 0 || next.start != range.end) return false;
  const pages = (range.end - range.start) >> space.pageShift;
  return isAlike(next, range) && next.pgoff == range.pgoff + pages && mayShare(space.system, next, range);
}

function areCompatible(previous: Region, next: Region): bool {
  return previous.anon == 0 || next.anon == 0 || previous.anon == next.anon;
}

/** The absorber has the private pages of the absorbed from now on, and what was counted in it. */
function absorb(into: Region, from: Region): void {
  adopt(into, from.flags, from.anon, from.forked);
  into.minor += from.minor;
  into.major += from.major;
  into.references += from.references;
  into.cycles += from.cycles;
  into.worst = max(into.worst, from.worst);
  into.swappedOut += from.swappedOut;
}

/** The region takes over pages of one with these flags and that origin. */
function adopt(into: Region, flags: u32, anon: u32, forked: u32): void {
  into.flags |= flags & VM_MAYBE_GUARD;
  if (into.anon != 0) return;
  into.anon = anon;
  into.forked = forked;
}

/** Removes a region whose place another has taken; its object has a user less. */
function discard(space: Space, region: Region): void {
  if (region.object != 0) space.system.objects.release(region.object);
  space.regions.remove(region);
}

/**
 * Puts a range where nothing is, merging it with its neighbours; the region that it is in then, null when memory is out.
 * `lowest`: a region that ends at or below it is no neighbour.
 */
export function place(space: Space, range: Range, lowest: u64, isBreak: bool): Region {
  const regions = space.regions;
  const previous = regions.before(range.start);
  const next = regions.find(range.start);
  const mayMerge = (range.flags & VM_SPECIAL) == 0;
  const below = mayMerge && joinsBelow(space, previous, range) && previous.end > lowest;
  let above = mayMerge && !isBreak && joinsAbove(space, next, range);
  if (below && above && !areCompatible(previous, next)) above = false;
  if (below) {
    const end = above ? next.end : range.end;
    if (above) {
      absorb(previous, next);
      discard(space, next);
    }
    regions.resize(previous, previous.start, end);
    adopt(previous, range.flags, range.anon, <u32>range.isForked);
    return previous;
  }
  if (above) {
    next.pgoff = range.pgoff;
    regions.resize(next, range.start, next.end);
    adopt(next, range.flags, range.anon, <u32>range.isForked);
    return next;
  }
  const region = regions.insert(range.start, range.end);
  if (changetype<usize>(region) == 0) {
    space.system.fail();
    return region;
  }
  region.pgoff = range.pgoff;
  region.flags = range.flags;
  region.object = range.object;
  region.opening = range.opening;
  region.anon = range.anon;
  region.forked = <u32>range.isForked;
  region.call = space.call;
  if (region.object != 0) space.system.objects.retain(region.object);
  return region;
}

/** The region grows up to `end`, where there is nothing, and merges with what it reaches. */
export function expand(space: Space, region: Region, end: u64): void {
  const regions = space.regions;
  const next = regions.next(region);
  const range = describe(
    region.end,
    end,
    region.flags,
    region.object,
    region.index(region.end, space.pageShift),
  );
  // That it was inherited keeps it apart only where another takes its pages over, and here it takes the other's.
  range.opening = region.opening;
  range.anon = region.anon;
  if ((region.flags & VM_SPECIAL) == 0 && joinsAbove(space, next, range)) {
    absorb(region, next);
    end = next.end;
    discard(space, next);
  }
  regions.resize(region, region.start, end);
}

/** Parts the region at `va`, which is inside it; the upper part, null when memory is out. */
export function split(space: Space, region: Region, va: u64): Region {
  const regions = space.regions;
  const end = region.end;
  splitHugeAt(space, va);
  regions.resize(region, region.start, va);
  const upper = regions.insert(va, end);
  if (changetype<usize>(upper) == 0) {
    space.system.fail();
    return upper;
  }
  upper.pgoff = region.pgoff + ((va - region.start) >> space.pageShift);
  upper.flags = region.flags;
  upper.object = region.object;
  upper.opening = region.opening;
  upper.anon = region.anon;
  upper.label = region.label;
  upper.call = region.call;
  upper.forked = region.forked;
  handOver(space, region, upper, va, end);
  if (upper.object != 0) space.system.objects.retain(upper.object);
  return upper;
}

/**
 * Gives `start` to `end`, within `region`, other flags; the region that it is in then, null when memory is out, or there
 * would be too many. Only what merges with no neighbour is counted, split by split: the first may stay where the second
 * cannot be.
 */
export function modify(space: Space, region: Region, start: u64, end: u64, flags: u32): Region {
  const regions = space.regions;
  const range = describe(start, end, flags, region.object, region.index(start, space.pageShift));
  range.opening = region.opening;
  range.anon = region.anon;
  range.isForked = region.forked != 0;
  const previous = regions.previous(region);
  const next = regions.next(region);
  const mayMerge = (flags & VM_SPECIAL) == 0 && region.label == 0;
  const below = mayMerge && start == region.start && joinsBelow(space, previous, range);
  let above = mayMerge && end == region.end && joinsAbove(space, next, range);
  if (below && above && !areCompatible(previous, next)) above = false;
  if (below) {
    adopt(previous, flags, region.anon, region.forked);
    if (end == region.end) {
      absorb(previous, region);
      discard(space, region);
    } else {
      splitHugeAt(space, end);
      region.pgoff += (end - region.start) >> space.pageShift;
      regions.resize(region, end, region.end);
    }
    if (above) {
      end = next.end;
      absorb(previous, next);
      discard(space, next);
    }
    regions.resize(previous, previous.start, end);
    return previous;
  }
  if (above) {
    next.pgoff -= (end - start) >> space.pageShift;
    if (start == region.start) {
      absorb(next, region);
      discard(space, region);
    } else {
      splitHugeAt(space, start);
      adopt(next, flags, region.anon, region.forked);
      regions.resize(region, region.start, start);
    }
    regions.resize(next, start, next.end);
    return next;
  }
  if (start > region.start) region = splitCounted(space, region, start);
  if (changetype<usize>(region) == 0) return region;
  if (end < region.end && changetype<usize>(splitCounted(space, region, end)) == 0)
    return changetype<Region>(0);
  region.flags = flags;
  return region;
}

/** Parts the region where there may be one more; null where there may not, or memory is out. */
function splitCounted(space: Space, region: Region, va: u64): Region {
  return space.regions.count >= MOST_REGIONS ? changetype<Region>(0) : split(space, region, va);
}
