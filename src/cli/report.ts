/**
 * `--report FILE` and `--plots DIR`: the result as figures. Outputs are opened before the work, so that a bad path is
 * reported at once.
 */
import { join } from "node:path";
import { UsageError } from "../errors.js";
import type { reportOptions } from "../options/common.js";
import type { Values } from "../options/row.js";
import { Copies } from "../pass/copies.js";
import { Work } from "../pass/progress.js";
import { makeFolder } from "../platform/folder.node.js";
import type { ReportInput, ReportOptions, TraceDetails } from "../report/data.js";
import { fileError } from "../trace/file-errors.js";
import { openSink } from "../trace/sinks.js";
import type { Trace } from "../trace/trace.js";
import type { ByteSink } from "../trace/writer.js";
import { stoppable } from "./interrupt.js";
import type { Progress } from "./progress.js";
import { version } from "./version.js";

type ReportPaths = Values<typeof reportOptions>;

/** Returns true if another output than the text goes to standard output. Throws `UsageError` for two such outputs. */
export function refuseTwoOutputs(
  command: string,
  { json, csv, report }: ReportPaths & { json?: boolean; csv?: string },
): boolean {
  const wanting = [...(json ? ["--json"] : []), ...(csv === "-" ? ["--csv -"] : [])];
  if (report === "-") wanting.push("--report -");
  if (wanting.length > 1) {
    const remedy = `give ${wanting.at(-1)?.split(" ")[0]} a file`;
    throw new UsageError(`${wanting.join(" and ")} both want standard output`, remedy, command);
  }
  return wanting.length > 0;
}

/** A report reads a trace several times: the trace itself, or a stored copy of a stream. */
export async function readableAgain(trace: Trace, { onPass }: Progress): Promise<Trace> {
  if (trace.rewindable) return trace;
  try {
    return await stoppable(["-", trace], (signal) =>
      new Copies(new Work(onPass, signal, undefined).copying).of(trace, Number.POSITIVE_INFINITY),
    );
  } finally {
    await trace.close();
  }
}

/** The outputs for figures. */
export class Pictures {
  private constructor(
    private readonly page: ByteSink | undefined,
    private readonly folder: string | undefined,
  ) {}

  /** Undefined if none is requested. */
  static async open({ report, plots }: ReportPaths): Promise<Pictures | undefined> {
    if (report === undefined && plots === undefined) return undefined;
    if (plots !== undefined) {
      await makeFolder(plots).catch((error: unknown) => {
        throw fileError(error, plots, "write");
      });
    }
    return new Pictures(report === undefined ? undefined : await openSink(report), plots);
  }

  async write(result: ReportInput, traces: readonly TraceDetails[]): Promise<void> {
    const options: ReportOptions = {
      command: commandLine(process.argv.slice(2)),
      version: version(),
      traces,
    };
    if (this.page !== undefined) {
      const { reportHtml } = await import("../report/html.js");
      await this.page.write(Buffer.from(await reportHtml(result, options)));
      await this.page.finish();
    }
    if (this.folder !== undefined) {
      const { reportPlots } = await import("../report/plots.js");
      for (const { name, svg } of await reportPlots(result, options)) {
        await writeFile(join(this.folder, name), svg);
      }
    }
  }

  /** Removes a partial page. No effect on a complete one. */
  async abort(): Promise<void> {
    await this.page?.abort();
  }
}

export async function writeFile(path: string, text: string): Promise<void> {
  const sink = await openSink(path);
  try {
    await sink.write(Buffer.from(text));
    await sink.finish();
  } finally {
    await sink.abort();
  }
}

/** The command line as it can be typed again. */
function commandLine(args: readonly string[]): string {
  return ["pagewalk", ...args].map(quoted).join(" ");
}

/** Quotes for a POSIX shell. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
