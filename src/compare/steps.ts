/**
 * `compare --trace-steps`: each request of a short trace, with what the policy did and the frames after it, as textbooks
 * draw it. The engine is that of `compare`; it is stepped, one request at a time.
 *
 *   the trace's requests ──> one request ──┬──> simulation 0 ──> resident pages ──> frames
 *                                          ├──> simulation 1
 *                                          └──> …
 *
 * A policy knows which pages are resident, not in which frame. As in textbooks, a page takes the victim's frame, or the
 * first free one while there is one.
 */
import * as v from "valibot";
import { OptionError, UsageError } from "../errors.js";
import type { Future } from "../future/future.js";
import type { PolicyName } from "../options/names.js";
import { stepOptions } from "../options/requests.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import { definitions } from "../options/shapes.js";
import { validate } from "../options/validate.js";
import { type PassOptions, type Progress, watchEntries } from "../options/watch.js";
import { Copies } from "../pass/copies.js";
import { recordFuture } from "../pass/future.js";
import { pageName } from "../pass/page-name.js";
import { type Watch, Work } from "../pass/progress.js";
import { RequestPass, type RequestShape, shapeOf } from "../pass/requests.js";
import { type ComparedPolicy, chooseComparedPolicies, type PolicySpec } from "../policy/compared.js";
import { frameCounts, parseFrames } from "../simulate/frames.js";
import { createSimulation, type Simulation } from "../simulate/simulation.js";
import { checkPageSize, checkTrace, noReferences, type Trace } from "../trace/trace.js";
import type { Kernel } from "../wasm/kernel.js";
import { KernelRequests } from "../wasm/pages.js";
import { FrameDrawing } from "./frame-drawing.js";
import type { RowCounts } from "./row.js";

/** The longest trace whose steps can be read. */
const MOST_REQUESTS = 1000;
/** The most frames that a drawing can have. */
const MOST_FRAMES = 100;

const schema = v.strictObject({
  ...entriesOf(stepOptions),
  policies: v.optional(definitions<PolicyName, PolicySpec>(), stepOptions.policies.schema.default),
  ...watchEntries<Progress>(),
});

/** Options of `compareSteps`. */
export interface CompareStepsOptions extends Omit<OptionsOf<typeof stepOptions>, "policies">, PassOptions {
  /** Names separated by commas, or an array of names and custom policies; default: ten well-known ones. */
  policies?: PolicyName | readonly PolicySpec[] | undefined;
}

/** A request. Pages are `0x…` addresses, or page numbers or names if the trace has those. */
export interface CompareStep {
  /** Number of the request, from 0. */
  request: number;
  /** The requested page, as the trace has it. */
  page: string;
  /** The page was in a frame. */
  hit: boolean;
  /** The page whose frame this page takes; null after a hit, or while there is a free frame. */
  victim: string | null;
  /** Pages that leave without a need for their frame; only for variable-space policies. */
  released?: string[];
  /** The page in each frame after the request; null where there is none. */
  frames: (string | null)[];
}

/** Every request of a trace with one policy and one number of frames. */
export interface SteppedRow extends RowCounts {
  /** One for each request, in order. */
  steps: CompareStep[];
}

/** Rows by frames, then policy, each in the given order. A trace of more than 1,000 requests is refused. */
export async function compareSteps(
  trace: Trace,
  options: CompareStepsOptions = {},
): Promise<{ results: SteppedRow[] }> {
  checkTrace(trace, "compareSteps");
  const checked = validate("compareSteps", schema, options);
  if (options.pageSize !== undefined) checkPageSize(trace);
  const policies = await chooseComparedPolicies(checked.policies);
  const specs = parseFrames(checked.frames);
  const shape = shapeOf(trace, checked);
  const foresees = policies.some(({ needsFuture }) => needsFuture);
  const passes = foresees ? 3 : 2;
  const { watch, copying } = Work.over(trace, passes, checked);
  const copies = new Copies(copying);
  let future: Future | undefined;
  try {
    const again = await copies.of(trace, passes);
    const frames = drawable(frameCounts(specs, await countPages(again, shape, watch)));
    if (foresees) future = await recordFuture(again, shape, watch);
    const pass = await RequestPass.create(again, shape, watch);
    const steps = await Steps.create(pass, policies, frames, shape, trace.name);
    const serve = async (count: number) => {
      await future?.take(pass.requests.gaps);
      for (let at = 0; at < count; at++) steps.serve(at);
    };
    await pass.run([{ serve }]);
    return { results: steps.rows };
  } finally {
    await future?.close();
    await copies.close();
  }
}

