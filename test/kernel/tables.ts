/** Page tables and the walker. A handle is the address of an instance; 0 means out of memory. */
import { NONE } from "../../assembly/abi/core";
import { Buddy } from "../../assembly/frames/buddy";
import { TABLE } from "../../assembly/frames/frames";
import { EntryFormat } from "../../assembly/mmu/entry";
import { Geometry } from "../../assembly/mmu/geometry";
import { PageTables } from "../../assembly/mmu/tables";
import { Walker } from "../../assembly/mmu/walk";

export function createTables(geometry: usize, format: usize, buddy: usize): usize {
  const tables = PageTables.create(
    changetype<Geometry>(geometry),
    changetype<EntryFormat>(format),
    changetype<Buddy>(buddy),
  );
  return changetype<usize>(tables);
}

/** Makes an empty table of `level` in a frame of its own; NONE if there is no frame. */
export function addTable(tables: usize, level: u32): u32 {
  const it = changetype<PageTables>(tables);
  const pfn = it.buddy.alloc(0, TABLE);
  if (pfn == NONE) return NONE;
  it.frames.clear(pfn);
  return it.init(pfn, level) ? pfn : NONE;
}

export function freeTable(tables: usize, pfn: u32): void {
  changetype<PageTables>(tables).free(pfn);
}

export function attachTable(tables: usize, pte: usize, pfn: u32): void {
  changetype<PageTables>(tables).attach(pte, pfn);
}

export function walkTables(tables: usize, root: u32, va: u64, lowest: u32): usize {
  return changetype<PageTables>(tables).walk(root, va, lowest);
}

export function tableOfPte(tables: usize, pte: usize): u32 {
  return changetype<PageTables>(tables).table(pte);
}

export function levelOfPte(tables: usize, pte: usize): u32 {
  return changetype<PageTables>(tables).level(pte);
}

export function readPte(tables: usize, pte: usize): u64 {
  return changetype<PageTables>(tables).read(pte);
}

export function setPte(tables: usize, pte: usize, entry: u64): void {
  changetype<PageTables>(tables).set(pte, entry);
}

export function isLeafPte(tables: usize, pte: usize): bool {
  return changetype<PageTables>(tables).isLeaf(pte);
}

export function frameOfPte(tables: usize, pte: usize): u32 {
  return changetype<PageTables>(tables).frame(pte);
}

export function flagsOfPte(tables: usize, pte: usize): u32 {
  return changetype<PageTables>(tables).flags(pte);
}

export function setPteFlags(tables: usize, pte: usize, flags: u32): void {
  changetype<PageTables>(tables).setFlags(pte, flags);
}

export function pruneTables(tables: usize, root: u32, va: u64, floor: u64, ceiling: u64): u32 {
  return changetype<PageTables>(tables).prune(root, va, floor, ceiling);
}

export function tableCount(tables: usize): u32 {
  return changetype<PageTables>(tables).count;
}

export function tablePeak(tables: usize): u32 {
  return changetype<PageTables>(tables).peak;
}

/** `isValid` must be called first. */
export function tablesSeen(tables: usize): u32 {
  return changetype<PageTables>(tables).tablesSeen;
}

export function framesSeen(tables: usize): u32 {
  return changetype<PageTables>(tables).framesSeen;
}

export function areTablesValid(tables: usize, root: u32): bool {
  return changetype<PageTables>(tables).isValid(root);
}

// walk
export function createWalker(tables: usize): usize {
  return changetype<usize>(Walker.create(changetype<PageTables>(tables)));
}

export function addWalkCache(walker: usize, level: u32, entries: u32): usize {
  return changetype<Walker>(walker).addCache(level, entries);
}

export function walkPage(walker: usize, root: u32, space: u64, va: u64): bool {
  return changetype<Walker>(walker).walk(root, space, va);
}

export function walkedEntry(walker: usize): usize {
  return changetype<Walker>(walker).entry;
}

export function walkedLevel(walker: usize): u32 {
  return changetype<Walker>(walker).level;
}

export function walkReads(walker: usize): u32 {
  return changetype<Walker>(walker).reads;
}

export function usedWalkCache(walker: usize): bool {
  return changetype<Walker>(walker).usedCache;
}

export function flushWalker(walker: usize): void {
  changetype<Walker>(walker).flush();
}
