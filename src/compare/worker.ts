/** A worker of `compare`'s crew: opens the trace by itself and carries out one task after the other. */
import workerpool from "workerpool";
import { openTrace } from "../trace/open.js";
import type { Trace } from "../trace/trace.js";
import { useWasm } from "../wasm/kernel.js";
import { asValue, type Ticket } from "./crew.js";
import { type RequestShape, type SimulationPlan, simulate, survey, type Watch } from "./simulate.js";

/** Milliseconds between two reports of progress. */
const REPORT_INTERVAL = 50;

let installed: WebAssembly.Module | undefined;

async function withTrace<Result>(
  module: WebAssembly.Module,
  { input, options }: Ticket,
  task: (trace: Trace, watch: Watch) => Promise<Result>,
): Promise<Result> {
  if (installed === undefined) useWasm(module);
  installed ??= module;
  const trace = await openTrace(input, options);
  try {
    return await task(trace, { onWork: reporter() });
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
    asValue(() => withTrace(module, ticket, (trace, watch) => survey(trace, shape, batches, watch))),
  simulate: (
    module: WebAssembly.Module,
    ticket: Ticket,
    shape: RequestShape,
    plans: readonly SimulationPlan[],
  ) => asValue(() => withTrace(module, ticket, (trace, watch) => simulate(trace, shape, plans, watch))),
});
