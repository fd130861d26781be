/** `replay TRACE` */
import { type replayCommand, replayOptions } from "../options/machine.js";
import { pick, type Values } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import type { NamedRegion } from "../replay/regions.js";
import { replay } from "../replay/replay.js";
import type { TraceDetails } from "../report/data.js";
import type { Trace } from "../trace/trace.js";
import { endingProgram } from "./interrupt.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { Pictures, readableAgain, refuseTwoOutputs } from "./report.js";
import { writeJson, writeOut } from "./terminal.js";
import { openOne, type ProgramChoice, warnOfTrace } from "./traces.js";

type Options = CommonOptions & ProgramChoice & Values<typeof traceOptions & typeof replayCommand>;

export async function run(path: string | undefined, options: Options): Promise<void> {
  const printsElsewhere = refuseTwoOutputs("replay", options);
  const progress = new Progress(options);
  let pictures: Pictures | undefined;
  let trace: Trace | undefined;
  try {
    pictures = await Pictures.open(options);
    trace = await openOne("replay", path, options);
    const timeline = pictures !== undefined;
    const byRegion = timeline || options.byRegion === true;
    if (byRegion) trace = await readableAgain(trace, progress);
    const libraryOptions = {
      ...pick(options, replayOptions),
      timeline,
      ...(byRegion && { regions: await regionsOf(trace) }),
      onProgress: progress.onPass,
    };
    const opened = trace;
    const drawn = await endingProgram(trace, () => replay(opened, libraryOptions));
    const details = timeline ? [await detailsOf(trace, drawn.machine.pageSize)] : [];
    progress.stop();
    warnOfTrace(trace, options);
    const { timeline: _, regions, ...counts } = drawn;
    const result = options.byRegion ? { ...counts, ...(regions !== undefined && { regions }) } : counts;
    if (options.json) writeJson(result);
    await pictures?.write(drawn, details);
    const { replayText } = await import("../report/replay.js");
    if (!printsElsewhere) writeOut(replayText(result, await outputStyle()));
  } finally {
    progress.stop();
    await pictures?.abort();
    await trace?.close();
  }
}

async function regionsOf(trace: Trace): Promise<NamedRegion[]> {
  const { regionsOrAreas } = await import("./details.js");
  return regionsOrAreas(trace);
}

async function detailsOf(trace: Trace, pageSize: number): Promise<TraceDetails> {
  const { detailsAndWorkingSetOf } = await import("./details.js");
  return detailsAndWorkingSetOf(trace, pageSize);
}
