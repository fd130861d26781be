/** `replay`: replays one trace on one machine and counts the costs. */

import * as v from "valibot";
import { UsageError } from "../errors.js";
import type { Future } from "../future/future.js";
import { type Activity, ActivityRecorder } from "../machine/activity.js";
import { buildMachine, type NamedTlb, sumByName } from "../machine/build.js";
import { type MachinePlan, planMachine } from "../machine/options.js";
import { replayOptions } from "../options/machine.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import { validate } from "../options/validate.js";
import { type PassOptions, type Progress, watchEntries } from "../options/watch.js";
import { Copies } from "../pass/copies.js";
import { recordFuture } from "../pass/future.js";
import { readTrace } from "../pass/pass.js";
import { type Watch, Work } from "../pass/progress.js";
import type { TraceReader } from "../trace/reader.js";
import {
  checkTrace,
  describeTrace,
  noReferences,
  type Trace,
  type TraceDescription,
} from "../trace/trace.js";
import type { ReferenceCounts } from "../wasm/counts.js";
import { Kernel } from "../wasm/kernel.js";
import type { KernelMachine } from "../wasm/machine.js";
import { GapFeed, MachinePass } from "./pass.js";
import { type NamedRegion, type RegionCosts, RegionRecorder, regionsSchema } from "./regions.js";

/** Options of `replay`. */
export interface ReplayOptions extends OptionsOf<typeof replayOptions>, PassOptions {
  /** `exact` serves every reference one by one, even if page blocks would be enough; the results are the same. */
  engine?: "auto" | "exact";
  /** Add the machine's activity over time to the result. */
  timeline?: boolean;
  /** Add the costs of these regions, which do not overlap, to the result. Serves every reference one by one. */
  regions?: readonly NamedRegion[];
}

/** Counts of one TLB. */
export interface TlbCounts {
  /** References that asked the TLB; of the second level, those that missed in the first. */
  lookups: number;
  /** Lookups that found all translations. */
  hits: number;
  /** Lookups that did not. */
  misses: number;
}

/** The result of a replay, with the names of `replay --json`. */
export interface ReplayResult {
  /** How the trace was read, and what it has. */
  trace: TraceDescription & { distinctPages: number } & ReferenceCounts;
  /** The machine that it ran on. */
  machine: {
    arch: string;
    /** Bytes of the smallest page. */
    pageSize: number;
    /** Bytes of physical memory; if it is not limited, the size it reached. */
    memoryBytes: number;
    /** `--memory` was given, so pages may be evicted. */
    memoryLimited: boolean;
    policy: string;
    cpus: number;
    /** Each TLB's shape, such as `64x4`, by its name. */
    tlb: Record<string, string>;
  };
  /** Each TLB's counts, by its name; with several CPUs their sums. */
  tlb: Record<string, TlbCounts>;
  /** With several CPUs: the TLBs of each. */
  cpus?: { tlb: Record<string, TlbCounts> }[];
  /**
   * With several CPUs: invalidations of a translation that another CPU may have, and the interrupts that they cost
   * (Linux's nr_tlb_remote_flush and nr_tlb_remote_flush_received).
   */
  shootdowns?: { count: number; interrupts: number };
  /** Walks through the page tables, entries that they read, and those found in caches of the walk. */
  walks: { count: number; memoryReferences: number; cacheHits: number };
  /** Page faults: new pages, pages from swap, accesses that an entry or the address space does not allow. */
  faults: { minor: number; major: number; protection: number; segmentation: number };
  /** Frames: all of them, the most in use at one time, the most with page tables at one time. */
  frames: { total: number; peakUsed: number; pageTablePages: number };
  /** Pages evicted, pages written to swap, pages read from swap. */
  replacement: { evictions: number; writebacks: number; swapIns: number };
  /** Time of the whole replay, and the part spent in the machine, without decoding. */
  time: { seconds: number; referencesPerSecond: number; engineSeconds: number };
  /** If the options request it. */
  timeline?: Activity;
  /** By address, if the options name regions. A reference costs its region what it costs, in whichever page it ends. */
  regions?: RegionCosts[];
}

const schema = v.strictObject({
  ...entriesOf(replayOptions),
  ...watchEntries<Progress>(),
  engine: v.optional(v.picklist(["auto", "exact"]), "auto"),
  timeline: v.optional(v.boolean(), false),
  regions: regionsSchema,
});

