/**
 * The process's memory for an allocator that runs outside of the kernel. Addresses and sizes are f64, which tell every one
 * of them exactly and cross the border without a BigInt. `memory` is a `HeapMemory`, `Heap.memory`. Stores answer whether
 * the process has stopped, `HeapMemory.stopped`; loads give 0 then.
 */
import { PROT_NONE, PROT_READ, PROT_WRITE, SIGABRT, VM_WRITE } from "../../abi/linux";
import { Space } from "../../process/space/space";
import { HeapMemory, NO_MEMORY } from "../memory";
import { wholePages } from "../parts";

/** The largest number below which JavaScript represents every whole number exactly. */
const MOST_WHOLE: u64 = ((<u64>1) << 53) - 1;

function it(memory: usize): HeapMemory {
  return changetype<HeapMemory>(memory);
}

export function readCustom8(memory: usize, va: f64): u32 {
  return it(memory).read<u8>(<u64>va);
}

export function readCustom16(memory: usize, va: f64): u32 {
  return it(memory).read<u16>(<u64>va);
}

export function readCustom32(memory: usize, va: f64): u32 {
  return it(memory).read<u32>(<u64>va);
}

/** NaN if a number cannot represent the word exactly. */
export function readCustom64(memory: usize, va: f64): f64 {
  const word = it(memory).read<u64>(<u64>va);
  return word <= MOST_WHOLE ? <f64>word : NaN;
}

export function readCustomBig(memory: usize, va: f64): u64 {
  return it(memory).read<u64>(<u64>va);
}

export function writeCustom8(memory: usize, va: f64, value: u32): u32 {
  it(memory).write<u8>(<u64>va, <u8>value);
  return it(memory).stopped;
}

export function writeCustom16(memory: usize, va: f64, value: u32): u32 {
  it(memory).write<u16>(<u64>va, <u16>value);
  return it(memory).stopped;
}

export function writeCustom32(memory: usize, va: f64, value: u32): u32 {
  it(memory).write<u32>(<u64>va, value);
  return it(memory).stopped;
}

export function writeCustom64(memory: usize, va: f64, value: f64): u32 {
  it(memory).write<u64>(<u64>va, <u64>value);
  return it(memory).stopped;
}

export function writeCustomBig(memory: usize, va: f64, value: u64): u32 {
  it(memory).write<u64>(<u64>va, value);
  return it(memory).stopped;
}

export function fillCustom(memory: usize, va: f64, value: u32, count: f64): u32 {
  it(memory).fill(<u64>va, <u8>value, <u64>count);
  return it(memory).stopped;
}

/** memcpy. */
export function copyCustom(memory: usize, to: f64, from: f64, count: f64): u32 {
  it(memory).copy(<u64>to, <u64>from, <u64>count);
  return it(memory).stopped;
}

/** Whose operation runs, a dense number. */
export function threadOfCustom(memory: usize): u32 {
  return it(memory).thread;
}

export function breakOfCustom(memory: usize): f64 {
  return <f64>it(memory).breakAddress;
}

/** The old end of the heap; 0: there is no memory. */
export function sbrkCustom(memory: usize, delta: f64): f64 {
  return addressOr0(it(memory).sbrk(<i64>delta));
}

/** 0: there is no memory. */
export function mapCustom(memory: usize, count: f64, isReserved: bool): f64 {
  return addressOr0(it(memory).mmap(wholePages(<u64>count), isReserved ? PROT_NONE : PROT_READ | PROT_WRITE));
}

/** False when the call failed. */
export function unmapCustom(memory: usize, va: f64, count: f64): bool {
  const bytes = wholePages(<u64>count);
  const usable = usableBytes(it(memory).space, <u64>va, <u64>va + bytes);
  if (!it(memory).unreserve(<u64>va, bytes)) return false;
  it(memory).commit(-(<i64>usable));
  return true;
}

/** 0: it cannot be. */
export function remapCustom(memory: usize, va: f64, before: f64, after: f64, mayMove: bool): f64 {
  return addressOr0(it(memory).mremap(<u64>va, wholePages(<u64>before), wholePages(<u64>after), mayMove));
}

/** Makes mapped memory readable and writable; false when the call failed. */
export function unprotectCustom(memory: usize, va: f64, count: f64): bool {
  const bytes = wholePages(<u64>count);
  const usable = <i64>usableBytes(it(memory).space, <u64>va, <u64>va + bytes);
  // Bytes that were usable before do not count twice.
  it(memory).commit(-usable);
  if (it(memory).unprotect(<u64>va, bytes)) return true;
  it(memory).commit(usable);
  return false;
}

export function adviseCustom(memory: usize, va: f64, count: f64, advice: u32): bool {
  return it(memory).madvise(<u64>va, <u64>count, advice);
}

/** The program is ended by its allocator. The host has the message. */
export function abortCustom(memory: usize): void {
  if (!it(memory).hasStopped) it(memory).stopped = SIGABRT << 8;
}

/** `isHidden`: accesses do not count as the allocator's own from now on; false: they do again. */
export function hideCustom(memory: usize, isHidden: bool): void {
  if (isHidden) it(memory).hide();
  else it(memory).show();
}

function addressOr0(address: u64): f64 {
  return address == NO_MEMORY ? 0 : <f64>address;
}

/** Bytes between that can be written. */
function usableBytes(space: Space, start: u64, end: u64): u64 {
  let sum: u64 = 0;
  for (let va = start; va < end; ) {
    const region = space.regions.find(va);
    if (changetype<usize>(region) == 0 || region.start >= end) break;
    if (region.has(VM_WRITE)) sum += min(region.end, end) - max(region.start, va);
    va = region.end;
  }
  return sum;
}
