/** The map of swap. A handle is the address of an instance; 0 means out of memory. */
import { Swap } from "../../assembly/frames/swap";

export function createSwap(limit: u32): usize {
  return changetype<usize>(Swap.create(limit));
}

export function allocSwapEntry(swap: usize, pfn: u32, content: u32, isPrivate: bool): u32 {
  return changetype<Swap>(swap).alloc(pfn, content, isPrivate);
}

export function allocSwapPlaces(swap: usize, entry: u32, order: u32): bool {
  return changetype<Swap>(swap).allocPlaces(entry, order);
}

export function splitSwapEntry(swap: usize, huge: u32, skipped: u32, order: u32): u32 {
  return changetype<Swap>(swap).splitOff(huge, skipped, order);
}

export function freeSplitSwapEntry(swap: usize, huge: u32): void {
  changetype<Swap>(swap).freeSplit(huge);
}

export function freeSwapEntry(swap: usize, entry: u32): void {
  changetype<Swap>(swap).free(entry);
}

export function idleSwapPage(swap: usize): u32 {
  return changetype<Swap>(swap).idlePage();
}

export function setSwapRefs(swap: usize, entry: u32, refs: u32): void {
  changetype<Swap>(swap).setRefs(entry, refs);
}

export function setSwapPfn(swap: usize, entry: u32, pfn: u32): void {
  changetype<Swap>(swap).setPfn(entry, pfn);
}

export function setSwapPermissions(swap: usize, entry: u32, permissions: u32): void {
  changetype<Swap>(swap).setPermissions(entry, permissions);
}

export function swapPlace(swap: usize, entry: u32): u32 {
  return changetype<Swap>(swap).place(entry);
}

export function swapEntryAt(swap: usize, place: u32): u32 {
  return changetype<Swap>(swap).entryAt(place);
}

export function swapContent(swap: usize, entry: u32): u32 {
  return changetype<Swap>(swap).content(entry);
}

export function swapPermissions(swap: usize, entry: u32): u32 {
  return changetype<Swap>(swap).permissions(entry);
}

export function isSwapPrivate(swap: usize, entry: u32): bool {
  return changetype<Swap>(swap).isPrivate(entry);
}

export function usedSwap(swap: usize): u32 {
  return changetype<Swap>(swap).used;
}

export function isSwapValid(swap: usize): bool {
  return changetype<Swap>(swap).isValid();
}
