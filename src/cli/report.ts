/** `--report FILE` and `--plots DIR`: the result as pictures. Opened before the work, so that a bad path is told at once. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { type HeatMapOptions, heatMap } from "../heat/heat.js";
import { reuseDistances } from "../mrc/mrc.js";
import type { ReportInput, ReportOptions, TraceDetails } from "../report/data.js";
import { fileError } from "../trace/file-errors.js";
import { openSink } from "../trace/sinks.js";
import type { Trace } from "../trace/trace.js";
import type { ByteSink } from "../trace/writer.js";
import { version } from "./version.js";

export interface ReportPaths {
  report?: string;
  plots?: string;
}

export function addReportOptions(command: Command): void {
  command
    .option("--report <file>", "write a page with figures, which needs no network")
    .option("--plots <dir>", "write each figure as SVG into that folder");
}

/** Where pictures go. */
export class Pictures {
  private constructor(
    private readonly page: ByteSink | undefined,
    private readonly folder: string | undefined,
  ) {}

  /** Undefined where nobody asks for any. */
  static async open({ report, plots }: ReportPaths): Promise<Pictures | undefined> {
    if (report === undefined && plots === undefined) return undefined;
    if (plots !== undefined) {
      await mkdir(plots, { recursive: true }).catch((error: unknown) => {
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

  /** Leaves no half-written page; safe to call when it is whole. */
  async abort(): Promise<void> {
    await this.page?.abort();
  }
}

async function writeFile(path: string, text: string): Promise<void> {
  const sink = await openSink(path);
  try {
    await sink.write(Buffer.from(text));
    await sink.finish();
  } finally {
    await sink.abort();
  }
}

/** What a report tells of a trace beside the result; reads the trace twice more. */
export async function detailsOf(trace: Trace, options: HeatMapOptions): Promise<TraceDetails> {
  const { only = "all", pageSize = 4096 } = options;
  const hasAddresses = trace.unit === "address";
  const heat = await heatMap(trace, options);
  const [reuse] = await reuseDistances(trace, { only, ...(hasAddresses && { pageSize }) });
  return {
    format: trace.format,
    only,
    heat,
    ...(hasAddresses && { pageSize }),
    ...(reuse !== undefined && { reuse, distinctPages: reuse.firstRequests }),
  };
}

/** The command as it can be typed again. */
function commandLine(args: readonly string[]): string {
  return ["pagewalk", ...args].map(quoted).join(" ");
}

/** As a POSIX shell takes it. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
