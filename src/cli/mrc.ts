/** `mrc TRACE` */

import { Interruption } from "../errors.js";
import type { HeatMapOptions } from "../heat/heat.js";
import { mrcUntilStopped } from "../mrc/mrc.js";
import type { MrcOptions } from "../mrc/options.js";
import type { MrcOutcome, MrcResult } from "../mrc/result.js";
import { type mrcCommand, mrcOptions } from "../options/requests.js";
import { pick, type Values } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import { formatCounted } from "../report/numbers.js";
import { openSink } from "../trace/sinks.js";
import { describeTrace, type Trace } from "../trace/trace.js";
import { nothingKept, stoppable } from "./interrupt.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { Pictures, readableAgain, refuseTwoOutputs } from "./report.js";
import { outputWidth, writeJson, writeOut } from "./terminal.js";
import { openOne, type ProgramChoice, warnOfTrace } from "./traces.js";

type Options = CommonOptions & ProgramChoice & Values<typeof traceOptions & typeof mrcCommand>;

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
    if (pictures !== undefined) trace = await readableAgain(trace, progress);
    const libraryOptions: MrcOptions = { ...pick(options, mrcOptions), workingSet: windows ?? workingSet };
    const all =
      pictures === undefined
        ? libraryOptions
        : { ...libraryOptions, workingSet: libraryOptions.workingSet ?? true, reuse: true };
    const opened = trace;
    const outcome = await stoppable([path ?? "", opened], (signal) =>
      mrcUntilStopped(opened, { ...all, onProgress: progress.onPass, signal }),
    );
    const { interrupted, ...drawn } = outcome;
    const isDrawn = pictures !== undefined && !interrupted;
    const about = aboutOf(drawn, libraryOptions);
    const details = isDrawn ? [await (await import("./details.js")).detailsOf(trace, about)] : [];
    progress.stop();
    const result = withoutUnrequested(drawn, libraryOptions);
    const description = describeTrace(trace);
    warnOfTrace(trace, options);
    if (json) writeJson({ ...result, ...(interrupted && { interrupted }), trace: description });
    const text = await import("../report/mrc.js");
    if (sink !== undefined) {
      await sink.write(Buffer.from(text.mrcCsv(result)));
      await sink.finish();
    }
    const isEmpty = interrupted && result.curves.length === 0;
    if (!isEmpty) await pictures?.write(interrupted ? wholeCurves(drawn) : drawn, details);
    if (!printsElsewhere && !isEmpty)
      writeOut(text.mrcText(result, await outputStyle(), outputWidth(), description));
    if (interrupted) throw interruption(outcome);
  } finally {
    progress.stop();
    await pictures?.abort();
    await sink?.abort();
    await trace?.close();
  }
}

/** The points of whole simulations, whose miss ratios can be compared, if there are any. */
function wholeCurves({ curves, ...result }: MrcResult): MrcResult {
  const whole = curves.flatMap((curve) => {
    const points = curve.points.filter(({ interruptedAt }) => interruptedAt === undefined);
    return points.length === 0 ? [] : [{ ...curve, points }];
  });
  return { ...result, curves: whole.length > 0 ? whole : curves };
}

function interruption({ curves, interruptedAt }: MrcOutcome): Interruption {
  if (interruptedAt === 0) return nothingKept();
  const points = curves.flatMap((curve) => curve.points);
  const whole = points.filter((point) => point.interruptedAt === undefined).length;
  const done =
    interruptedAt === undefined
      ? `${formatCounted(whole, "whole point")}`
      : `${formatCounted(interruptedAt, "reference")}`;
  return new Interruption(
    `interrupted after ${done}`,
    "give fewer --points, or --sample RATE, to have them sooner",
  );
}

/** A report always shows working sets and reuse. */
function withoutUnrequested(
  { workingSets, reuse, ...result }: MrcResult,
  libraryOptions: MrcOptions,
): MrcResult {
  return {
    ...result,
    ...(libraryOptions.workingSet && workingSets !== undefined && { workingSets }),
    ...(libraryOptions.reuse && reuse !== undefined && { reuse }),
  };
}

/** The page size of the heat map: the first one. */
function aboutOf({ workingSets }: MrcResult, { only }: MrcOptions): HeatMapOptions {
  const pageSize = workingSets?.[0]?.pageSize;
  return { ...(only !== undefined && { only }), ...(pageSize !== undefined && { pageSize }) };
}
