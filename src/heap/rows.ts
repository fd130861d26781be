/** The results of an allocator. docs/heaps.md defines the fields. */
import type { HeapSample } from "../wasm/heap-recorder.js";
import type { ComparedAllocator } from "./compared.js";
import type { HeapMap } from "./heap-map.js";
import type { AllocatorOutcome, CostSummary, HeapEnd } from "./simulate.js";

/** One allocator on one log. Sizes are in bytes. */
export interface HeapRow {
  /** Name of the allocator, with its parameters. */
  allocator: string;
  /** Calls of the allocator that were served. */
  operations: number;
  /** Allocations that returned NULL. */
  failed: number;
  /** The most bytes requested and not yet freed at one time. */
  peakLiveBytes: number;
  /** The most blocks that were allocated and not yet freed at one time. */
  peakLiveBlocks: number;
  /** Bytes that were requested and not freed by the end of the log. */
  finalLiveBytes: number;
  /** Bytes that the heap held from the system. */
  peakHeapBytes: number;
  /** Bytes that the heap held from the system at the end of the log. */
  finalHeapBytes: number;
  /** The most bytes of the heap's pages that were in memory at one time. */
  peakResidentBytes: number;
  /** Bytes of the heap's pages that were in memory at the end of the log. */
  finalResidentBytes: number;
  /** At the peak of live bytes: the share of used blocks' footprint that was not requested, from 0 to 1. */
  internalFragmentation: number;
  /** At the peak of live bytes: the share of the heap in no used block, from 0 to 1. */
  externalFragmentation: number;
  /** System calls of brk that the allocator made. */
  brkCalls: number;
  /** System calls of mmap that the allocator made. */
  mmapCalls: number;
  /** System calls of munmap that the allocator made. */
  munmapCalls: number;
  /** System calls of mremap that the allocator made. */
  mremapCalls: number;
  /** System calls of mprotect that the allocator made. */
  mprotectCalls: number;
  /** System calls of madvise that the allocator made. */
  madviseCalls: number;
  /** Page faults by accesses of the allocator and of the program to its blocks. */
  faults: { minor: number; major: number };
  /** Nodes that searches visited. */
  searchSteps: number;
  /** Search steps and cache lines per operation. With the option `costs`. */
  costs?: { steps: CostSummary; lines: CostSummary };
  /** TLBs by name. With the option `costs`. */
  tlb?: AllocatorOutcome["tlb"];
  /** Time in the engine, without reading the log. */
  seconds: number;
  /** `operations` divided by `seconds`. */
  operationsPerSecond: number;
  /** The allocator is written in JavaScript, and so slower than one of the kernel. */
  javascript?: true;
  /** The allocator ended the process there. */
  stopped?: HeapEnd;
  /** The run was stopped at this line of the log: the rest was not served. */
  interruptedAt?: number;
  /** With the options of these names. */
  timeline?: HeapSample[];
  /** Addresses of the heap against time. With the option `map`. */
  map?: HeapMap;
}

export function rowOf({ name: allocator, custom }: ComparedAllocator, outcome: AllocatorOutcome): HeapRow {
  const { operations, peakLiveBytes, footprintAtPeak, committedAtPeak, seconds } = outcome;
  const { costs, stopped, interruptedAt, timeline, map } = outcome;
  return {
    allocator,
    operations,
    failed: outcome.failed,
    peakLiveBytes,
    peakLiveBlocks: outcome.peakLiveBlocks,
    finalLiveBytes: outcome.liveBytes,
    peakHeapBytes: outcome.peakCommitted,
    finalHeapBytes: outcome.committed,
    peakResidentBytes: outcome.peakResidentBytes,
    finalResidentBytes: outcome.finalResidentBytes,
    internalFragmentation: lost(peakLiveBytes, footprintAtPeak),
    externalFragmentation: lost(footprintAtPeak, committedAtPeak),
    brkCalls: outcome.brkCalls,
    mmapCalls: outcome.mmapCalls,
    munmapCalls: outcome.munmapCalls,
    mremapCalls: outcome.mremapCalls,
    mprotectCalls: outcome.mprotectCalls,
    madviseCalls: outcome.madviseCalls,
    faults: { minor: outcome.minorFaults, major: outcome.majorFaults },
    searchSteps: outcome.steps,
    ...(costs !== undefined && { costs, tlb: outcome.tlb }),
    seconds,
    operationsPerSecond: seconds === 0 ? 0 : operations / seconds,
    ...(custom !== undefined && { javascript: true }),
    ...(stopped !== undefined && { stopped }),
    ...(interruptedAt !== undefined && { interruptedAt }),
    ...(timeline !== undefined && { timeline }),
    ...(map !== undefined && { map }),
  };
}

/** The share of `whole` that is not `part`; 0 if a block takes less than was requested. */
export function lost(part: number, whole: number): number {
  return whole <= part ? 0 : 1 - part / whole;
}

/** True if all operations of the log were served. */
export function isWhole({ stopped, interruptedAt, failed }: HeapRow): boolean {
  return stopped === undefined && interruptedAt === undefined && failed === 0;
}
