/** A worker: opens the input by itself and runs tasks in sequence. */
import workerpool from "workerpool";
import { type HeapInput, type HeapPlan, simulateHeaps } from "../heap/simulate.js";
import type { Watch } from "../pass/progress.js";
import type { RequestShape } from "../pass/requests.js";
import type { PortableTrace, TaskResult } from "../simulate/runner.js";
import { type SimulationOutcome, type SimulationShape, simulate, survey } from "../simulate/simulate.js";
import type { SimulationPlan } from "../simulate/simulation.js";
import { openTrace } from "../trace/open.js";
import { ForeignBlocks } from "../trace/pagewalk/block-encoder.js";
import type { CollectedBlock, EncodedBlock } from "../trace/pagewalk/encoded-block.js";
import type { Trace } from "../trace/trace.js";
import { Kernel, useWasm } from "../wasm/kernel.js";
import { asValue, type Failure, failureOf, type Part, type WorkDone } from "./pool.js";

/** Milliseconds between two reports of progress. */
const REPORT_INTERVAL = 50;

let installed: WebAssembly.Module | undefined;

/** Not 0: the task must stop. Undefined: the thread is ended instead. */
type Stop = Int32Array | undefined;

function task<Result>(
  module: WebAssembly.Module,
  stop: Stop,
  work: (watch: Watch) => Promise<Result>,
): Promise<Result | Failure> {
  if (installed === undefined) useWasm(module);
  installed ??= module;
  return asValue(() => work(watchOf(stop)));
}

/** Checks for a stop as often as progress is reported. */
function watchOf(stop: Stop): Watch {
  const report = reporter();
  if (stop === undefined) return { onWork: report };
  const controller = new AbortController();
  const onWork = (bytes: number, references?: number) => {
    report(bytes, references);
    if (Atomics.load(stop, 0) !== 0) controller.abort();
  };
  return { onWork, signal: controller.signal };
}

async function withTrace<Result>(
  { input, options }: PortableTrace,
  work: (trace: Trace) => Promise<Result>,
): Promise<TaskResult<Result>> {
  const trace = await openTrace(input, options);
  try {
    const result = await work(trace);
    return { result, ...(trace.cutLine !== undefined && { cutLine: failureOf(trace.cutLine) }) };
  } finally {
    await trace.close();
  }
}

/** Adds up work, so that not every batch sends a message to the other thread. */
function reporter(): Watch["onWork"] {
  let sums: WorkDone = [0, 0];
  let last = performance.now();
  return (bytes, references = 0) => {
    sums = [sums[0] + bytes, sums[1] + references];
    if (performance.now() - last < REPORT_INTERVAL) return;
    workerpool.workerEmit(sums);
    sums = [0, 0];
    last = performance.now();
  };
}

function sendPart(result: readonly SimulationOutcome[]): void {
  const part: Part<TaskResult<readonly SimulationOutcome[]>> = { part: { result } };
  workerpool.workerEmit(part);
}

/** This thread's encoder, which belongs to one file. */
let blocks: ForeignBlocks | undefined;

async function encode(block: CollectedBlock): Promise<EncodedBlock> {
  blocks ??= new ForeignBlocks(await Kernel.create(), block.shape);
  return blocks.encode(block);
}

workerpool.worker({
  survey: (
    module: WebAssembly.Module,
    stop: Stop,
    input: PortableTrace,
    shape: RequestShape,
    batches: number | undefined,
  ) => task(module, stop, (watch) => withTrace(input, (trace) => survey(trace, shape, batches, watch))),
  simulate: (
    module: WebAssembly.Module,
    stop: Stop,
    input: PortableTrace,
    shape: SimulationShape,
    plans: readonly SimulationPlan[],
    sendsParts: boolean,
  ) => {
    const onPart = sendsParts ? sendPart : undefined;
    return task(module, stop, (watch) =>
      withTrace(input, (trace) => simulate(trace, shape, plans, watch, onPart)),
    );
  },
  simulateHeaps: (module: WebAssembly.Module, stop: Stop, input: HeapInput, plan: HeapPlan) =>
    task(module, stop, (watch) => simulateHeaps(input, plan, watch)),
  encode: (module: WebAssembly.Module, stop: Stop, block: CollectedBlock) =>
    task(module, stop, () => encode(block)),
});
