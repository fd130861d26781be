/** `heap LOG` */
import { readFile } from "node:fs/promises";
import { allocators, chooseAllocators } from "../allocators/allocators.js";
import { Interruption, OutOfMemoryError } from "../errors.js";
import { type HeapComparison, heapUntilStopped } from "../heap/heap.js";
import { type heapCommand, heapOptions } from "../options/heap.js";
import { pick, type Values } from "../options/row.js";
import { signatureText } from "../registry/signature.js";
import { formatCount, formatCounted } from "../report/numbers.js";
import { fileError } from "../trace/file-errors.js";
import { openSink } from "../trace/sinks.js";
import { stoppable } from "./interrupt.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { Pictures, refuseTwoOutputs } from "./report.js";
import { outputWidth, writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & Values<typeof heapCommand>;

/** The kernel's allocators with their parameters. */
export async function allocatorList(): Promise<string> {
  const lines = (await allocators()).map((one) => `  ${signatureText(one)}`);
  const defaults = (await chooseAllocators(undefined)).map(({ name }) => name).join(", ");
  return ["Allocators, and their parameters' defaults:", ...lines, `  default: ${defaults}`].join("\n");
}

export async function run(path: string, options: Options): Promise<void> {
  const { csv, json, maps, show } = options;
  const printsElsewhere = refuseTwoOutputs("heap", options);
  const { heapCsv, heapText } = await import("../report/heap.js");
  const { parseShow } = await import("../report/heap-log.js");
  const { findingsText } = await import("../report/heap-log-text.js");
  const shown = parseShow(show);
  // Opened before the work, so that a path that cannot be written to is reported at once.
  const sink = csv === undefined ? undefined : await openSink(csv);
  const progress = new Progress(options);
  let pictures: Pictures | undefined;
  try {
    pictures = await Pictures.open(options);
    const isDrawn = pictures !== undefined;
    const regions = maps === undefined ? {} : { maps: await readMaps(maps), mapsName: maps };
    const comparison = await stoppable([path], (signal) =>
      heapUntilStopped(path, {
        ...pick(options, heapOptions),
        ...regions,
        timeline: isDrawn,
        map: isDrawn,
        survey: isDrawn,
        onProgress: progress.onHeap,
        signal,
      }),
    );
    progress.stop();
    const { results, interrupted } = comparison;
    if (json) writeJson(await documentOf(comparison));
    if (sink !== undefined) {
      await sink.write(Buffer.from(heapCsv(comparison)));
      await sink.finish();
    }
    if (results.length > 0) await pictures?.write(comparison, []);
    if (!printsElsewhere && results.length > 0) {
      const style = await outputStyle();
      writeOut(await heapText(comparison, style, outputWidth()));
      const { log } = comparison;
      if (log !== undefined) writeOut(await findingsText(log.findings, shown, style, log.interruptedAt));
    }
    if (interrupted) throw interruption(comparison);
    mustHaveHadMemory(comparison);
  } finally {
    progress.stop();
    await pictures?.abort();
    await sink?.abort();
  }
}

/** The output of `--json`: everything except data for figures. */
async function documentOf({ log, results, interrupted }: HeapComparison): Promise<object> {
  const { findingsJson } = await import("../report/heap-log.js");
  const rows = results.map(({ timeline: _timeline, map: _map, ...row }) => row);
  const { survey: _survey, findings, name, ...trace } = log ?? {};
  return {
    ...(findings !== undefined && { trace: { path: name, ...trace }, findings: findingsJson(findings) }),
    results: rows,
    ...(interrupted && { interrupted }),
  };
}

async function readMaps(path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

function interruption({ results, allocators: count }: HeapComparison): Interruption {
  const finished = results.filter(({ interruptedAt }) => interruptedAt === undefined).length;
  return new Interruption(
    `interrupted after ${formatCount(finished)} of ${formatCounted(count, "allocator")}`,
    "name fewer allocators to have each sooner",
  );
}

/** An allocator that exceeded the simulation's memory is marked in the table and sets the exit status. */
function mustHaveHadMemory({ results }: HeapComparison): void {
  const failed = results.find(({ stopped }) => stopped !== undefined && stopped.signal === undefined);
  if (failed?.stopped === undefined) return;
  throw new OutOfMemoryError(
    `${failed.allocator} at line ${failed.stopped.line}: ${failed.stopped.message}`,
    "use --touch none, or leave the allocator out",
  );
}