/** The number of distinct pages. Refuses a long trace. */
async function countPages(trace: Trace, shape: RequestShape, watch: Watch): Promise<number> {
  const pages = new Set<bigint>();
  const pass = await RequestPass.create(trace, shape, watch);
  let requests = 0;
  const serve = (count: number) => {
    requests += count;
    if (requests > MOST_REQUESTS) throw tooLong(trace);
    for (let at = 0; at < count; at++) pages.add(pass.requests.page(at));
  };
  await pass.run([{ serve }]);
  if (requests === 0) throw noReferences(trace);
  return pages.size;
}

function tooLong({ name }: Trace): UsageError {
  return new UsageError(
    `has more than ${MOST_REQUESTS} requests, too many to show each`,
    "give a shorter one, or compare it without its steps",
    name,
  );
}

function drawable(frames: readonly number[]): readonly number[] {
  const many = frames.find((count) => count > MOST_FRAMES);
  if (many === undefined) return frames;
  throw OptionError.at("frames", `${many} frames are too many to show each`, `give at most ${MOST_FRAMES}`);
}

/** One policy with one number of frames. */
interface Side {
  simulation: Simulation;
  drawing: FrameDrawing;
  isVariable: boolean;
  row: SteppedRow;
}

class Steps {
  private constructor(
    private readonly requests: KernelRequests,
    /** The request that is served next. */
    private readonly one: KernelRequests,
    private readonly sides: readonly Side[],
    private readonly nameOf: (page: bigint) => string,
  ) {}

  static async create(
    { kernel, requests }: RequestPass,
    policies: readonly ComparedPolicy[],
    frames: readonly number[],
    { pageShift }: RequestShape,
    trace: string,
  ): Promise<Steps> {
    const one = KernelRequests.copying(kernel, requests);
    const sides: Side[] = [];
    for (const count of frames)
      for (const policy of policies) sides.push(await sideOf(kernel, one, policy, count, trace));
    return new Steps(requests, one, sides, (page) => pageName(page, pageShift));
  }

  get rows(): SteppedRow[] {
    return this.sides.map(({ simulation, row }) => {
      const { requests, hits, misses, writebacks } = simulation.counters;
      return { ...row, requests, hits, misses, writebacks, missRatio: misses / requests };
    });
  }

  /** Serves the request `at` of the pass's step. */
  serve(at: number): void {
    const page = this.requests.page(at);
    this.one.take(this.requests, at);
    for (const side of this.sides) this.step(side, page);
  }

  private step({ simulation, drawing, isVariable, row }: Side, page: bigint): void {
    const before = simulation.counters.hits;
    simulation.run();
    const hit = simulation.counters.hits > before;
    const { victim, released } = drawing.update(page, simulation.residentPages(row.frames));
    row.steps.push({
      request: row.steps.length,
      page: this.nameOf(page),
      hit,
      victim: victim === undefined ? null : this.nameOf(victim),
      ...(isVariable && { released: released.map(this.nameOf) }),
      frames: drawing.frames.map((held) => (held === undefined ? null : this.nameOf(held))),
    });
  }
}

async function sideOf(
  kernel: Kernel,
  one: KernelRequests,
  { name, id, parameters, needsFuture, isVariable, custom }: ComparedPolicy,
  frames: number,
  trace: string,
): Promise<Side> {
  const plan = { policyId: id, parameters, needsFuture, frames, custom };
  return {
    simulation: await createSimulation(kernel, one, plan),
    drawing: new FrameDrawing(frames),
    isVariable,
    row: {
      trace,
      policy: name,
      frames,
      requests: 0,
      hits: 0,
      misses: 0,
      writebacks: 0,
      missRatio: 0,
      steps: [],
    },
  };
}
