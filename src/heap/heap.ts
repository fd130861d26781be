/** `heap`: one allocation log through many allocators, on all cores. */
import * as v from "valibot";
import { threadsOf } from "../compare/options.js";
import { Schedule } from "../compare/plan.js";
import { storedInput } from "../trace/input.js";
import { validate } from "../trace/options.js";
import type { TraceInput } from "../trace/trace.js";
import { type Watch, WorkerPool } from "../workers/pool.js";
import { type AllocatorSpec, chooseContenders, type HeapContender, portable } from "./contenders.js";
import { type HeapRow, rowOf } from "./rows.js";
import {
  type HeapPlan,
  type HeapShape,
  type HeapsOutcome,
  type HeapTicket,
  type LogOutcome,
  simulateHeaps,
} from "./simulate.js";

const size = v.union([v.string(), v.number()]);
const callback = <T extends (...args: never[]) => void>() =>
  v.optional(v.custom<T>((value) => typeof value === "function"));

const schema = v.strictObject({
  /**
   * `all`, names such as `glibc,first-fit:order=address`, paths of own ones, or an array of names, paths and what
   * `defineAllocator` made; without it, the usual ones.
   */
  allocators: v.optional(v.union([v.string(), v.array(v.custom<AllocatorSpec>(() => true))])),
  /** The log's format; without it, it is detected. */
  format: v.optional(v.string()),
  /** What the log is called in results and messages. */
  name: v.optional(v.string()),
  /**
   * Regions to start from, as `/proc/PID/maps` has them, and what messages call them; without it, what is beside the log
   * in LOG.maps, or a program of the usual shape.
   */
  maps: v.optional(v.string()),
  mapsName: v.optional(v.string(), "maps"),
  /** Physical memory, and swap; without them as much as is needed, and none. */
  memory: v.optional(size),
  swap: v.optional(size),
  /** The TLBs, as `replay` takes them. */
  tlb: v.optional(v.string()),
  /** Transparent huge pages. */
  huge: v.optional(v.picklist(["never", "always", "madvise"])),
  /** Does the program store to all that it gets, or to nothing? */
  touch: v.optional(v.picklist(["all", "none"]), "all"),
  /** Count TLB misses, and the search steps and cache lines of each operation; several times as slow. */
  costs: v.optional(v.boolean(), false),
  /** Give each row a timeline. */
  timeline: v.optional(v.boolean(), false),
  /** Give each row a map of its heap. */
  map: v.optional(v.boolean(), false),
  /** Tell sizes of requests and lives of blocks. */
  survey: v.optional(v.boolean(), false),
  /** Threads to use; without it, every core. */
  jobs: v.optional(v.number()),
  onProgress: callback<(progress: HeapProgress) => void>(),
  /** Told of each row as soon as it is finished, in no order that can be relied on. */
  onRow: callback<(row: HeapRow) => void>(),
  /** Stops it; the rows finished so far are those that `onRow` was told of. */
  signal: v.optional(v.instance(AbortSignal)),
});
export type HeapOptions = v.InferInput<typeof schema>;
type Checked = v.InferOutput<typeof schema>;

export interface HeapProgress {
  /** Of all work, from 0 to 1, about; undefined where the log's size is not known. */
  fraction: number | undefined;
  /** Allocators that are done, and how many there are. */
  finished: number;
  allocators: number;
}

export interface HeapResult {
  /** The log; undefined where nothing was finished. */
  log: LogOutcome | undefined;
  results: HeapRow[];
}

/** A result as far as it came: rows of allocators that were at work have `interruptedAt`. */
export interface HeapComparison extends HeapResult {
  /** Rows that it would have had as a whole. */
  allocators: number;
  /** The signal stopped it. */
  interrupted: boolean;
}

/** Bytes of log, times allocators, that are not worth starting workers for. */
const SMALL_WORK = 16 * 2 ** 20;
/** Guesses, from which work is shared out: bytes of an operation's line, lines read and operations served a second. */
const LINE_BYTES = 30;
const READ_RATE = 4e6;
const SERVE_RATE = 8e6;

/** A row for each allocator, in the order given. */
export async function heap(input: TraceInput, options: HeapOptions = {}): Promise<HeapResult> {
  const { log, results, interrupted } = await heapUntilStopped(input, options);
  if (interrupted) options.signal?.throwIfAborted();
  return { log, results };
}

/** As `heap`, but a signal that stops it leaves the rows that are finished, and those at work as far as they came. */
export async function heapUntilStopped(
  input: TraceInput,
  options: HeapOptions = {},
): Promise<HeapComparison> {
  const checked = validate("heap", schema, options);
  const allocators = await chooseContenders(checked.allocators);
  const work = new HeapWork(allocators, checked, await placeOf(input, checked));
  try {
    await work.run();
  } catch (error) {
    if (!checked.signal?.aborted) throw error;
  }
  return work.outcome;
}

