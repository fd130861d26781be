/** A worker: opens the input by itself and carries out one task after the other. */
import workerpool from "workerpool";
import type { Ticket } from "../compare/crew.js";
import { type RequestShape, type SimulationPlan, simulate, survey } from "../compare/simulate.js";
import { type HeapPlan, type HeapTicket, simulateHeaps } from "../heap/simulate.js";
import { openTrace } from "../trace/open.js";
import type { Trace } from "../trace/trace.js";
import { useWasm } from "../wasm/kernel.js";
import { asValue, type Failure, type Watch } from "./pool.js";

/** Milliseconds between two reports of progress. */
const REPORT_INTERVAL = 50;

let installed: WebAssembly.Module | undefined;

function task<Result>(
  module: WebAssembly.Module,
  work: (watch: Watch) => Promise<Result>,
): Promise<Result | Failure> {
  if (installed === undefined) useWasm(module);
  installed ??= module;
  return asValue(() => work({ onWork: reporter() }));
}

async function withTrace<Result>(
  { input, options }: Ticket,
  work: (trace: Trace) => Promise<Result>,
): Promise<Result> {
  const trace = await openTrace(input, options);
  try {
    return await work(trace);
  } finally {
    await trace.close();
  }
}

/** Adds work up, so that the other thread is not told of every batch. */
function reporter(): (work: number) => void {
  let sum = 0;
  let last = performance.now();
  return (work) => {
    sum += work;
    if (performance.now() - last < REPORT_INTERVAL) return;
    workerpool.workerEmit(sum);
    sum = 0;
    last = performance.now();
  };
}

workerpool.worker({
  survey: (module: WebAssembly.Module, ticket: Ticket, shape: RequestShape, batches: number | undefined) =>
    task(module, (watch) => withTrace(ticket, (trace) => survey(trace, shape, batches, watch))),
  simulate: (
    module: WebAssembly.Module,
    ticket: Ticket,
    shape: RequestShape,
    plans: readonly SimulationPlan[],
  ) => task(module, (watch) => withTrace(ticket, (trace) => simulate(trace, shape, plans, watch))),
  simulateHeaps: (module: WebAssembly.Module, ticket: HeapTicket, plan: HeapPlan) =>
    task(module, (watch) => simulateHeaps(ticket, plan, watch)),
});