/** Replays `trace` on a new machine. */
export async function replay(trace: Trace, options: ReplayOptions = {}): Promise<ReplayResult> {
  const start = performance.now();
  checkTrace(trace, "replay");
  const { arch = trace.architecture } = options;
  const checked = validate("replay", schema, { ...options, ...(arch !== undefined && { arch }) });
  if (trace.unit !== "address") {
    const problem = `${trace.format} traces hold page numbers, not addresses`;
    throw new UsageError(problem, "use compare, or an address format", trace.name);
  }
  const kernel = await Kernel.create();
  const plan = await planMachine(kernel, checked, 1, checked.cpus);
  const { machine, tlbs } = buildMachine(kernel, plan);
  const passes = plan.needsFuture ? 2 : 1;
  const { watch, copying } = Work.over(trace, passes, checked);
  const copies = new Copies(copying);
  try {
    const again = await copies.of(trace, passes);
    const future = plan.needsFuture ? await futureOf(again, plan, watch) : undefined;
    const feed = future && new GapFeed(kernel, machine, future, Math.log2(plan.geometry.pageBytes));
    const activity = checked.timeline
      ? new ActivityRecorder("references", plan.geometry.pageBytes, machine, tlbs)
      : undefined;
    const regions = checked.regions && new RegionRecorder(checked.regions, machine, tlbs);
    const pass = new MachinePass(machine, plan.geometry, feed, watch, activity);
    const byBlocks =
      checked.engine === "auto" && regions === undefined && trace.hasPageBlocks && canUseBlocks(plan);
    const counts = await readTrace(again, kernel, (reader) =>
      byBlocks && (trace.rewindable || !mayHaveTurns(reader))
        ? pass.blocks(reader, trace.rewindable)
        : pass.records(reader),
    ).finally(() => future?.close());
    // A block does not show which of its references stopped it, nor the threads of its references; records do.
    if (counts === undefined) return await replay(trace, { ...options, engine: "exact" });
    if (counts.references === 0) throw noReferences(trace);
    const seconds = (performance.now() - start) / 1000;
    return {
      ...report(trace, plan, machine, tlbs, counts, seconds, pass.engineSeconds),
      ...(activity !== undefined && { timeline: activity.finish(counts.references) }),
      ...(regions !== undefined && { regions: regions.costs }),
    };
  } finally {
    await copies.close();
  }
}

function futureOf(trace: Trace, { geometry }: MachinePlan, watch: Watch): Promise<Future> {
  return recordFuture(trace, { pageShift: Math.log2(geometry.pageBytes), only: "all" }, watch);
}

/**
 * True if page blocks are enough. They leave out references that would hit at level 1 again. That is correct if nothing
 * is ever evicted from memory, and if each side has its own first-level TLB for every possible page size.
 */
function canUseBlocks({ parameters, tlbs, geometry }: MachinePlan): boolean {
  const sizes = parameters.huge === 0 ? 2 : 2 ** (geometry.sizes.length + 1) - 2;
  const first = tlbs.filter((tlb) => tlb.level === 1);
  const split = first.every((tlb) => tlb.sides !== 3);
  return (
    parameters.frames === 0 &&
    split &&
    [1, 2].every((side) => {
      const own = first.filter((tlb) => tlb.sides === side && (tlb.sizes & sizes) !== 0);
      return own.length === 1 && ((own[0]?.sizes ?? 0) & sizes) === sizes;
    })
  );
}

/** True if the recorder wrote the turns of threads, if there were any. */
function mayHaveTurns({ metadata }: TraceReader): boolean {
  return metadata?.threads === "recorded";
}

function report(
  trace: Trace,
  plan: MachinePlan,
  machine: KernelMachine,
  tlbs: readonly NamedTlb[],
  counts: ReferenceCounts,
  seconds: number,
  engineSeconds: number,
): ReplayResult {
  const counters = machine.counters;
  const frames = machine.frames;
  const { cpus = 1 } = plan.parameters;
  return {
    trace: { ...describeTrace(trace), ...counts, distinctPages: counters.distinctPages },
    machine: {
      arch: plan.geometry.name,
      pageSize: plan.geometry.pageBytes,
      memoryBytes: frames.total * plan.geometry.pageBytes,
      memoryLimited: plan.parameters.frames > 0,
      policy: plan.policy,
      cpus,
      tlb: Object.fromEntries(tlbs.map(({ spec }) => [spec.name, spec.shape])),
    },
    tlb: countsByName(tlbs),
    ...(cpus > 1 && {
      cpus: Array.from({ length: cpus }, (_, n) => ({
        tlb: countsByName(tlbs.filter(({ cpu }) => cpu === n)),
      })),
      shootdowns: { count: counters.shootdowns, interrupts: counters.interrupts },
    }),
    walks: {
      count: counters.walks,
      memoryReferences: counters.entriesRead,
      cacheHits: counters.cacheHits,
    },
    faults: {
      minor: counters.minor,
      major: counters.major,
      protection: counters.protection,
      segmentation: counters.segmentation,
    },
    frames: { total: frames.total, peakUsed: frames.peakUsed, pageTablePages: frames.peakTables },
    replacement: {
      evictions: counters.evictions,
      writebacks: counters.writebacks,
      swapIns: counters.swapIns,
    },
    time: {
      seconds,
      referencesPerSecond: Math.round(counts.references / Math.max(seconds, 1e-9)),
      engineSeconds,
    },
  };
}

function countsByName(tlbs: readonly NamedTlb[]): Record<string, TlbCounts> {
  const sum = (field: keyof TlbCounts) => sumByName(tlbs, ({ tlb }) => tlb.counts[field]);
  const [lookups, hits, misses] = [sum("lookups"), sum("hits"), sum("misses")];
  return Object.fromEntries(
    Object.keys(lookups).map((name) => [
      name,
      { lookups: lookups[name] ?? 0, hits: hits[name] ?? 0, misses: misses[name] ?? 0 },
    ]),
  );
}
