/** `heap LOG` */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { allocators, chooseAllocators } from "../allocators/allocators.js";
import { Interruption, OutOfMemoryError } from "../errors.js";
import { type HeapComparison, type HeapOptions, heapUntilStopped } from "../heap/heap.js";
import { defaultsOf } from "../registry/signature.js";
import { formatCount, formatCounted } from "../report/numbers.js";
import { fileError } from "../trace/file-errors.js";
import { openSink } from "../trace/sinks.js";
import { stoppable } from "./interrupt.js";
import { addCommonOptions, type CommonOptions, countOption, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { addReportOptions, Pictures, type ReportPaths, refuseTwoOutputs } from "./report.js";
import { HELP_WIDTH, outputWidth, writeJson, writeOut } from "./terminal.js";

type Asked = Pick<
  HeapOptions,
  "allocators" | "format" | "memory" | "swap" | "tlb" | "huge" | "touch" | "costs" | "jobs"
>;
type Options = CommonOptions & ReportPaths & Asked & { csv?: string; maps?: string; show?: string };

const DETAILS = `
A log has one call per line, as trace record --heap and ltrace write it. Logs of
mtrace, heaptrack and the malloc lab are read as well.

  malloc(48) = 0x55555555b2a0
  realloc(0x55555555b2a0, 64) = 0x55555555b2e0
  free(0x55555555b2e0)

An own allocator is a JavaScript module, given by its path (with a slash, or
ending with .js or .mjs): ./mine.js, ./mine.js:growth=4096. See
docs/own-allocator.md.

The table has, for each allocator: the most memory held from the system (peak
heap) and resident (peak resident); the share lost when the program used most,
within used blocks (internal) and outside them (external); and its system calls.
docs/heaps.md defines the columns.

Examples:
  pagewalk trace record --heap -o ls.log -- ls
  pagewalk heap ls.log
  pagewalk heap ls.ltrace
  pagewalk heap ls.ltrace --allocators glibc,musl,first-fit:order=address
  pagewalk heap ls.ltrace --allocators all --costs --csv heaps.csv
  pagewalk heap ls.ltrace --allocators glibc,./mine.js
  pagewalk heap ls.ltrace --report heaps.html
  pagewalk heap ls.ltrace --allocators glibc --show leaks,errors`;

export async function define(command: Command, args: readonly string[]): Promise<void> {
  command
    .description("Replay a program's allocations through many allocators.")
    .argument("<log>", "a path, or - for standard input")
    .option(
      "--allocators <list>",
      "names, or files of own ones, separated by commas; or all (default: the usual ones, below)",
    )
    .option("--format <name>", "ltrace, mtrace, rep, heaptrack or pagewalk (default: detected)")
    .option("--maps <file>", "start from the regions of a /proc/PID/maps (default: LOG.maps, if it exists)")
    .option("--memory <size>", "physical memory (default: as much as needed)")
    .option("--swap <size>", "swap (default: none)")
    .option("--tlb <list>", "the TLBs; see replay --help")
    .option("--huge <when>", "transparent huge pages: never, always or madvise (default: never)")
    .option(
      "--touch <what>",
      "whether the program stores to each page of its blocks: all or none (default: all)",
    )
    .option("--costs", "count search steps, cache lines and TLB misses per operation; slower")
    .option(
      "--show <list>",
      "findings in the log: leaks (blocks never freed), errors (blocks freed twice, or never allocated)",
    )
    .option("--jobs <n>", "allocators at a time (default: every core)", countOption("--jobs"))
    .option("--csv <file>", "also write the results as comma-separated values");
  addReportOptions(command);
  addCommonOptions(command);
  const asksHelp = args.includes("--help") || args.includes("-h");
  command.addHelpText("after", `${asksHelp ? await allocatorHelp() : ""}${DETAILS}`);
  command.action(run);
}

/** The names come from the kernel's registry. */
async function allocatorHelp(): Promise<string> {
  const lines = (await allocators()).flatMap((allocator) => {
    const keys = defaultsOf(allocator);
    return wrapped(keys.length === 0 ? allocator.name : `${allocator.name}:${keys.join(",")}`);
  });
  const usual = wrapped(`usual: ${(await chooseAllocators(undefined)).map(({ name }) => name).join(", ")}`);
  return `\nAllocators, and their parameters' defaults:\n${[...lines, ...usual].join("\n")}\n`;
}

/** Lines of help, broken behind commas. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = " ";
  for (const part of text.split(/(?<=,)/)) {
    if (line.length + part.length > HELP_WIDTH - 1 && line.trim() !== "") {
      lines.push(line);
      line = "   ";
    }
    line += line === " " ? ` ${part}` : part;
  }
  return [...lines, line];
}

async function run(path: string, options: Options): Promise<void> {
  const { csv, json, quiet, debug, report, plots, maps, show, ...asked } = options;
  const printsElsewhere = refuseTwoOutputs("heap", options);
  const { heapCsv, heapText } = await import("../report/heap.js");
  const { findingsText, parseShow } = await import("../report/heap-log.js");
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
        ...asked,
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