/** The log as tasks open it. */
interface Place {
  readonly ticket: HeapTicket;
  readonly sizeBytes: number | undefined;
  /** It can be read again, in another thread too. */
  readonly isShared: boolean;
}

async function placeOf(input: TraceInput, { name, format }: Checked): Promise<Place> {
  const told = { ...(name !== undefined && { name }), ...(format !== undefined && { format }) };
  const isStored =
    (typeof input === "string" && input !== "-") ||
    input instanceof URL ||
    input instanceof Uint8Array ||
    input instanceof Blob;
  if (!isStored) return { ticket: { input, ...told }, sizeBytes: undefined, isShared: false };
  const { transferable = input, sizeBytes, name: found } = await storedInput(input, name);
  return { ticket: { input: transferable, name: found, ...told }, sizeBytes, isShared: true };
}

class HeapWork {
  private readonly shape: HeapShape;
  private readonly rows: (HeapRow | undefined)[];
  private log: LogOutcome | undefined;
  private finished = 0;
  private bytesRead = 0;

  constructor(
    private readonly allocators: readonly HeapContender[],
    private readonly options: Checked,
    private readonly place: Place,
  ) {
    const { maps: text, mapsName, memory, swap, tlb, huge, touch, costs, timeline, map } = options;
    this.rows = allocators.map(() => undefined);
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
    const wanted = Math.min(await threadsOf(this.options.jobs), this.allocators.length);
    const isWorth = isShared && wanted > 1 && sizeBytes * this.allocators.length >= SMALL_WORK;
    const pool = isWorth ? await WorkerPool.create(wanted) : undefined;
    const schedule = new Schedule(pool?.size ?? 1);
    schedule.add(this.allocators.map(workload), {
      decodeSeconds: isShared ? sizeBytes / LINE_BYTES / READ_RATE : Number.POSITIVE_INFINITY,
      serveSeconds: isShared ? sizeBytes / LINE_BYTES / SERVE_RATE : 1,
    });
    try {
      const lane = async () => {
        while (!this.options.signal?.aborted) {
          const group = schedule.next(performance.now() / 1000);
          if (group === undefined) return;
          const { heaps } = await this.runGroup(group.indexes, pool);
          schedule.finish(group, heaps);
        }
      };
      // One that a signal has ended does not end those that still tell how far they came.
      const calmLane = () =>
        lane().catch((error: unknown) => {
          if (!this.options.signal?.aborted) throw error;
        });
      await Promise.all(Array.from({ length: pool?.size ?? 1 }, calmLane));
    } finally {
      await pool?.close();
    }
  }

  private async runGroup(indexes: readonly number[], pool: WorkerPool | undefined): Promise<HeapsOutcome> {
    const allocators = indexes.flatMap((index) => this.allocators[index] ?? []);
    // The log as such is the same for all: those who begin with the first allocator look at it.
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
      this.options.onRow?.(row);
    }
    this.tell();
    return outcome;
  }

  /** Own allocators that live in this thread alone run here, the others meanwhile in a worker. */
  private async simulate(plan: HeapPlan, pool: WorkerPool | undefined): Promise<HeapsOutcome> {
    const { ticket } = this.place;
    if (pool === undefined) return simulateHeaps(ticket, plan, this.watch);
    const posted = plan.allocators.map(portable);
    const there = posted.filter((one) => one !== undefined);
    const here = plan.allocators.filter((_, n) => posted[n] === undefined);
    const away = (allocators: readonly HeapContender[]) =>
      pool.exec<HeapsOutcome>("simulateHeaps", [ticket, { ...plan, allocators }], this.watch, true);
    if (here.length === 0) return away(there);
    const [theirs, ours] = await Promise.all([
      there.length === 0 ? undefined : away(there),
      simulateHeaps(ticket, { ...plan, allocators: here }, this.watch),
    ]);
    const heaps = posted.flatMap((one) => (one === undefined ? ours : theirs)?.heaps.shift() ?? []);
    return { log: ours.log, heaps };
  }

  private get watch(): Watch {
    const { signal } = this.options;
    const onWork = (bytes: number) => {
      this.bytesRead += bytes;
      this.tell();
    };
    return signal === undefined ? { onWork } : { onWork, signal };
  }

  private tell(): void {
    const { bytesRead, finished, allocators } = this;
    const total = (this.place.sizeBytes ?? 0) * allocators.length;
    this.options.onProgress?.({
      fraction: total === 0 ? undefined : Math.min(1, bytesRead / total),
      finished,
      allocators: allocators.length,
    });
  }
}

function workload({ id, parameters }: HeapContender) {
  return { policyId: id, parameters, frames: 1, needsFuture: false };
}
