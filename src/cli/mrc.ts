/** `mrc TRACE` */
import type { HeatMapOptions } from "../heat/heat.js";
import { mrc } from "../mrc/mrc.js";
import type { MrcOptions } from "../mrc/options.js";
import type { MrcResult } from "../mrc/result.js";
import { type mrcCommand, mrcOptions } from "../options/requests.js";
import { pick, type Values } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import { openSink } from "../trace/sinks.js";
import { describeTrace, type Trace } from "../trace/trace.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { detailsOf, Pictures, readableAgain, refuseTwoOutputs } from "./report.js";
import { outputWidth, writeJson, writeOut } from "./terminal.js";
import { openOne, warnOfCutLine } from "./traces.js";

type Options = CommonOptions & Values<typeof traceOptions & typeof mrcCommand>;

export async function run(path: string | undefined, options: Options): Promise<void> {
  const { csv, json, workingSet, windows } = options;
  const printsElsewhere = refuseTwoOutputs("mrc", options);
  // Opened before the work, so that a path that cannot be written to is reported at once.
  const sink = csv === undefined ? undefined : await openSink(csv);
  const progress = new Progress(options);
  let pictures: Pictures | undefined;
  let trace: Trace | undefined;
  try {
    pictures = await Pictures.open(options);
    trace = await openOne("mrc", path, options);
    if (pictures !== undefined) trace = await readableAgain(trace);
    const asked: MrcOptions = { ...pick(options, mrcOptions), workingSet: windows ?? workingSet };
    const all =
      pictures === undefined ? asked : { ...asked, workingSet: asked.workingSet ?? true, reuse: true };
    const drawn = await mrc(trace, { ...all, onProgress: progress.onCurves });
    const details = pictures === undefined ? [] : [await detailsOf(trace, aboutOf(drawn, asked))];
    progress.stop();
    const result = onlyAsked(drawn, asked);
    const told = describeTrace(trace);
    warnOfCutLine(trace, options);
    if (json) writeJson({ ...result, trace: told });
    const text = await import("../report/mrc.js");
    if (sink !== undefined) {
      await sink.write(Buffer.from(text.mrcCsv(result)));
      await sink.finish();
    }
    await pictures?.write(drawn, details);
    if (!printsElsewhere) writeOut(text.mrcText(result, await outputStyle(), outputWidth(), told));
  } finally {
    progress.stop();
    await pictures?.abort();
    await sink?.abort();
    await trace?.close();
  }
}

/** A report always shows working sets and reuse. */
function onlyAsked({ workingSets, reuse, ...result }: MrcResult, asked: MrcOptions): MrcResult {
  return {
    ...result,
    ...(asked.workingSet && workingSets !== undefined && { workingSets }),
    ...(asked.reuse && reuse !== undefined && { reuse }),
  };
}

/** The page size of the heat map: the first one. */
function aboutOf({ workingSets }: MrcResult, { only }: MrcOptions): HeatMapOptions {
  const pageSize = workingSets?.[0]?.pageSize;
  return { ...(only !== undefined && { only }), ...(pageSize !== undefined && { pageSize }) };
}
