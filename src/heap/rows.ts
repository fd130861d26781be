/** What an allocator came to, as results have it. docs/heaps.md defines each. */
import type { HeapSample } from "../wasm/heap-recorder.js";
import type { HeapContender } from "./contenders.js";
import type { HeapMap } from "./heap-map.js";
import type { AllocatorOutcome, CostSummary, HeapEnd } from "./simulate.js";

export interface HeapRow {
  allocator: string;
  operations: number;
  /** Allocations that gave NULL. */
  failed: number;
  /** Bytes that the program had asked for and not freed, when they were most; and how many blocks. */
  peakLiveBytes: number;
  peakLiveBlocks: number;
  finalLiveBytes: number;
  /** Bytes that the heap had from the system. */
  peakHeapBytes: number;
  finalHeapBytes: number;
  peakResidentBytes: number;
  finalResidentBytes: number;
  /** When live bytes were most: of what used blocks take, what nobody asked for; of the heap, what is in no used block. */
  internalFragmentation: number;
  externalFragmentation: number;
  brkCalls: number;
  mmapCalls: number;
  munmapCalls: number;
  mremapCalls: number;
  mprotectCalls: number;
  madviseCalls: number;
  faults: { minor: number; major: number };
  /** Nodes that searches looked at. */
  searchSteps: number;
  /** Of operations: search steps and cache lines. With the option `costs`. */
  costs?: { steps: CostSummary; lines: CostSummary };
  /** By name. With the option `costs`. */
  tlb?: AllocatorOutcome["tlb"];
  /** Time in the engine, reading the log aside. */
  seconds: number;
  operationsPerSecond: number;
  /** The allocator is an own one, and so slower than if it were in the kernel. */
  javascript?: true;
  /** The allocator ended the process there. */
  stopped?: HeapEnd;
  /** A signal stopped it there, a line of the log: the rest was not served. */
  interruptedAt?: number;
  /** With the options of the same names. */
  timeline?: HeapSample[];
  map?: HeapMap;
}

export function rowOf({ name: allocator, own }: HeapContender, outcome: AllocatorOutcome): HeapRow {
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
    ...(own !== undefined && { javascript: true }),
    ...(stopped !== undefined && { stopped }),
    ...(interruptedAt !== undefined && { interruptedAt }),
    ...(timeline !== undefined && { timeline }),
    ...(map !== undefined && { map }),
  };
}

/** The share of `whole` that is not `part`; none where a block was given less than it takes. */
export function lost(part: number, whole: number): number {
  return whole <= part ? 0 : 1 - part / whole;
}

/** Did it serve everything that it was asked for? */
export function isWhole({ stopped, interruptedAt, failed }: HeapRow): boolean {
  return stopped === undefined && interruptedAt === undefined && failed === 0;
}
