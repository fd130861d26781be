/** `compare --diverge`: the first requests at which two policies differ, and the pages that each of them held. */
import * as v from "valibot";
import { KIND_CALL, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND } from "../../assembly/abi/core.js";
import { REFERENCE_KINDS } from "../../assembly/abi/names.js";
import { OptionError, OutOfMemoryError } from "../errors.js";
import type { Future } from "../future/future.js";
import type { PolicyName } from "../options/names.js";
import { divergeOptions } from "../options/requests.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import { names } from "../options/shapes.js";
import { validate } from "../options/validate.js";
import { type PassOptions, type Progress, watchEntries } from "../options/watch.js";
import { Copies } from "../pass/copies.js";
import { recordFuture } from "../pass/future.js";
import { pageName } from "../pass/page-name.js";
import { END, eachBatch, readTrace } from "../pass/pass.js";
import { type Watch, Work } from "../pass/progress.js";
import { eachStep, type RequestShape, shapeOf } from "../pass/requests.js";
import { choosePolicies, type PolicyChoice } from "../policy/policies.js";
import { frameCounts, needDistinctPages, parseFrames } from "../simulate/frames.js";
import { survey } from "../simulate/simulate.js";
import type { Batch, TraceReader } from "../trace/reader.js";
import { checkPageSize, checkTrace, noReferences, type Trace } from "../trace/trace.js";
import { KernelDivergence, type SimulationIndex } from "../wasm/diverge.js";
import { Kernel } from "../wasm/kernel.js";
import { KernelRequests } from "../wasm/pages.js";

const schema = v.strictObject({
  policies: names<PolicyName>("two").schema,
  ...entriesOf(divergeOptions),
  ...watchEntries<Progress>(),
});

/** Options of `diverge`. */
export interface DivergeOptions extends OptionsOf<typeof divergeOptions>, PassOptions {
  /** Two names, `lru,arc`, with optional parameters; or an array of two. */
  policies: PolicyName | readonly PolicyName[];
}

/** The pages of a policy before a request, as `0x…` addresses, or page numbers or names if the trace has those. */
export interface PolicyState {
  /** Name of the policy, with its parameters. */
  policy: string;
  /** The request is a hit. */
  hits: boolean;
  /** Number of resident pages. */
  resident: number;
  /** Number of the pages that only this policy held. */
  only: number;
  /** The lowest numbers of these pages. */
  pages: string[];
  /** The next victim if this request's page needs room; null while there is a free frame. */
  victim: string | null;
}

/** A request that hits with one policy and misses with the other. */
export interface Difference {
  /** Number of the request, from 0. */
  request: number;
  /** Number of the reference that makes the request, from 0. */
  reference: number;
  /** Place in the trace: `FILE:LINE` or `FILE:OFFSET`. */
  place: string;
  /** The requested page's number. */
  page: string;
  /** Address of the reference, if the trace has addresses. */
  address?: string;
  /** `fetch`, `load`, `store` or `modify`, if the trace has it. */
  kind?: string;
  /** In the order of the policies. */
  held: [PolicyState, PolicyState];
}

/** Requests at which two policies differ, with one number of frames. */
export interface Divergence {
  /** Name of the trace. */
  trace: string;
  /** The two policies, with their parameters. */
  policies: [string, string];
  /** Number of frames that each has. */
  frames: number;
  /** Number of requests examined: all of the trace if there were fewer differences than the limit. */
  requests: number;
  /** The whole trace was examined. */
  complete: boolean;
  /** The first requests that one policy hits and the other misses. */
  differences: Difference[];
}

/** Limit on listed pages that one policy alone holds. */
const PAGES_NAMED = 8;

type Pair = readonly [PolicyChoice, PolicyChoice];

/** The checked options. */
interface Job {
  pair: Pair;
  limit: number;
  shape: RequestShape;
  watch: Watch;
}

/**
 * Finds the first requests that hit with one of two policies and miss with the other, and the pages that each held then.
 * Throws `UsageError` for options, `InputError` for a trace that cannot be read, `OutOfMemoryError`.
 */
export async function diverge(trace: Trace, options: DivergeOptions): Promise<{ divergences: Divergence[] }> {
  checkTrace(trace, "diverge");
  const checked = validate("diverge", schema, options);
  if (options.pageSize !== undefined) checkPageSize(trace);
  const { limit } = checked;
  const pair = await pairOf(checked.policies);
  const specs = parseFrames(checked.frames);
  const shape = shapeOf(trace, checked);
  const counted = needDistinctPages(specs);
  const passes = 1 + (counted ? 1 : 0) + (needFuture(pair) ? 1 : 0);
  const work = Work.over(trace, passes, checked);
  const job = { pair, limit, shape, watch: work.watch };
  const copies = new Copies(work.copying);
  try {
    const again = await copies.of(trace, passes);
    const pages = counted ? (await survey(again, shape, undefined, job.watch)).pages : undefined;
    return { divergences: await divergeAll(again, frameCounts(specs, pages), job, pages) };
  } finally {
    await copies.close();
  }
}

/** Numbers of frames that do not fit in one memory together are run in two halves. */
async function divergeAll(
  trace: Trace,
  frames: readonly number[],
  job: Job,
  pages: number | undefined,
): Promise<Divergence[]> {
  const future = needFuture(job.pair) ? await recordFuture(trace, job.shape, job.watch) : undefined;
  try {
    return await Search.run(trace, frames, job, pages, future);
  } catch (error) {
    if (!(error instanceof OutOfMemoryError) || frames.length < 2 || !trace.rewindable) throw error;
    const half = frames.length >> 1;
    return [
      ...(await divergeAll(trace, frames.slice(0, half), job, pages)),
      ...(await divergeAll(trace, frames.slice(half), job, pages)),
    ];
  } finally {
    await future?.close();
  }
}

