/** mremap(2), page by page. Written from Linux 6.18's mm/mremap.c. */
import {
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYSHARE,
  VM_SHARED,
} from "../../../assembly/abi/linux.js";
import { type Answer, has, isLocked, PAGE_BYTES, type Page, pagesOf } from "./memory.js";
import type { NaiveProcess } from "./process.js";

const TABLE = 512;
const LOCKS = VM_LOCKED | VM_LOCKONFAULT;
/** The state of a page in page tables. */
type Taken = Pick<Page, "entry" | "isGuarded">;

interface Remap {
  readonly start: number;
  readonly count: number;
  readonly wanted: number;
  readonly isFixed: boolean;
  readonly isKept: boolean;
  readonly mayMove: boolean;
  /** In bytes: with MREMAP_DONTUNMAP alone it is a hint. */
  readonly target: number;
}

export function remap(
  process: NaiveProcess,
  address: number,
  oldBytes: number,
  newBytes: number,
  flags: number,
  target: number,
): Answer {
  const call: Remap = {
    start: address / PAGE_BYTES,
    count: pagesOf(oldBytes),
    wanted: pagesOf(newBytes),
    isFixed: (flags & MREMAP_FIXED) !== 0,
    isKept: (flags & MREMAP_DONTUNMAP) !== 0,
    mayMove: (flags & MREMAP_MAYMOVE) !== 0,
    target,
  };
  if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0) return "EINVAL";
  if (address % PAGE_BYTES !== 0 || !isSound(process, call)) return "EINVAL";
  if (call.isFixed && call.count === call.wanted) return moveEach(process, call);
  const refusal = refuse(process, call);
  if (refusal !== undefined) return refusal;
  if (call.isFixed || call.isKept) return moveTo(process, call);
  if (call.wanted > call.count) return grow(process, call);
  return shrink(process, call) ?? address;
}

function shrink(process: NaiveProcess, { start, count, wanted }: Remap): string | undefined {
  if (wanted === count) return undefined;
  const answer = process.munmap((start + wanted) * PAGE_BYTES, (count - wanted) * PAGE_BYTES);
  return typeof answer === "string" ? answer : undefined;
}

function isSound(process: NaiveProcess, { start, count, wanted, isFixed, isKept, mayMove, target }: Remap) {
  const { top } = process.space;
  if (wanted === 0 || wanted > top) return false;
  if (!isFixed && !isKept) return true;
  if (target > (top - wanted) * PAGE_BYTES || target % PAGE_BYTES !== 0 || !mayMove) return false;
  if (isKept && count !== wanted) return false;
  const to = target / PAGE_BYTES;
  return start + count <= to || to + wanted <= start;
}

/** The error that forbids this remapping of a part of one region. */
function refuse({ space, limits }: NaiveProcess, call: Remap): string | undefined {
  const { start, count, wanted, isFixed, isKept } = call;
  const page = space.pages.get(start);
  if (page === undefined) return "EFAULT";
  if (!isFixed && !isKept && wanted <= count) return undefined;
  if (count === 0 && !has(page, VM_SHARED | VM_MAYSHARE)) return "EINVAL";
  if (Math.min(count, wanted) > space.endOf(start) - start) return "EFAULT";
  if (wanted <= count) return undefined;
  if (!limits.mayLock(page.flags, wanted - count)) return "EAGAIN";
  return limits.mayExpand(page.flags, wanted - count) ? undefined : "ENOMEM";
}

/** MREMAP_FIXED without another size moves region after region, and keeps the holes between them. */
function moveEach(process: NaiveProcess, call: Remap): Answer {
  const { space } = process;
  const end = call.start + call.count;
  let answer: Answer = "EFAULT";
  for (let at = space.firstAtOrAbove(call.start); at !== undefined && at < end; ) {
    if (answer === "EFAULT" && at > call.start) return "EFAULT";
    const count = Math.min(space.endOf(at), end) - at;
    const target = call.target + (at - call.start) * PAGE_BYTES;
    const part = { ...call, start: at, count, wanted: count, target };
    const moved = refuse(process, part) ?? moveTo(process, part);
    if (typeof moved === "string") return moved;
    if (answer === "EFAULT") answer = moved;
    at = space.firstAtOrAbove(at + count);
  }
  return answer;
}

function grow(process: NaiveProcess, call: Remap): Answer {
  const { space, faults } = process;
  const { start, count, wanted } = call;
  const end = start + count;
  const target = start + wanted;
  const isAtEnd = count > 0 && space.endOf(start) === end;
  if (isAtEnd && target <= space.top && space.count(end, target) === 0) {
    const last = space.page(end - 1);
    space.lay(end, target, last.flags, last.backing, last.index + 1, last.opening);
    space.merge(end, target, { origin: last.origin, isForked: false });
    if (isLocked(last)) faults.populate(end, target, true);
    return start * PAGE_BYTES;
  }
  return call.mayMove ? moveTo(process, { ...call, target: 0 }) : "ENOMEM";
}

function moveTo(process: NaiveProcess, call: Remap): Answer {
  const { space, limits, faults } = process;
  const { start, wanted, isFixed, isKept } = call;
  let { count } = call;
  if (isFixed) process.clear(call.target / PAGE_BYTES, call.target / PAGE_BYTES + wanted);
  if (!space.pages.has(start)) return "EFAULT";
  if (wanted < count) {
    const error = shrink(process, call);
    if (error !== undefined) return error;
    count = wanted;
  }
  const { flags, backing, opening, index, origin, isForked } = space.page(start);
  if (isKept && !limits.mayExpand(flags, count)) return "ENOMEM";
  const place = process.place(call.target, wanted, isFixed, backing, index);
  if (typeof place === "string") return place;
  const taken = takeEntries(process, start, count);
  space.copyTables(space, start, place, count);
  // A mapping that never had a private page is like a new one at its new address.
  const isFresh = backing === undefined && origin === undefined;
  space.lay(place, place + wanted, flags, backing, isFresh ? place : index, opening);
  space.merge(place, place + wanted, { origin, isForked });
  taken.forEach((own, n) => {
    Object.assign(space.page(place + n), own);
  });
  if (isKept) leaveEmpty(process, start, count, place);
  else process.clear(start, start + count);
  if ((flags & LOCKS) === VM_LOCKED) faults.populate(place + count, place + wanted, true);
  return place * PAGE_BYTES;
}

function takeEntries({ space }: NaiveProcess, start: number, count: number): Taken[] {
  return Array.from({ length: count }, (_, n) => {
    const page = space.page(start + n);
    const { entry, isGuarded } = page;
    Object.assign(page, { entry: undefined, isGuarded: false });
    return { entry, isGuarded };
  });
}

/**
 * MREMAP_DONTUNMAP leaves a region without its pages and its lock, which is still counted; with its origin if it was a
 * part of a region.
 */
function leaveEmpty({ space, limits }: NaiveProcess, start: number, count: number, place: number): void {
  // Whole tables are moved if both ranges have the same alignment in one.
  if ((place - start) % TABLE === 0) space.freeWholeTables(start, start + count);
  const from = space.startOf(start);
  const to = space.endOf(start);
  limits.lockedBeside += space.count(from, to, isLocked);
  for (let vpn = from; vpn < to; vpn++) space.page(vpn).flags &= ~LOCKS;
  if (from === start && to === start + count) space.forgetOrigin(start);
}
