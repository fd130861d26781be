/**
 * Merging and splitting of regions. Neighbours merge when they have the same flags, object and open file, contiguous
 * offsets, and the same anon_vma, or one of them has none. VM_MAYBE_GUARD does not prevent a merge: the merged region
 * has it, too (VM_STICKY). From: mm/vma.c of Linux 6.18, vma_merge_new_range, vma_merge_existing_range and split_vma.
 *
 *   new      ├ prev ┤├ new ┤├ next ┤      prev and new, new and next, or all three become one
 *   change   ├ prev ┤├─ region ─────┤├ next ┤    a changed part at an end of its region may merge with the neighbour;
 *                     ├ changed ┤                otherwise the region is split around it
 */
import { VM_MAYBE_GUARD } from "../../abi/linux";
import { FEATURE_MERGE_TOUCHED } from "../../abi/process";
import { moveReserve } from "../pages/pool";
import { splitHugeAt } from "../pages/split";
import { MAX_MAP_COUNT } from "../space/accounts";
import { Region, VM_SPECIAL } from "../space/region";
import { Space } from "../space/space";
import { System } from "../system/system";

/** A range that is to become a region or part of one. */
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

/** The current range; there is one at a time. */
const RANGE: usize = memory.data(48, 16);

/** The current range with these values; the caller may set the others. Valid until the next call. */
export function rangeOf(start: u64, end: u64, flags: u32, object: u32, pgoff: u64): Range {
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

/** Is true when flags, object and open file allow a merge (is_mergeable_vma). */
function isMergeable(region: Region, range: Range): bool {
  const differing = (region.flags ^ range.flags) & ~(<u32>VM_MAYBE_GUARD);
  return (
    differing == 0 && region.object == range.object && region.opening == range.opening && region.label == 0
  );
}

/**
 * Is true when the anon_vmas allow a merge (is_mergeable_anon_vma). A region inherited by fork merges with none that
 * has no anon_vma.
 */
function isAnonMergeable(system: System, region: Region, range: Range): bool {
  if (region.anon == range.anon) return true;
  if (region.anon == 0) return system.hasFeature(FEATURE_MERGE_TOUCHED) && !range.isForked;
  return range.anon == 0 && region.forked == 0;
}

function mergesWithPrevious(space: Space, previous: Region, range: Range): bool {
  if (changetype<usize>(previous) == 0 || previous.end != range.start) return false;
  const pages = (previous.end - previous.start) >> space.pageShift;
  return (
    isMergeable(previous, range) &&
    previous.pgoff + pages == range.pgoff &&
    isAnonMergeable(space.system, previous, range)
  );
}

function mergesWithNext(space: Space, next: Region, range: Range): bool {
  if (changetype<usize>(next) == 0 || next.start != range.end) return false;
  const pages = (range.end - range.start) >> space.pageShift;
  return (
    isMergeable(next, range) &&
    next.pgoff == range.pgoff + pages &&
    isAnonMergeable(space.system, next, range)
  );
}

function areAnonsCompatible(previous: Region, next: Region): bool {
  return previous.anon == 0 || next.anon == 0 || previous.anon == next.anon;
}

/** Adds the private pages and counts of `from` to `into`. */
function absorb(into: Region, from: Region): void {
  adopt(into, from.flags, from.anon, from.forked);
  into.minor += from.minor;
  into.major += from.major;
  into.references += from.references;
  into.cycles += from.cycles;
  into.worst = max(into.worst, from.worst);
  into.swappedOut += from.swappedOut;
}

/** Takes over pages of a region with these flags and this anon_vma. */
function adopt(into: Region, flags: u32, anon: u32, forked: u32): void {
  into.flags |= flags & VM_MAYBE_GUARD;
  if (into.anon != 0) return;
  into.anon = anon;
  into.forked = forked;
}

/** Removes a region that was merged into another, with its reference to the object. */
function discard(space: Space, region: Region): void {
  if (region.object != 0) space.system.objects.release(region.object);
  space.regions.remove(region);
}

/**
 * Inserts a range where there is no region and merges it with its neighbours; the resulting region, null when memory
 * is out. A region that ends at or below `lowest` does not count as a neighbour.
 */
export function place(space: Space, range: Range, lowest: u64, isBreak: bool): Region {
  const regions = space.regions;
  const previous = regions.before(range.start);
  const next = regions.find(range.start);
  const mayMerge = (range.flags & VM_SPECIAL) == 0;
  const below = mayMerge && mergesWithPrevious(space, previous, range) && previous.end > lowest;
  let above = mayMerge && !isBreak && mergesWithNext(space, next, range);
  if (below && above && !areAnonsCompatible(previous, next)) above = false;
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

/** Grows the region up to `end`, where there is no region, and merges it with the next. */
export function expand(space: Space, region: Region, end: u64): void {
  const regions = space.regions;
  const next = regions.next(region);
  const range = rangeOf(
    region.end,
    end,
    region.flags,
    region.object,
    region.index(region.end, space.pageShift),
  );
  // `isForked` stays false: here the region absorbs the next one, and that is allowed.
  range.opening = region.opening;
  range.anon = region.anon;
  if ((region.flags & VM_SPECIAL) == 0 && mergesWithNext(space, next, range)) {
    absorb(region, next);
    end = next.end;
    discard(space, next);
  }
  regions.resize(region, region.start, end);
}

/** Splits the region at `va`, which is inside it; the upper part, null when memory is out. */
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
  moveReserve(space, region, upper, va, end);
  if (upper.object != 0) space.system.objects.retain(upper.object);
  return upper;
}

/**
 * Changes the flags from `start` to `end`, within `region`; the resulting region, null when memory is out or there
 * would be too many regions. The limit is checked at each split, so the first split may remain when the second fails.
 */
export function modify(space: Space, region: Region, start: u64, end: u64, flags: u32): Region {
  const regions = space.regions;
  const range = rangeOf(start, end, flags, region.object, region.index(start, space.pageShift));
  range.opening = region.opening;
  range.anon = region.anon;
  range.isForked = region.forked != 0;
  const previous = regions.previous(region);
  const next = regions.next(region);
  const mayMerge = (flags & VM_SPECIAL) == 0 && region.label == 0;
  const below = mayMerge && start == region.start && mergesWithPrevious(space, previous, range);
  let above = mayMerge && end == region.end && mergesWithNext(space, next, range);
  if (below && above && !areAnonsCompatible(previous, next)) above = false;
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

/** Splits the region unless there are too many; null then, or when memory is out. */
function splitCounted(space: Space, region: Region, va: u64): Region {
  return space.regions.count >= MAX_MAP_COUNT ? changetype<Region>(0) : split(space, region, va);
}
