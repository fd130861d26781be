/**
 * The work of one thread for `heap`: one pass over a log that feeds a group of allocators and measures their times
 * separately.
 */
import { HEAP_BYTES, HEAP_LINE, HEAP_PAGES, HEAP_WATCHED } from "../../assembly/abi/heap.js";
import {
  SPACE_ANONYMOUS,
  SPACE_FILE,
  SPACE_PEAK_RESIDENT,
  SPACE_SHARED,
} from "../../assembly/abi/process.js";
import { parametersIn } from "../allocators/allocators.js";
import type { HeapEnvironment } from "../allocators/environment.js";
import { definitionOf } from "../custom/load.js";
import { OutOfMemoryError } from "../errors.js";
import { each } from "../pass/pass.js";
import { times, type Watch } from "../pass/progress.js";
import { turnOfEventLoop } from "../platform/event-loop.js";
import { signalCode, signalName } from "../process/names.js";
import { installMaps, parseMaps } from "../process/proc/maps.js";
import type { Process } from "../process/process.js";
import { exec } from "../process/program/exec.js";
import { typicalProgram } from "../process/program/typical-program.js";
import { System, type SystemOptions } from "../process/system.js";
import type { TraceInput } from "../trace/trace.js";
import type { KernelHeap } from "../wasm/heap.js";
import { type HeapRecorder, type HeapSample, KernelHeapSurvey } from "../wasm/heap-recorder.js";
import type { Histogram, HistogramBucket } from "../wasm/histogram.js";
import { Kernel } from "../wasm/kernel.js";
import type { ComparedAllocator } from "./compared.js";
import { ALLOCATOR } from "./custom/definition.js";
import { CustomHeap, type CustomHeapOptions } from "./custom/simulation.js";
import { type HeapMap, heapMap } from "./heap-map.js";
import type { HeapFindings } from "./log/findings.js";
import type { HeapLog } from "./log/log.js";
import { openHeapLog } from "./log/open.js";

/** A log in the form that a worker gets; `input` may be a stream in this thread. */
export interface HeapInput {
  readonly input: TraceInput;
  readonly name?: string;
  readonly format?: string;
}

/** Options of the simulated machine, and the requested results. */
export interface HeapShape {
  readonly system: SystemOptions;
  /** Regions to start from, and their name in messages; default: those in LOG.maps, or of a typical program. */
  readonly maps?: { readonly text: string; readonly name: string };
  /** True if the program stores to its blocks. */
  readonly touch: boolean;
  readonly costs: boolean;
  readonly timeline: boolean;
  readonly map: boolean;
}

export interface HeapPlan extends HeapShape {
  readonly allocators: readonly ComparedAllocator[];
  /** Compute the findings of the log. */
  readonly survey: boolean;
}

/** Costs of an operation: mean, 99th and 99.9th percentile, maximum. */
export interface CostSummary {
  /** Average per operation. */
  mean: number;
  /** Not exceeded by 99 % of the operations. */
  p99: number;
  /** Not exceeded by 99.9 % of the operations. */
  p999: number;
  /** The largest value of an operation. */
  most: number;
}

/** How a process ended. */
export interface HeapEnd {
  /** Line of the log. */
  line: number;
  /** `SIGABRT`, `SIGSEGV`; undefined: the memory of the simulation is exhausted. */
  signal: string | undefined;
  /** The signal's code: `SEGV_MAPERR`; absent if the kernel gives none. */
  code?: string;
  /** The allocator's message on standard error, or a description of the error. */
  message?: string;
}

export interface AllocatorOutcome {
  operations: number;
  failed: number;
  liveBytes: number;
  peakLiveBytes: number;
  peakLiveBlocks: number;
  footprintAtPeak: number;
  committedAtPeak: number;
  committed: number;
  peakCommitted: number;
  peakResidentBytes: number;
  finalResidentBytes: number;
  minorFaults: number;
  majorFaults: number;
  brkCalls: number;
  mmapCalls: number;
  munmapCalls: number;
  mremapCalls: number;
  mprotectCalls: number;
  madviseCalls: number;
  /** By name, such as `l1d`. */
  tlb: Record<string, { lookups: number; hits: number; misses: number }>;
  steps: number;
  costs: { steps: CostSummary; lines: CostSummary } | undefined;
  stopped: HeapEnd | undefined;
  /** The last line served, if the log was not served to its end. */
  interruptedAt: number | undefined;
  seconds: number;
  timeline: HeapSample[] | undefined;
  map: HeapMap | undefined;
}

