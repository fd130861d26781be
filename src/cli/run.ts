/** `run FILE` */
import { createReadStream } from "node:fs";
import type { Command } from "commander";
import { ARCHITECTURE_NAMES } from "../../assembly/abi/machine.js";
import { EXIT_CHECK_FAILED, InputError, UsageError } from "../errors.js";
import type { RunOptions } from "../process/log/run/log.js";
import type { RunResult } from "../process/log/run/result.js";
import type { Picture } from "../process/proc/show.js";
import type { Process } from "../process/process.js";
import type { ChargesInput } from "../report/charges-data.js";
import { fileError } from "../trace/file-errors.js";
import { stoppable } from "./interrupt.js";
import { addCommonOptions, type CommonOptions, countOption, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { addReportOptions, Pictures, type ReportPaths, refuseTwoOutputs } from "./report.js";
import { outputWidth, writeError, writeJson, writeOut } from "./terminal.js";

/** Width to which calls are cut if the output is no terminal. */
const PIPE_WIDTH = 100;
/** Limit on processes shown at the end. */
const MOST_SHOWN = 16;

interface Options extends CommonOptions, ReportPaths {
  verify?: boolean;
  maps?: string;
  show?: string;
  root?: string;
  overcommit?: number;
  [option: string]: unknown;
}

const DETAILS = `
A call log has one call per line, as strace and ltrace print them:

  brk(0x555555581000) = 0x555555581000
  p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)  # named p
  store(p + 16, 4) = SIGSEGV SEGV_ACCERR                    # what is expected

load, store and fetch access memory; alloca, enter and leave move the stack.
--show prints views at the end, or before a line: --show maps@120.

For a recording of trace record --heap --calls, --show charges and --report show
the costs of the blocks of each allocating call.

Examples:
  pagewalk run examples/process/regions.calls --show maps
  strace -f -o ls.strace -e trace=memory,process,desc ls -l
  pagewalk run ls.strace --verify
  pagewalk run ls.pagewalk --allocator best-fit --report costs.html
  pagewalk run examples/process/thrashing.calls --memory 256KiB --swap 1MiB`;

/** Size limit of a maps file: sixty thousand regions of smaps. */
const MOST_MAPS = 1 << 27;

export function define(command: Command): void {
  command
    .description("Simulate a process, call by call, as Linux would answer.")
    .argument("<file>", "a call log, or - for standard input")
    .option("--verify", "check every recorded result; exit status 1 if one differs")
    .option(
      "--follow",
      "place mappings where the log has them, unchecked (default: for trace record --calls)",
    )
    .option("--format <name>", "calls, strace, ltrace, pagewalk, lackey (default: detected)")
    .option("--maps <file>", "start from the regions of a /proc/PID/maps")
    .option(
      "--show <list>",
      "maps, smaps, status, pagemap, pagetable, heap, lists (the free lists after each call of the allocator), tlb, signals, faults, costs, charges (the costs of a recording's allocations), swapped, calls (the answer of each), differences (all that --verify found); each also as NAME@LINE, before that line",
    )
    .option("--ulimit <list>", "limits, such as stack=8MiB,memlock=8MiB,as=1GiB,data=unlimited")
    .option(
      "--privileged",
      "processes may lock without limit, as root may (default: unless --ulimit names memlock)",
    )
    .option("--no-privileged", "processes may not lock without limit")
    .option("--kernel <version>", "the version of Linux to model, from 5.10 on (default: 6.18)")
    .option("--memory <size>", "physical memory (default: as much as needed)")
    .option("--swap <size>", "swap (default: none)")
    .option("--policy <name>", "the replacement policy; see compare --help (default: clock)")
    .option("--page-cache <state>", "files are in memory at the start, warm, or not, cold (default: warm)")
    .option("--huge <when>", "transparent huge pages: never, always or madvise (default: never)")
    .option(
      "--hugetlb <pages>",
      "number of reserved explicit huge pages (default: 0)",
      countOption("--hugetlb"),
    )
    .option("--overcommit <mode>", "0 heuristic, 1 always, 2 never (default: 0)", countOption("--overcommit"))
    .option(
      "--arch <name>",
      `address space and page tables: ${ARCHITECTURE_NAMES.join(", ")} (default: x86-64)`,
    )
    .option("--tlb <list>", "the TLBs; see replay --help")
    .option(
      "--costs <list>",
      "cycles of tlbHit, walkStep, minorFault, majorFault, shootdown, call (default: 1, 30, 1500, 300000, 3000, 200)",
    )
    .option(
      "--randomize <seed>",
      "randomise addresses; the same seed gives the same ones (default: off)",
      countOption("--randomize"),
    )
    .option("--root <directory>", "directory in which execve looks for programs (default: /)")
    .option(
      "--allocator <name>",
      "the allocator behind malloc, such as glibc, musl or first-fit:order=address; see heap --help (default: the one that the log names, or glibc)",
    );
  addReportOptions(command);
  addCommonOptions(command);
  command.addHelpText("after", DETAILS);
  command.action(run);
}

async function run(path: string, options: Options): Promise<void> {
  const printsElsewhere = refuseTwoOutputs("run", options);
  const drawn = await Pictures.open(options);
  try {
    await runInto(path, options, printsElsewhere, drawn);
  } finally {
    await drawn?.abort();
  }
}

async function runInto(
  path: string,
  options: Options,
  printsElsewhere: boolean,
  drawn: Pictures | undefined,
): Promise<void> {
  const { json, quiet, debug, maps, show, report, plots, root = "/", ...rest } = options;
  const [{ OF_RUN, parseShow, picture }, { pathsBelow, programsBelow }] = await Promise.all([
    import("../process/proc/show.js"),
    import("../process/program/node-programs.js"),
  ]);
  const requests = parseShow(show ?? "");
  if (options.verify !== true && requests.some(({ what }) => what === "differences"))
    throw new UsageError("differences are what --verify finds", "give --verify too", "--show");
  const due = requests
    .filter(({ line }) => line !== undefined)
    .sort((one, other) => Number(one.line) - Number(other.line));
  const identities = new Map<string, string>();
  const identity = (name: string) => identities.get(name);
  const pictures: Picture[] = [];
  const text = maps === undefined ? undefined : await readText(maps);
  if (text !== undefined)
    for (const [, id = "", name = ""] of text.matchAll(/^\S+ \S+ \S+ (\S+ \d+) +(\/.*)$/gm))
      identities.set(name, id);
  const logOptions: RunOptions = {
    ...(rest as Partial<RunOptions>),
    name: path === "-" ? "<stdin>" : path,
    ...(text !== undefined && { maps: text, mapsName: maps as string }),
    readProgram: programsBelow(root),
    realPath: pathsBelow(root),
    faultLines: requests.some(({ what }) => what === "faults"),
    freeLists: requests.some(({ what }) => what === "lists"),
    answers: requests.some(({ what }) => what === "calls"),
    onLine: (line, process) => {
      for (let next = due[0]; next?.line !== undefined && next.line <= line; next = due[0]) {
        pictures.push(picture(process, next, identity));
        due.shift();
      }
    },
  };
  const result = await watched(path, logOptions, options);
  const shown = processesToShow(result);
  // Views requested for lines after the last call are taken at the end.
  const atEnd = [...due, ...requests.filter(({ line }) => line === undefined)];
  for (const request of atEnd)
    for (const process of OF_RUN.has(request.what) ? shown.slice(0, 1) : shown)
      pictures.push(picture(process, request, identity));
  if (json || !printsElsewhere) await print(result, pictures, options);
  await drawn?.write(chargesOf(result, logOptions.name ?? path), []);
  if (result.mismatched > 0) process.exitCode = EXIT_CHECK_FAILED;
  if (result.stopped !== undefined) {
    process.exitCode = result.stopped.exitStatus;
    throw result.stopped;
  }
}

/** Data of a report. Throws `InputError` if the recording does not have both allocations and references. */
function chargesOf({ charges, process: { heap } }: RunResult, name: string): ChargesInput {
  if (charges !== undefined)
    return { trace: name, charges, ...(heap !== undefined && { allocator: heap.allocator }) };
  throw new InputError(
    "has no allocations among its references, which a report is about",
    "record it with trace record --heap --calls",
    name,
  );
}

async function print(
  result: RunResult,
  pictures: readonly Picture[],
  { json, quiet, verify }: Options,
): Promise<void> {
  if (json) {
    const { runJson } = await import("../report/run-json.js");
    writeJson(runJson(result, pictures));
  } else {
    const { runText } = await import("../report/run.js");
    const view = { verified: verify === true, style: await outputStyle(), width: outputWidth(PIPE_WIDTH) };
    writeOut(runText(result, pictures, view));
  }
  if (quiet !== true) for (const warning of result.warnings) writeError(`pagewalk: ${warning}\n`);
}

/** Runs the log with a progress line; Ctrl-C stops it. */
async function watched(path: string, logOptions: RunOptions, options: Options): Promise<RunResult> {
  const { runLog } = await import("../process/log/run/log.js");
  const progress = new Progress(options);
  try {
    return await stoppable([path], (signal) =>
      runLog(path, { ...logOptions, onProgress: progress.onRun, signal }),
    );
  } finally {
    progress.stop();
  }
}

/** The processes alive at the end, or the first one if none is. */
function processesToShow({ system, process }: RunResult): Process[] {
  const all = [...system.processes.values()];
  const living = all.filter(({ isAlive }) => isAlive);
  return living.length === 0 ? all.filter(({ pid }) => pid === process.pid) : living.slice(0, MOST_SHOWN);
}

/** Reads a maps file up to a limit, since a device may not end. */
async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_MAPS) break;
    }
  } catch (error) {
    throw fileError(error, path, "read");
  }
  if (bytes > MOST_MAPS)
    throw new InputError("is too large for a maps file", "give it as /proc/PID/maps has it", path);
  return Buffer.concat(chunks).toString();
}
