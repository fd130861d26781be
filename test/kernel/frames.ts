/** The frame table and the buddy allocator. A handle is the address of an instance; 0 means out of memory. */
import { Buddy } from "../../assembly/frames/buddy";
import { Frames } from "../../assembly/frames/frames";

export function createFrames(limit: u32, pageShift: u32): usize {
  return changetype<usize>(Frames.create(limit, pageShift));
}

export function growFrames(frames: usize): u32 {
  return changetype<Frames>(frames).grow();
}

export function frameCount(frames: usize): u32 {
  return changetype<Frames>(frames).count;
}

export function frameAt(frames: usize, pfn: u32): usize {
  return changetype<Frames>(frames).at(pfn);
}

export function clearFrame(frames: usize, pfn: u32): void {
  changetype<Frames>(frames).clear(pfn);
}

export function frameOwner(frames: usize, pfn: u32): u64 {
  return changetype<Frames>(frames).owner(pfn);
}

export function setFrameOwner(frames: usize, pfn: u32, owner: u64): void {
  changetype<Frames>(frames).setOwner(pfn, owner);
}

export function frameSlot(frames: usize, pfn: u32): u32 {
  return changetype<Frames>(frames).slot(pfn);
}

export function setFrameSlot(frames: usize, pfn: u32, slot: u32): void {
  changetype<Frames>(frames).setSlot(pfn, slot);
}

export function frameSwapEntry(frames: usize, pfn: u32): u32 {
  return changetype<Frames>(frames).swapEntry(pfn);
}

export function setFrameSwapEntry(frames: usize, pfn: u32, entry: u32): void {
  changetype<Frames>(frames).setSwapEntry(pfn, entry);
}

export function frameState(frames: usize, pfn: u32): u32 {
  return changetype<Frames>(frames).state(pfn);
}

export function frameOrder(frames: usize, pfn: u32): u32 {
  return changetype<Frames>(frames).order(pfn);
}

export function setFrameState(frames: usize, pfn: u32, state: u32, order: u32): void {
  changetype<Frames>(frames).setState(pfn, <u8>state, order);
}

export function frameUsed(frames: usize, pfn: u32): u32 {
  return changetype<Frames>(frames).used(pfn);
}

export function setFrameUsed(frames: usize, pfn: u32, used: u32): void {
  changetype<Frames>(frames).setUsed(pfn, used);
}

export function frameChain(frames: usize, pfn: u32): u32 {
  return changetype<Frames>(frames).chain(pfn);
}

export function setFrameChain(frames: usize, pfn: u32, node: u32): void {
  changetype<Frames>(frames).setChain(pfn, node);
}

export function frameContent(frames: usize, pfn: u32): u32 {
  return changetype<Frames>(frames).content(pfn);
}

export function setFrameContent(frames: usize, pfn: u32, content: u32): void {
  changetype<Frames>(frames).setContent(pfn, content);
}

export function frameMapped(frames: usize, pfn: u32): u32 {
  return changetype<Frames>(frames).mapped(pfn);
}

export function setFrameMapped(frames: usize, pfn: u32, mapped: u32): void {
  changetype<Frames>(frames).setMapped(pfn, mapped);
}

// buddy
export function createBuddy(frames: usize): usize {
  return changetype<usize>(Buddy.create(changetype<Frames>(frames)));
}

export function hasBlock(buddy: usize, order: u32): bool {
  return changetype<Buddy>(buddy).has(order);
}

export function allocBlock(buddy: usize, order: u32, state: u32): u32 {
  return changetype<Buddy>(buddy).alloc(order, <u8>state);
}

export function freeBlock(buddy: usize, pfn: u32): void {
  changetype<Buddy>(buddy).free(pfn);
}

export function freeFrames(buddy: usize): u32 {
  return changetype<Buddy>(buddy).freeFrames;
}

export function usedFrames(buddy: usize): u32 {
  return changetype<Buddy>(buddy).used;
}

export function peakFrames(buddy: usize): u32 {
  return changetype<Buddy>(buddy).peakUsed;
}

export function isBuddyValid(buddy: usize): bool {
  return changetype<Buddy>(buddy).isValid();
}
