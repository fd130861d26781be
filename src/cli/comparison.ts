/** The outputs of a comparison, for `compare` and `merge`, and the errors that it ends with. */
import type { Comparison } from "../compare/parts.js";
import type { CompareResult, CompareRow } from "../compare/row.js";
import { Interruption } from "../errors.js";
import type { csvOption, reportOptions } from "../options/common.js";
import type { compareCommand } from "../options/requests.js";
import type { Values } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import type { TraceDetails } from "../report/data.js";
import { formatCount, formatCounted } from "../report/numbers.js";
import { openSink } from "../trace/sinks.js";
import type { TraceDescription } from "../trace/trace.js";
import type { ByteSink } from "../trace/writer.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Pictures, refuseTwoOutputs } from "./report.js";
import { outputWidth, writeJson, writeOut } from "./terminal.js";
import type { ProgramChoice } from "./traces.js";

type Options = CommonOptions & Values<typeof csvOption & typeof reportOptions>;

export type CompareCommand = CommonOptions &
  ProgramChoice &
  Values<typeof traceOptions & typeof compareCommand>;

/** A comparison with its summary, as it is printed. */
interface Compared extends CompareResult {
  readonly simulations: number;
  /** Members of the JSON document for what is missing. */
  readonly missing?: object;
}

/** Opened before the work, so that a path that cannot be written to is reported at once. */
export class ComparisonOutputs {
  private constructor(
    private readonly options: Options,
    private readonly printsElsewhere: boolean,
    private readonly sink: ByteSink | undefined,
    private readonly pictures: Pictures | undefined,
  ) {}

  static async open(command: string, options: Options): Promise<ComparisonOutputs> {
    const { csv } = options;
    const printsElsewhere = refuseTwoOutputs(command, options);
    const sink = csv === undefined ? undefined : await openSink(csv);
    try {
      return new ComparisonOutputs(options, printsElsewhere, sink, await Pictures.open(options));
    } catch (error) {
      await sink?.abort();
      throw error;
    }
  }

  /** Figures need timelines in the rows, and details of the traces. */
  get hasFigures(): boolean {
    return this.pictures !== undefined;
  }

  async write(
    comparison: Compared,
    descriptions: readonly TraceDescription[],
    details: readonly TraceDetails[],
  ): Promise<void> {
    const { results, missing } = comparison;
    if (this.options.json) {
      const rows = results.map(({ timeline: _, ...row }) => row);
      const [trace, ...more] = descriptions;
      writeJson({ trace: more.length === 0 ? trace : descriptions, results: rows, ...missing });
    }
    if (this.sink !== undefined) {
      const { compareCsv } = await import("../report/compare-csv.js");
      await this.sink.write(Buffer.from(compareCsv(comparison)));
      await this.sink.finish();
    }
    if (results.length > 0) await this.pictures?.write({ results: drawn(results) }, details);
    if (!this.printsElsewhere && results.length > 0) {
      const { compareText } = await import("../report/compare.js");
      writeOut(await compareText(comparison, await outputStyle(), outputWidth(), descriptions));
    }
  }

  /** Removes partial files. No effect on complete ones. */
  async abort(): Promise<void> {
    await this.pictures?.abort();
    await this.sink?.abort();
  }
}

/** The rows of the figures: those of whole simulations, whose counts can be compared, if there are any. */
function drawn(results: readonly CompareRow[]): CompareRow[] {
  const whole = results.filter(({ interruptedAt }) => interruptedAt === undefined);
  return whole.length > 0 ? whole : results.slice();
}

/** The error of a comparison that was interrupted. */
export function interruption(
  { results, simulations }: Pick<Comparison, "results" | "simulations">,
  { resume, queue }: CompareCommand,
): Interruption {
  const finished = results.filter(({ interruptedAt }) => interruptedAt === undefined).length;
  return new Interruption(
    `interrupted after ${formatCount(finished)} of ${formatCounted(simulations, "simulation")}`,
    remedyOf(resume, queue),
    resume,
  );
}

function remedyOf(resume: string | undefined, queue: string | undefined): string {
  if (queue !== undefined)
    return "the queue keeps the others: run the same again for them, or with --cancel to remove them";
  return resume === undefined
    ? "--resume FILE keeps those that end, for the next run"
    : "run the same again to go on";
}