/** The findings of the log. */
export interface LogOutcome {
  /** Path or name of the log. */
  name: string;
  /** `ltrace`, `mtrace`, `rep`, `heaptrack` or `pagewalk`. */
  format: string;
  /** How the format was found. */
  detectedBy: HeapLog["detectedBy"];
  /** Absent if the log is not compressed. */
  compression?: string;
  /** Calls of the allocator in the log. */
  operations: number;
  /** Threads that called the allocator. */
  threads: number;
  /** Lines read. */
  lines: number;
  /** Lines that are no calls of the allocator. */
  skippedLines: number;
  /** Settings of the allocator that the log has, such as limits and the number of arenas. */
  environment: Omit<HeapEnvironment, "maps">;
  /** Faults of the program: leaks, double frees, pointers that are no blocks. */
  findings: HeapFindings;
  /** The last line read, if the log was not read to its end. */
  interruptedAt?: number;
  /** If requested. */
  survey?: SurveyOutcome;
}

/** Statistics of a heap log, independent of the allocator: sizes of requests, lives of blocks, findings. */
export interface SurveyOutcome {
  /** Total bytes requested. */
  bytes: number;
  /** Blocks allocated. */
  made: number;
  /** Blocks freed. */
  freed: number;
  /** Blocks by requested bytes. */
  sizes: readonly HistogramBucket[];
  /** Freed blocks by the number of operations between their allocation and free. */
  lives: readonly HistogramBucket[];
}

export interface HeapsOutcome {
  log: LogOutcome;
  /** In the plan's order. */
  heaps: AllocatorOutcome[];
}

/** Records served between two looks at the clock. */
const SLICE = 4096;
/** Milliseconds between two checks of the signal. */
const PATIENCE = 100;

/**
 * Reads the log once and returns the results, or partial results if the signal stops it. `watch` is called with bytes
 * read, times allocators.
 */
export async function simulateHeaps(source: HeapInput, plan: HeapPlan, watch: Watch): Promise<HeapsOutcome> {
  const { input, name, format } = source;
  const log = await openHeapLog(input, {
    ...(name !== undefined && { name }),
    ...(format !== undefined && { format }),
  });
  try {
    const survey = plan.survey ? new KernelHeapSurvey(await Kernel.create()) : undefined;
    const runs: AllocatorRun[] = [];
    for (const choice of plan.allocators) runs.push(await AllocatorRun.create(choice, plan, log));
    const isWhole = await pass(log, survey, runs, watch);
    const heaps = runs.map((run) => run.finish(isWhole));
    return { log: { ...logOutcome(log, survey), ...(!isWhole && { interruptedAt: log.lines }) }, heaps };
  } finally {
    await log.close();
  }
}

/** False if the signal stopped it. */
async function pass(
  log: HeapLog,
  survey: KernelHeapSurvey | undefined,
  runs: readonly AllocatorRun[],
  watch: Watch,
): Promise<boolean> {
  try {
    await each(
      log,
      () => log.next(),
      times(watch, runs.length),
      async ({ records, count }) => {
        survey?.add(records, count);
        for (const run of runs) await run.serve(records, count, watch);
      },
    );
    return true;
  } catch (error) {
    if (watch.signal?.aborted) return false;
    throw error;
  }
}

function logOutcome(log: HeapLog, survey: KernelHeapSurvey | undefined): LogOutcome {
  const {
    name,
    format,
    detectedBy,
    compression,
    operations,
    threads,
    lines,
    skippedLines,
    environment,
    findings,
  } = log;
  const { allocator, tunables, cores } = environment;
  return {
    name,
    format,
    detectedBy,
    ...(compression !== undefined && { compression }),
    operations,
    threads,
    lines,
    skippedLines,
    environment: {
      ...(allocator !== undefined && { allocator }),
      ...(tunables !== undefined && { tunables }),
      ...(cores !== undefined && { cores }),
    },
    findings,
    ...(survey !== undefined && { survey: surveyOutcome(survey) }),
  };
}

function surveyOutcome({ result }: KernelHeapSurvey): SurveyOutcome {
  const { bytes, made, freed, sizes, lives } = result;
  return { bytes, made, freed, sizes: sizes.buckets, lives: lives.buckets };
}

/** One allocator, on a process and a machine of its own. */
class AllocatorRun {
  private milliseconds = 0;
  private stopped: HeapEnd | undefined;
  /** The last line served. */
  private line = 0;
  /** Resident bytes and faults of the process before its heap. */
  private readonly before: { resident: number; minor: number; major: number };

  private constructor(
    private readonly process: Process,
    private readonly heap: KernelHeap,
    private readonly recorder: HeapRecorder | undefined,
    /** For an allocator in JavaScript. */
    private readonly custom: CustomHeap | undefined,
  ) {
    const { minor, major } = process.faults;
    this.before = { resident: residentOf(process), minor, major };
  }

