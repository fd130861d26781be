/**
 * Records a program's calls of its allocator with a library that is loaded before libc (`record/shim.c`). For a text
 * log the program's regions before its first call are written to OUT.maps; a `pagewalk` trace contains them.
 */
import { InputError, UsageError } from "../errors.js";
import { signalNamed } from "../trace/calls/signals.js";
import { convertTrace } from "../trace/convert.js";
import { formatNamed } from "../trace/formats.js";
import { openTrace } from "../trace/open.js";
import { openSink } from "../trace/sinks.js";
import { LogFile, logsOf } from "./recorded-log.node.js";
import { compileShim } from "./shim.node.js";

/** Options of `recordHeap`. */
export interface RecordHeapOptions {
  /** The output's format, `calls` or `pagewalk`; default: from the output's name, else `calls`. */
  format?: string;
  /** Also record programs that the program starts, each in a file of its own: OUT with the number of the process. */
  follow?: boolean;
  /** The program's standard output: unchanged, to standard error, or discarded. */
  programOutput?: "inherit" | "stderr" | "ignore";
  /** Ends the program; the recording is dropped, and the function rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The C compiler; default: the first of `cc`, `gcc` and `clang` that is installed. */
  compiler?: string;
}

/** A file with the calls of one program's allocator. */
export interface RecordedHeap {
  /** Path of the recording. */
  readonly path: string;
  /** Format of the recording: `calls` or `pagewalk`. */
  readonly format: string;
  /** Recorded lines: calls of the allocator, mappings of the program, ends of threads. */
  readonly calls: number;
}

/** Result of `recordHeap`. */
export interface RecordHeapResult extends RecordedHeap {
  /** With `follow`: the recordings of programs that this one started. */
  readonly others: readonly RecordedHeap[];
  /** The program's exit status; 128 plus the signal number if a signal ended it. */
  readonly exitCode: number;
  /** The name of the signal that ended it; undefined if it exited. */
  readonly exitSignal: string | undefined;
}

/** `output` is a path, or `-` for standard output, which cannot hold regions or other programs. */
export async function recordHeap(
  command: readonly string[],
  output: string,
  options: RecordHeapOptions = {},
): Promise<RecordHeapResult> {
  if (command.length === 0) throw new UsageError("no program to record", "name one after --");
  const format = formatOf(output, options.format);
  if (options.follow && output === "-")
    throw new UsageError("several programs write several logs", "give the first one a file");
  const { temporaryFolder } = await import("../platform/temporary.node.js");
  const folder = await temporaryFolder();
  try {
    const { exitCode, exitSignal } = await runRecorded(command, folder.path, options);
    const [first, ...rest] = await logsOf(folder.path);
    if (first === undefined) throw notRecorded(command, exitCode);
    const others: RecordedHeap[] = [];
    for (const log of rest) others.push(await write(log, numbered(output, log.number), format));
    return { ...(await write(first, output, format)), others, exitCode, exitSignal };
  } finally {
    await folder.remove();
  }
}

function formatOf(output: string, given: string | undefined): string {
  const { name } = formatNamed(given ?? (/\.pagewalk$/i.test(output) ? "pagewalk" : "calls"));
  if (name === "calls" || name === "pagewalk") return name;
  throw new UsageError(`${name} cannot hold an allocator's calls`, "write calls or pagewalk", given);
}

/** Compiles the recorder and runs the program under it; how it ended. */
async function runRecorded(
  command: readonly string[],
  folder: string,
  { follow = false, programOutput = "inherit", compiler, signal }: RecordHeapOptions,
): Promise<Pick<RecordHeapResult, "exitCode" | "exitSignal">> {
  const { isatty } = await import("node:tty");
  const { onInterrupt } = await import("../platform/cleanup.node.js");
  const { startProgram } = await import("../trace/record/program.node.js");
  const { library, launcher } = await compileShim(folder, compiler);
  signal?.throwIfAborted();
  const program = await startProgram(launcher, [library, ...command], {
    programOutput,
    environment: {
      ...process.env,
      PAGEWALK_HEAP_LOG: LogFile.first(folder),
      ...(follow && { PAGEWALK_HEAP_FOLLOW: "1" }),
    },
  });
  // The recording so far is kept; a terminal sends Ctrl-C to the program itself.
  const interruption = onInterrupt(() => void (isatty(0) || program.kill("SIGINT")));
  const kill = () => program.kill("SIGTERM");
  signal?.addEventListener("abort", kill);
  try {
    const exitCode = await program.exitCode;
    signal?.throwIfAborted();
    const { endSignal } = program;
    return { exitCode, exitSignal: endSignal === undefined ? undefined : signalNamed(endSignal) };
  } finally {
    signal?.removeEventListener("abort", kill);
    interruption.cancel();
  }
}

/** Exit statuses of launch.c, the same as a shell's. */
const CANNOT_RUN = 126;
const NOT_FOUND = 127;

function notRecorded(command: readonly string[], exitCode: number): InputError {
  const [name = ""] = command;
  if (exitCode === NOT_FOUND) return new InputError("there is no such program", "check its name", name);
  if (exitCode === CANNOT_RUN) return new InputError("it cannot be run", "check that it is executable", name);
  return new InputError(
    `it did not load the recorder (exit status ${exitCode}): it is statically linked, setuid, or not built for glibc`,
    "record a program that loads glibc as a library",
    name,
  );
}

/** `ls.log` and 4711: `ls.4711.log`. */
function numbered(output: string, number: string): string {
  const [, stem = output, ending = ""] = /^(.*?[^/])((?:\.\w+)?(?:\.gz)?)$/.exec(output) ?? [];
  return `${stem}.${number}${ending}`;
}

async function write(log: LogFile, path: string, format: string): Promise<RecordedHeap> {
  const calls = format === "pagewalk" ? await writeTrace(log, path) : await writeText(log, path);
  return { path, format, calls };
}

async function writeTrace(log: LogFile, path: string): Promise<number> {
  const head = await log.head();
  const trace = await openTrace(log.chunks(), { name: head.command, format: "calls" });
  const metadata = { ...head, maps: await log.maps(), placement: "recorded" };
  await convertTrace(trace, path, { format: "pagewalk", metadata });
  return log.calls;
}

/** The regions come first; for a log they are in a file beside it. */
async function writeText(log: LogFile, path: string): Promise<number> {
  if (path !== "-") await writeAll(`${path.replace(/\.gz$/i, "")}.maps`, [await log.mapsBytes()]);
  await writeAll(path, log.chunks());
  return log.calls;
}

async function writeAll(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const sink = await openSink(path);
  try {
    for await (const chunk of chunks) await sink.write(chunk);
    await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