/** The two policies with one number of frames. */
interface Side {
  engine: KernelDivergence;
  found: Divergence;
}

/** One pass, until every number of frames has its differences. */
class Search {
  private readonly requests: KernelRequests;
  private readonly sides: readonly Side[];
  private scratch: Kernel | undefined;

  private constructor(
    private readonly kernel: Kernel,
    private readonly trace: Trace,
    frames: readonly number[],
    private readonly job: Job,
    pages: number | undefined,
    private readonly future: Future | undefined,
  ) {
    const { pair, shape } = job;
    this.requests = KernelRequests.create(kernel, shape.pageShift, shape.only);
    const policies: [string, string] = [pair[0].name, pair[1].name];
    this.sides = frames.map((count) => {
      const usable = Math.min(count, Math.max(pages ?? count, 1));
      return {
        engine: new KernelDivergence(kernel, this.requests, pair, usable, PAGES_NAMED),
        found: { trace: trace.name, policies, frames: count, requests: 0, complete: true, differences: [] },
      };
    });
  }

  static async run(
    trace: Trace,
    frames: readonly number[],
    job: Job,
    pages: number | undefined,
    future: Future | undefined,
  ): Promise<Divergence[]> {
    const search = new Search(await Kernel.create(), trace, frames, job, pages, future);
    await search.go();
    return search.sides.map(({ found }) => found);
  }

  private async go(): Promise<void> {
    const { trace, kernel, job } = this;
    let before = 0;
    await readTrace(trace, kernel, (reader) =>
      eachBatch(reader, job.watch, async (batch) => {
        before += await this.batch(batch, reader, before);
        return this.sides.some(({ found }) => found.complete) ? undefined : END;
      }),
    );
    if (before === 0 && job.shape.only === "all") throw noReferences(trace);
  }

  /** The number of requests in the batch; `before` came before it. */
  private batch(batch: Batch, reader: TraceReader, before: number): Promise<number> {
    return eachStep(this.requests, batch.records, batch.count, async (count, made) => {
      await this.future?.take(this.requests.gaps);
      for (const side of this.sides) {
        if (side.found.complete) await this.step(side, before, made, count, batch, reader);
      }
    });
  }

  private async step(
    { engine, found }: Side,
    before: number,
    made: number,
    count: number,
    batch: Batch,
    reader: TraceReader,
  ): Promise<void> {
    engine.begin();
    found.requests += count;
    for (let at = engine.seek(); at !== undefined; at = engine.seek()) {
      const page = this.requests.page(at);
      const record = this.requests.recordOf(batch.records, made + at);
      found.differences.push({
        request: before + made + at,
        ...this.referenceOf(record, batch, reader),
        page: this.nameOf(page),
        held: await this.held(engine),
      });
      engine.serve();
      if (found.differences.length < this.job.limit) continue;
      found.complete = false;
      found.requests = before + made + at + 1;
      return;
    }
  }

  private referenceOf(record: number, { records, firstReference }: Batch, reader: TraceReader) {
    const view = this.kernel.view();
    const kindOf = (at: number) => view.getUint8(records + at * RECORD_BYTES + RECORD_KIND);
    let reference = firstReference;
    for (let at = 0; at < record; at++) if (kindOf(at) !== KIND_CALL) reference++;
    const place = reader.place(firstReference + record);
    if (this.job.shape.pageShift === undefined) return { reference, place };
    const address = view.getBigUint64(records + record * RECORD_BYTES + RECORD_ADDRESS, true);
    return { reference, place, address: hex(address), kind: REFERENCE_KINDS[kindOf(record)] ?? "" };
  }

  private async held(engine: KernelDivergence): Promise<[PolicyState, PolicyState]> {
    // Asking for the victim evicts it, so a copy is asked.
    this.scratch ??= await Kernel.create();
    this.scratch.copy(this.kernel);
    return [this.heldBy(engine, 0, this.scratch), this.heldBy(engine, 1, this.scratch)];
  }

  private heldBy(engine: KernelDivergence, which: SimulationIndex, copy: Kernel): PolicyState {
    const { count, pages } = engine.onlyIn(which, PAGES_NAMED);
    const victim = engine.victim(which, copy);
    return {
      policy: this.job.pair[which].name,
      hits: engine.hitsNext(which),
      resident: engine.held(which),
      only: count,
      pages: pages.map((page) => this.nameOf(page)),
      victim: victim === undefined ? null : this.nameOf(victim),
    };
  }

  private nameOf(page: bigint): string {
    return pageName(page, this.job.shape.pageShift);
  }
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function needFuture(pair: Pair): boolean {
  return pair.some(({ needsFuture }) => needsFuture);
}

async function pairOf(policies: string | readonly string[]): Promise<Pair> {
  const [first, second, ...more] = await choosePolicies(policies);
  if (first !== undefined && second !== undefined && more.length === 0) return [first, second];
  const count = first === undefined ? 0 : second === undefined ? 1 : 2 + more.length;
  throw OptionError.at(
    "policies",
    `two policies are compared, not ${count}`,
    "name two different ones, such as lru,arc",
  );
}
