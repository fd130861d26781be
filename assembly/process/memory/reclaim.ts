/**
 * Frames for whoever needs one, and where they come from when memory is full.
 *
 *   free frames
 *        │  ── high ──   reclaim in the background stops here …
 *        │  ── low ───   … and starts here (Linux's kswapd)
 *        │  ── 0 ─────   whoever needs a frame evicts by himself (direct reclaim); when nothing can go, the OOM killer
 *
 * A victim is written to swap, or to its file, if it was stored to; then every entry that maps it is changed and
 * every TLB forgets it. From: Gorman, "Understanding the Linux Virtual Memory Manager" (2004), chapters 10, 11 and 13;
 * mm/vmscan.c for what is written. What differs: victims are chosen by one policy over all pages, private and cached,
 * one at a time; simulated time has no second thread, so the background runs between two faults, and what is reserved
 * below `min` for the kernel itself is not modelled.
 */
import { KIND_LOAD, NONE } from "../../abi";
import { PAGE } from "../../frames/frames";
import { DIRTY } from "../../mmu/entry";
import { Key } from "../../mmu/key";
import { DIRTY_PAGE, LAZY_PAGE, PRIVATE_PAGE, System } from "../system";
import { splitFrame } from "./huge";
import { killOne } from "./oom";
import { countPage } from "./page";
import { logWrite } from "./swap-log";

/**
 * A frame for a page of this content, in the policy's hands, not mapped yet; NONE when nothing can go. `marks`:
 * PRIVATE_PAGE or 0; `ghost`: the slot under which the policy may remember it.
 */
export function takePage(system: System, content: u32, marks: u32, ghost: u32, kind: u32, order: u32): u32 {
  const machine = system.machine;
  const slot = system.rememberedAs(ghost, content, marks);
  if (machine.limited) machine.replacer.miss(slot);
  const pfn = takeFrame(system, order, PAGE);
  if (pfn == NONE) return NONE;
  while (machine.limited && machine.replacer.base.slots.residents >= machine.replacer.base.capacity) {
    if (reclaim(system)) continue;
    machine.buddy.give(pfn);
    return NONE;
  }
  machine.frames.clear(pfn);
  machine.frames.setContent(pfn, content);
  system.mark(pfn, marks);
  system.manage(pfn, slot, kind);
  return pfn;
}

/** A block of 2^order frames, evicting, then killing, until there is one; NONE when that is of no use. */
export function takeFrame(system: System, order: u32, state: u8): u32 {
  const machine = system.machine;
  while (true) {
    const pfn = machine.buddy.take(order, state);
    if (pfn != NONE) return pfn;
    if (!machine.limited) {
      system.fail();
      return NONE;
    }
    if (!reclaim(system)) return NONE;
  }
}

/** Frees a frame while somebody waits, by the policy or by the OOM killer; false when the one who waits was killed. */
function reclaim(system: System): bool {
  const before = system.machine.evictions;
  if (evictOne(system)) {
    system.directReclaims += system.machine.evictions - before;
    system.isWeary = false;
    return true;
  }
  return !system.hasFailed && killOne(system);
}

/**
 * To be called after each fault: the background's work, and pages that the policy lets go by itself. Once nothing could
 * go the background rests until somebody who waited had success, as kswapd does (kswapd_failures).
 */
export function balance(system: System): void {
  const machine = system.machine;
  if (!machine.limited) return;
  if (machine.replacer.isVariable) letGo(system);
  if (system.freeFrames >= system.low || system.isWeary) return;
  const before = machine.evictions;
  while (system.freeFrames < system.high && !system.isWeary) system.isWeary = !evictOne(system);
  system.backgroundReclaims += machine.evictions - before;
}

function letGo(system: System): void {
  const replacer = system.machine.replacer;
  for (let tries = replacer.base.slots.residents; tries > 0; tries--) {
    const slot = replacer.expired();
    if (slot == NONE) return;
    const pfn = system.home(slot);
    if (!evict(system, slot)) keep(system, pfn);
  }
}

/** Evicts the policy's victim, or the first further one that can go; those that cannot are set aside meanwhile. */
function evictOne(system: System): bool {
  const replacer = system.machine.replacer;
  const aside = system.machine.aside;
  let kept: u32 = 0;
  let gone = false;
  while (!gone) {
    const slot = replacer.evict();
    if (slot == NONE) break;
    const pfn = system.home(slot);
    gone = evict(system, slot);
    if (gone) break;
    store<u32>(aside + ((<usize>kept) << 2), pfn);
    kept++;
    if (system.hasFailed) break;
  }
  for (let n: u32 = 0; n < kept; n++) keep(system, load<u32>(aside + ((<usize>n) << 2)));
  return gone;
}

/** The page in `pfn`, a victim, stays after all, as a page that has just come in. */
function keep(system: System, pfn: u32): void {
  const slot = system.machine.frames.slot(pfn);
  const content = system.machine.frames.content(pfn);
  system.manage(pfn, system.rememberedAs(slot, content, system.marks(pfn)), KIND_LOAD);
  system.machine.resetFilter();
}

