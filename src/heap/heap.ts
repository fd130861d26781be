/** `heap`: replays one allocation log through many allocators, on all cores. */
import * as v from "valibot";
import { heapOptions } from "../options/heap.js";
import type { AllocatorName } from "../options/names.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import { definitions } from "../options/shapes.js";
import { validate } from "../options/validate.js";
import { type PassOptions, type Progress, watchEntries } from "../options/watch.js";
import { Work } from "../pass/progress.js";
import { type Rows, rowsOf } from "../pass/rows.js";
import { storedInput } from "../trace/input.js";
import type { TraceInput } from "../trace/trace.js";
import { inLanes } from "../workers/lanes.js";
import { WorkerPool } from "../workers/pool.js";
import { Schedule } from "../workers/schedule.js";
import { isPage, threadsOf } from "../workers/threads.node.js";
import {
  type AllocatorSpec,
  type ComparedAllocator,
  chooseComparedAllocators,
  portable,
} from "./compared.js";
import { type HeapRow, rowOf } from "./rows.js";
import {
  type HeapInput,
  type HeapPlan,
  type HeapShape,
  type HeapsOutcome,
  type LogOutcome,
  simulateHeaps,
} from "./simulate.js";

const schema = v.strictObject({
  ...entriesOf(heapOptions),
  allocators: v.optional(definitions<AllocatorName, AllocatorSpec>()),
  name: v.optional(v.string()),
  maps: v.optional(v.string()),
  mapsName: v.optional(v.string(), "maps"),
  timeline: v.optional(v.boolean(), false),
  map: v.optional(v.boolean(), false),
  survey: v.optional(v.boolean(), false),
  ...watchEntries<HeapProgress>(),
});

/** Options of `heap`. */
export interface HeapOptions
  extends Omit<OptionsOf<typeof heapOptions>, "allocators">,
    PassOptions<HeapProgress> {
  /**
   * `all`, names such as `glibc,first-fit:order=address`, paths of custom ones, or an array of names, paths and results of
   * `defineAllocator`; default: the usual ones.
   */
  allocators?: AllocatorName | readonly AllocatorSpec[] | undefined;
  /** Name of the log in results and messages. */
  name?: string | undefined;
  /** Regions to start from, in the format of `/proc/PID/maps`; default: LOG.maps, if it exists, or a typical program. */
  maps?: string | undefined;
  /** The name of `maps` in messages. */
  mapsName?: string | undefined;
  /** Add a timeline to each row. */
  timeline?: boolean | undefined;
  /** Add a heap map to each row. */
  map?: boolean | undefined;
  /** Count sizes of requests and lives of blocks. */
  survey?: boolean | undefined;
}
type Checked = v.InferOutput<typeof schema>;

/** Progress of `heap`; `references` is 0. */
export interface HeapProgress extends Progress {
  /** Finished allocators. */
  finished: number;
  /** All allocators of the job. */
  allocators: number;
}

/** Result of `heap`, as `heap --json` prints it. docs/heaps.md defines the fields. */
export interface HeapResult {
  /** The log; undefined if nothing was finished. */
  log: LogOutcome | undefined;
  /** One for each allocator, in the order in which they were named. */
  results: HeapRow[];
}

/** A possibly partial result: rows of allocators that were not finished have `interruptedAt`. */
export interface HeapComparison extends HeapResult {
  /** Number of rows of the complete result. */
  allocators: number;
  /** The signal stopped it. */
  interrupted: boolean;
}

/** Bytes of log, times allocators, below which workers do not pay. */
const SMALL_WORK = 16 * 2 ** 20;
/** Estimates for dividing the work: bytes of an operation's line, lines read and operations served per second. */
const LINE_BYTES = 30;
const READ_RATE = 4e6;
const SERVE_RATE = 8e6;

/**
 * Replays a log of allocations through each allocator. A row for each, in the given order; `for await (const row of
 * heap(…))` gets each row as soon as it is finished. Throws `UsageError` for options, `InputError` for a log that cannot
 * be read, `OutOfMemoryError`.
 */
export function heap(input: TraceInput, options: HeapOptions = {}): Rows<HeapRow, HeapResult> {
  return rowsOf(options, async (stoppable, onRow: (row: HeapRow) => void) => {
    const { log, results, interrupted } = await heapUntilStopped(input, stoppable, onRow);
    if (interrupted) stoppable.signal?.throwIfAborted();
    return { log, results };
  });
}

/** As `heap`, but a stopped run returns the finished rows, and the unfinished ones as far as they came. */
export async function heapUntilStopped(
  input: TraceInput,
  options: HeapOptions = {},
  onRow: (row: HeapRow) => void = () => {},
): Promise<HeapComparison> {
  const checked = validate("heap", schema, options);
  const allocators = await chooseComparedAllocators(checked.allocators);
  const work = new HeapWork(allocators, checked, await placeOf(input, checked), onRow);
  try {
    await work.run();
  } catch (error) {
    if (!checked.signal?.aborted) throw error;
  }
  return work.outcome;
}

/** The log in the form that tasks open. */
interface Place {
  readonly input: HeapInput;
  readonly sizeBytes: number | undefined;
  /** It can be read again, also in another thread. */
  readonly isShared: boolean;
}