  static async create(choice: ComparedAllocator, shape: HeapShape, log: HeapLog): Promise<AllocatorRun> {
    const process = await startProcess(shape, log);
    const how = { mode: shape.costs ? HEAP_WATCHED : HEAP_PAGES, isUsed: shape.touch };
    const custom = await customHeap(choice, process, { ...how, placeOf: (line) => log.place(line) });
    const heap =
      custom?.heap ??
      process.space.kernel.createHeap({
        ...how,
        allocator: choice.id,
        parameters: parametersIn(choice, log.environment),
        byAddress: false,
      });
    const { timeline: series, map, costs } = shape;
    const recorder =
      series || map || costs ? heap.record({ series, map, costs }, log.expectedOperations) : undefined;
    return new AllocatorRun(process, heap, recorder, custom);
  }

  /** Serves a batch; throws between two slices if the signal stops it. */
  async serve(records: Uint8Array, count: number, { signal, onWork }: Watch): Promise<void> {
    for (let from = 0; from < count && this.stopped === undefined; from += SLICE) {
      const slice = Math.min(SLICE, count - from);
      const milliseconds = this.serveSlice(records.subarray(from * HEAP_BYTES), slice);
      if (milliseconds < PATIENCE || signal === undefined) continue;
      onWork(0);
      await turnOfEventLoop();
      signal.throwIfAborted();
    }
  }

  private serveSlice(records: Uint8Array, count: number): number {
    const start = performance.now();
    const heap = this.custom ?? this.heap;
    const served = heap.serve(records, count);
    const milliseconds = performance.now() - start;
    this.milliseconds += milliseconds;
    const view = new DataView(records.buffer, records.byteOffset);
    this.line = view.getUint32(Math.max(served - 1, 0) * HEAP_BYTES + HEAP_LINE, true);
    const { stopped } = heap;
    if (stopped !== undefined) this.stopped = this.endAt(this.line, stopped);
    return milliseconds;
  }

  private endAt(line: number, stopped: NonNullable<KernelHeap["stopped"]>): HeapEnd {
    try {
      this.process.system.kernel.mustHaveMemory();
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      return { line, signal: undefined, message: error.problem };
    }
    const code = stopped.code === 0 ? undefined : signalCode(stopped.signal, stopped.code);
    return {
      line,
      signal: signalName(stopped.signal),
      ...(code !== undefined && { code }),
      ...(stopped.message !== undefined && { message: stopped.message }),
    };
  }

  /** `isWhole`: all of the log was served. */
  finish(isWhole: boolean): AllocatorOutcome {
    const { process, heap, recorder, before } = this;
    this.custom?.look(true);
    recorder?.finish();
    const { minor, major } = process.faults;
    const grid = recorder?.grid;
    const costs = recorder?.costs;
    const pageBytes = Number(process.system.layout.pageBytes);
    const peak = Number(process.field(SPACE_PEAK_RESIDENT)) - before.resident;
    const { mismatched, lines, taken, liveBlocks, liveFootprint, ...counters } = heap.counters;
    return {
      ...counters,
      peakResidentBytes: Math.max(0, peak) * pageBytes,
      finalResidentBytes: Math.max(0, residentOf(process) - before.resident) * pageBytes,
      minorFaults: minor - before.minor,
      majorFaults: major - before.major,
      tlb: Object.fromEntries(process.system.tlbs.map(({ spec, tlb }) => [spec.name, tlb.counts])),
      costs: costs && { steps: summary(costs.steps), lines: summary(costs.lines) },
      stopped: this.stopped,
      interruptedAt: isWhole || this.stopped !== undefined ? undefined : this.line,
      seconds: this.milliseconds / 1000,
      timeline: recorder?.series,
      map: grid && heapMap(grid),
    };
  }
}

async function customHeap(
  { custom, parameters }: ComparedAllocator,
  process: Process,
  options: CustomHeapOptions,
): Promise<CustomHeap | undefined> {
  if (custom === undefined) return undefined;
  return new CustomHeap(process, await definitionOf(custom, ALLOCATOR), parameters, custom, options);
}

async function startProcess({ system, maps }: HeapShape, log: HeapLog): Promise<Process> {
  const process = (await System.create(system)).start();
  const { layout } = process.system;
  const beside = log.environment.maps;
  const found = maps ?? (beside === undefined ? undefined : { text: beside, name: `${log.name}.maps` });
  if (found === undefined) exec(process, typicalProgram("program", layout.arch));
  else installMaps(process, parseMaps(found.text, found.name, layout.pageBytes), found.name);
  return process;
}

function residentOf(process: Process): number {
  return [SPACE_ANONYMOUS, SPACE_FILE, SPACE_SHARED].reduce(
    (sum, field) => sum + Number(process.field(field)),
    0,
  );
}

function summary(histogram: Histogram): CostSummary {
  const { mean, most } = histogram;
  return { mean, p99: histogram.quantile(0.99), p999: histogram.quantile(0.999), most };
}
