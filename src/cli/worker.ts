/** `worker --queue redis://HOST:PORT`: serves the simulations of a queue until it is stopped. */
import type { workerCommand } from "../options/requests.js";
import type { Values } from "../options/row.js";
import { onInterrupt } from "../platform/cleanup.node.js";
import { formatCounted, formatDuration } from "../report/numbers.js";
import type { ServeEvent } from "../sweep/worker.node.js";
import type { CommonOptions } from "./options.js";
import { writeError, writeJson } from "./terminal.js";

type Options = CommonOptions & Values<typeof workerCommand>;

export async function run({ queue = "", jobs, name, json, quiet }: Options): Promise<void> {
  const { serveQueue } = await import("../sweep/worker.node.js");
  const controller = new AbortController();
  const stop = () => controller.abort();
  const interrupt = onInterrupt(stop);
  // Schedulers end a job by it.
  process.on("SIGTERM", stop);
  const counts = { groups: 0, simulations: 0, failures: 0 };
  const onEvent = (event: ServeEvent) => {
    if (event.kind === "failed") counts.failures++;
    if (event.kind === "done") {
      counts.groups++;
      counts.simulations += event.simulations;
    }
    if (!quiet || event.kind === "failed") writeError(`${lineOf(event)}\n`);
  };
  try {
    await serveQueue({ queue, jobs, name, signal: controller.signal, onEvent });
    if (json) writeJson(counts);
  } finally {
    interrupt.cancel();
    process.removeListener("SIGTERM", stop);
  }
}

function lineOf(event: ServeEvent): string {
  switch (event.kind) {
    case "started": {
      const { name, place, jobs } = event;
      return `${name} serves ${place} with ${formatCounted(jobs, "thread")}; Ctrl-C ends it`;
    }
    case "done":
      return `${event.trace}: ${formatCounted(event.simulations, "simulation")} in ${formatDuration(event.seconds)}`;
    case "failed":
      return `pagewalk: ${event.reason}`;
    case "lost":
      return `${event.place}: the connection is lost and is tried again`;
    case "found":
      return `${event.place}: connected again`;
  }
}