/** Evicts the page in the home of `slot`, which the policy has given up; false when it cannot go. */
function evict(system: System, slot: u32): bool {
  const pfn = system.home(slot);
  if (system.machine.frames.order(pfn) != 0) return splitFrame(system, pfn);
  if (system.isHeld(pfn)) return false;
  return evictFrame(system, pfn, system.machine.replacer.base.slots.isGhost(slot) ? slot : NONE);
}

/** Evicts the base page in `pfn`, which is in no policy's hands; false when it cannot go. */
export function evictFrame(system: System, pfn: u32, ghost: u32): bool {
  const machine = system.machine;
  const isDirty = gatherDirty(system, pfn);
  if (system.hasMark(pfn, PRIVATE_PAGE)) {
    if (!isDirty && system.hasMark(pfn, LAZY_PAGE)) discard(system, pfn);
    else if (!swapOut(system, pfn, isDirty, ghost)) return false;
  } else if (!evictCached(system, pfn, isDirty, ghost)) {
    return false;
  }
  machine.buddy.give(pfn);
  machine.evictions++;
  return true;
}

/** Has the page been stored to since it was last written out? Its entries' D bits become its own mark. */
export function gatherDirty(system: System, pfn: u32): bool {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) == 0) return system.hasMark(pfn, DIRTY_PAGE);
  let isDirty = system.hasMark(pfn, DIRTY_PAGE) || isEntryDirty(system, frames.owner(pfn));
  for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node)) {
    if (isEntryDirty(system, system.mappings.key(node))) isDirty = true;
  }
  return isDirty;
}

function isEntryDirty(system: System, key: u64): bool {
  const machine = system.machine;
  return (machine.tables.flags(machine.walkKey(key)) & DIRTY) != 0;
}

/** Puts `software` (0, or a record's number) in every entry that maps `pfn`. */
export function unmapAll(system: System, pfn: u32, record: u32): void {
  const frames = system.machine.frames;
  while (frames.mapped(pfn) != 0) {
    const key = frames.owner(pfn);
    const space = system.space(Key.asid(key));
    system.machine.tables.set(system.machine.walkKey(key), (<u64>record) << 1);
    system.shoot(key);
    countPage(space, pfn, -1);
    if (record != 0) {
      space.swappedPages++;
      system.swap.setRefs(record, system.swap.refs(record) + 1);
    }
    system.mappings.remove(pfn, key);
  }
}

/** MADV_FREE's pages: nobody will miss them. */
function discard(system: System, pfn: u32): void {
  unmapAll(system, pfn, 0);
  dropRecord(system, pfn);
  system.discards++;
}

/** The page's copy in swap, if it has one that nobody else needs, is no more. */
export function dropRecord(system: System, pfn: u32): void {
  const record = system.machine.frames.evicted(pfn);
  if (record == 0) return;
  system.machine.frames.setEvicted(pfn, 0);
  if (system.swap.refs(record) == 0) system.swap.give(record);
  else system.swap.setPfn(record, NONE);
}

function swapOut(system: System, pfn: u32, isDirty: bool, ghost: u32): bool {
  const record = write(system, pfn, isDirty);
  if (record == 0) return false;
  unmapAll(system, pfn, record);
  system.swap.setPfn(record, NONE);
  system.swap.setGhost(record, ghost);
  if (system.swap.refs(record) == 0) system.swap.give(record); // read ahead, and then its owners left
  return true;
}

/** The page's record, made where it has none, its place written if need be; 0 when swap is full. */
function write(system: System, pfn: u32, isDirty: bool): u32 {
  const frames = system.machine.frames;
  let record = frames.evicted(pfn);
  const isNew = record == 0;
  if (isNew && system.swap.isFull) freePlace(system);
  if (isNew) record = system.swap.take(pfn, frames.content(pfn), system.hasMark(pfn, PRIVATE_PAGE));
  if (record == 0) return 0;
  frames.setEvicted(pfn, record);
  if (isNew || isDirty) {
    system.swapWrites++;
    system.machine.writebacks++;
    logWrite(system, pfn);
  }
  return record;
}

/** When swap is full a page in memory does without its copy there (Linux's __try_to_reclaim_swap). */
function freePlace(system: System): void {
  const pfn = system.swap.idlePage();
  if (pfn == NONE) return;
  dropRecord(system, pfn);
  system.mark(pfn, DIRTY_PAGE);
}

function evictCached(system: System, pfn: u32, isDirty: bool, ghost: u32): bool {
  const objects = system.objects;
  const entry = system.machine.frames.content(pfn);
  if (objects.isSwappedEntry(entry)) {
    // Shared memory that nobody stored to is zeros, and comes back as such.
    const isZero = !isDirty && system.machine.frames.evicted(pfn) == 0;
    const record = isZero ? 0 : write(system, pfn, isDirty);
    if (record == 0 && !isZero) return false;
    if (record != 0) system.swap.setPfn(record, NONE);
    unmapAll(system, pfn, 0);
    objects.setSwap(entry, record);
    if (record != 0) system.swap.setRefs(record, 1);
  } else {
    if (isDirty) {
      system.fileWrites++;
      system.machine.writebacks++;
    }
    unmapAll(system, pfn, 0);
    objects.setEvicted(entry);
  }
  objects.setPfn(entry, NONE);
  objects.setGhost(entry, ghost);
  return true;
}
