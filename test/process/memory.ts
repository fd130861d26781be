/** Systems with little memory for tests, and processes that fill it. */
import type { Process } from "#pagewalk/process/process.js";
import { System, type SystemOptions } from "#pagewalk/process/system.js";

export const PAGE = 4096;
export const RW = "PROT_READ|PROT_WRITE";
export const PRIVATE = "MAP_PRIVATE|MAP_ANONYMOUS";
const ALIGNED = 0x10000000;
export const SHARED = "MAP_SHARED|MAP_ANONYMOUS";

/** A machine with this number of frames, and by default as many places in swap. */
export function systemOf(frames: number, options: SystemOptions = {}): Promise<System> {
  return System.create({ memory: frames * PAGE, swap: frames * 4 * PAGE, policy: "lru", ...options });
}

/** Maps this number of pages. Returns the address. */
export function map(
  process: Process,
  pages: number,
  flags: string = PRIVATE,
  protection: string = RW,
): bigint {
  return process.mmap(0, pages * PAGE, protection, flags).value;
}

/** Maps a file of this size at a boundary of 64 KiB. Returns the address. */
export function mapFile(
  process: Process,
  path: string,
  pages: number,
  flags: string,
  protection: string = RW,
): bigint {
  process.system.file(path, BigInt(pages * PAGE));
  return process.mmap(ALIGNED, pages * PAGE, protection, flags, path).value;
}

export function at(address: bigint, page: number): bigint {
  return address + BigInt(page * PAGE);
}

/** Stores to each page in turn. Returns the number of faults. */
export function storeAll(process: Process, address: bigint, pages: number) {
  return sum(Array.from({ length: pages }, (_, n) => process.store(at(address, n))));
}

export function loadAll(process: Process, address: bigint, pages: number) {
  return sum(Array.from({ length: pages }, (_, n) => process.load(at(address, n))));
}

function sum(touches: readonly { minorFaults: number; majorFaults: number }[]) {
  return {
    minor: touches.reduce((total, { minorFaults }) => total + minorFaults, 0),
    major: touches.reduce((total, { majorFaults }) => total + majorFaults, 0),
  };
}

export function pageAt(process: Process, address: bigint) {
  return process.space.kernel.page(address);
}

/** Pages of the range that are in memory. */
export function resident(process: Process, address: bigint, pages: number): number {
  return Array.from({ length: pages }, (_, n) => pageAt(process, at(address, n)).pfn).filter(
    (pfn) => pfn !== undefined,
  ).length;
}

export function freeFrames({ frames: { total, used } }: System): number {
  return total - used;
}

/** The region at `address`, with the values of smaps. */
export function regionAt(process: Process, address: bigint) {
  const region = process.regions().find(({ start, end }) => start <= address && address < end);
  if (region === undefined) throw new Error(`nothing at ${address}`);
  return region;
}