async function placeOf(input: TraceInput, { name, format }: Checked): Promise<Place> {
  const named = { ...(name !== undefined && { name }), ...(format !== undefined && { format }) };
  const isStored =
    (typeof input === "string" && input !== "-") ||
    input instanceof URL ||
    input instanceof Uint8Array ||
    input instanceof Blob;
  if (!isStored) return { input: { input, ...named }, sizeBytes: undefined, isShared: false };
  const { transferable = input, sizeBytes, name: found } = await storedInput(input, name);
  return { input: { input: transferable, name: found, ...named }, sizeBytes, isShared: true };
}

class HeapWork {
  private readonly shape: HeapShape;
  private readonly rows: (HeapRow | undefined)[];
  private log: LogOutcome | undefined;
  private readonly work: Work;
  private finished = 0;

  constructor(
    private readonly allocators: readonly ComparedAllocator[],
    private readonly options: Checked,
    private readonly place: Place,
    private readonly onRow: (row: HeapRow) => void,
  ) {
    const { maps: text, mapsName, memory, swap, tlb, huge, touch, costs, timeline, map } = options;
    this.rows = allocators.map(() => undefined);
    this.work = new Work(() => this.report(), options.signal, place.sizeBytes);
    this.work.expect(place, allocators.length);
    this.shape = {
      ...(text !== undefined && { maps: { text, name: mapsName } }),
      system: {
        ...(memory !== undefined && { memory }),
        ...(swap !== undefined && { swap }),
        ...(tlb !== undefined && { tlb }),
        ...(huge !== undefined && { huge }),
      },
      touch: touch === "all",
      costs,
      timeline,
      map,
    };
  }

  get outcome(): HeapComparison {
    const results = this.rows.filter((row) => row !== undefined);
    const allocators = this.allocators.length;
    return { log: this.log, results, allocators, interrupted: this.finished < allocators };
  }

  async run(): Promise<void> {
    const { sizeBytes = Number.POSITIVE_INFINITY, isShared } = this.place;
    const wanted = Math.min(threadsOf(this.options.jobs), this.allocators.length);
    const isWorth = isPage() || (wanted > 1 && sizeBytes * this.allocators.length >= SMALL_WORK);
    const pool = isShared && isWorth ? await WorkerPool.create(wanted) : undefined;
    const schedule = new Schedule(pool?.size ?? 1);
    schedule.add(this.allocators.map(workload), {
      decodeSeconds: isShared ? sizeBytes / LINE_BYTES / READ_RATE : Number.POSITIVE_INFINITY,
      serveSeconds: isShared ? sizeBytes / LINE_BYTES / SERVE_RATE : 1,
    });
    try {
      await inLanes(pool?.size ?? 1, this.options.signal, async () => {
        const group = schedule.next(performance.now() / 1000);
        if (group === undefined) return false;
        const { heaps } = await this.runGroup(group.indexes, pool);
        schedule.finish(group, heaps);
        return true;
      });
    } finally {
      await pool?.close();
    }
  }

  private async runGroup(indexes: readonly number[], pool: WorkerPool | undefined): Promise<HeapsOutcome> {
    const allocators = indexes.flatMap((index) => this.allocators[index] ?? []);
    // The findings of the log do not depend on the allocator: the task with the first allocator computes them.
    const survey = this.options.survey && indexes.includes(0);
    const outcome = await this.simulate({ ...this.shape, allocators, survey }, pool);
    const isBetter = outcome.log.interruptedAt === undefined && this.log?.interruptedAt !== undefined;
    if (this.log === undefined || survey || isBetter) this.log = outcome.log;
    for (const [n, index] of indexes.entries()) {
      const [choice, heap] = [allocators[n], outcome.heaps[n]];
      if (choice === undefined || heap === undefined) continue;
      const row = rowOf(choice, heap);
      if (row.interruptedAt === 0) continue;
      this.rows[index] = row;
      if (row.interruptedAt !== undefined) continue;
      this.finished++;
      this.onRow(row);
    }
    this.report();
    return outcome;
  }

  /** Custom allocators that exist only in this thread run here, and the others meanwhile in workers. */
  private async simulate(plan: HeapPlan, pool: WorkerPool | undefined): Promise<HeapsOutcome> {
    const { input } = this.place;
    if (pool === undefined) return simulateHeaps(input, plan, this.work.watch);
    const posted = plan.allocators.map(portable);
    const there = posted.filter((one) => one !== undefined);
    const here = plan.allocators.filter((_, n) => posted[n] === undefined);
    const away = (allocators: readonly ComparedAllocator[]) =>
      pool.exec<HeapsOutcome>("simulateHeaps", [input, { ...plan, allocators }], this.work.watch, {
        keepsPart: true,
      });
    if (here.length === 0) return away(there);
    const [theirs, ours] = await Promise.all([
      there.length === 0 ? undefined : away(there),
      simulateHeaps(input, { ...plan, allocators: here }, this.work.watch),
    ]);
    const heaps = posted.flatMap((one) => (one === undefined ? ours : theirs)?.heaps.shift() ?? []);
    return { log: ours.log, heaps };
  }

  private report(): void {
    const { work, finished, allocators } = this;
    this.options.onProgress?.({ ...work.progress, finished, allocators: allocators.length });
  }
}

function workload({ id, parameters }: ComparedAllocator) {
  return { policyId: id, parameters, frames: 1, needsFuture: false };
}
