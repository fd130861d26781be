/** Runs a call log: what it says goes to processes, what they answer is compared with what it says. */
import * as v from "valibot";
import { RECORD_BYTES } from "../../assembly/abi.js";
import { SPACE_BRK, SPACE_LOCKED, SPACE_START_BRK } from "../../assembly/abi-process.js";
import { InputError } from "../errors.js";
import { validate } from "../trace/options.js";
import type { TraceInput } from "../trace/trace.js";
import { type LogEntry, LogReader, openLog } from "./call-log.js";
import type { Expected } from "./call-syntax.js";
import type { CycleCounts } from "./costs.js";
import { exec, usualProgram } from "./exec.js";
import { installMaps, parseMaps } from "./maps.js";
import type { Process, Signal } from "./process.js";
import { type Call, type Outcome, perform, SKIPPED_CALLS } from "./run-calls.js";
import { Descriptors } from "./run-files.js";
import { System, type SystemOptions, systemEntries } from "./system.js";
import { goThrough } from "./time-line.js";
import { adopt, describe, differs } from "./verify.js";
import type { RegionView } from "./views.js";

/** Files that exec reads: the bytes of a program by its path, undefined where it is not to be had. */
export type ReadProgram = (path: string) => Promise<{ path: string; bytes: Uint8Array } | undefined>;

export interface RunOptions extends SystemOptions {
  /** Compare each recorded result, and go on after a difference from the recorded answer. */
  verify?: boolean;
  /** Put mappings where the log says that they were; of itself only for recordings whose mappings were placed by another. */
  follow?: boolean;
  /** The regions to start from, as `/proc/PID/maps` has them. */
  maps?: string;
  /** What messages call `maps`. */
  mapsName?: string;
  /** What messages call the log. */
  name?: string;
  /** How execve finds programs. */
  readProgram?: ReadProgram;
  /** Where a path leads that may be a link: maps show the file itself. */
  realPath?: (path: string) => string;
  /** Called before the call of each line, with the process whose turn it is. */
  onLine?: (line: number, process: Process) => void;
}

const runSchema = v.strictObject({
  ...systemEntries,
  verify: v.optional(v.boolean(), false),
  follow: v.optional(v.boolean()),
  maps: v.optional(v.string()),
  mapsName: v.optional(v.string(), "maps"),
  name: v.optional(v.string(), "log"),
  readProgram: v.optional(v.function()),
  realPath: v.optional(v.function()),
  onLine: v.optional(v.function()),
});

export interface SignalEntry extends Signal {
  /** The call, by its line in the log, or its number in a time line. */
  readonly line: number;
  /** The reference of a time line, by its number. */
  readonly reference?: number;
  readonly pid: number;
}

export interface Mismatch {
  readonly line: number;
  readonly call: string;
  readonly expected: string;
  readonly actual: string;
}

export interface ProcessResult {
  readonly pid: number;
  readonly alive: boolean;
  readonly maps: readonly RegionView[];
  readonly residentBytes: number;
  readonly lockedBytes: number;
  readonly swapBytes: number;
  readonly faults: { readonly minor: number; readonly major: number };
  readonly cycles: CycleCounts;
}

export interface RunResult {
  readonly calls: number;
  /** Calls whose recorded result was compared, and how that went. */
  readonly checked: number;
  readonly matched: number;
  readonly mismatched: number;
  readonly firstMismatch: Mismatch | undefined;
  /** References of a time line that were made, and those of processes that had ended. */
  readonly references: { readonly made: number; readonly skipped: number };
  /** Calls with no bearing on memory, by name. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly signals: readonly SignalEntry[];
  /** The process that the log begins with. */
  readonly process: ProcessResult;
  /** All that there were. */
  readonly processes: readonly ProcessResult[];
  readonly system: System;
  readonly warnings: readonly string[];
  /** Why the run ended before the log did. */
  readonly stopped: InputError | undefined;
}

/** Signals told of are at most so many; the others are counted. */
const MOST_SIGNALS = 100_000;

/**
 * Runs a log to its end. A malformed line ends it there, and is told in `stopped`: what ran before is kept. Throws
 * `UsageError` for options, `InputError` for the maps file, `OutOfMemoryError`.
 */
export async function runLog(input: TraceInput, options: RunOptions = {}): Promise<RunResult> {
  const { verify, follow, maps, mapsName, name, readProgram, realPath, onLine, ...system } = validate(
    "run",
    runSchema,
    options,
  );
  const run = new Run(await System.create(system), {
    verify,
    follow,
    name,
    readProgram: readProgram as ReadProgram | undefined,
    realPath: realPath as RunOptions["realPath"],
    onLine: onLine as RunOptions["onLine"],
  });
  if (maps !== undefined) run.startFrom(maps, mapsName);
  await run.log(input);
  return run.result();
}

interface Settings {
  verify: boolean;
  follow: boolean | undefined;
  name: string;
  readProgram: ReadProgram | undefined;
  realPath: RunOptions["realPath"];
  onLine: RunOptions["onLine"];
}

/** A process as the log knows it: threads share one. */
interface Task {
  process: Process;
  descriptors: Descriptors;
  /** It shares its parent's memory until it runs another program or ends (vfork). */
  borrowed: boolean;
}

export class Run {
  private readonly reader: LogReader;
  private readonly tasks = new Map<number, Task>();
  private readonly values = new Map<string, bigint>();
  private readonly signals: SignalEntry[] = [];
  private readonly skipped: Record<string, number> = {};
  private first: Task | undefined;
  private firstAtEnd: ProcessResult | undefined;
  private hasMaps = false;
  private hasBreak = false;
  /** Whose call was last. */
  private current: Task | undefined;
  private readonly references = { made: 0, skipped: 0 };
  private calls = 0;
  private checked = 0;
  private mismatched = 0;
  private firstMismatch: Mismatch | undefined;
  private stopped: InputError | undefined;
  private readonly warnings: string[] = [];

  constructor(
    readonly system: System,
    private readonly settings: Settings,
  ) {
    this.reader = new LogReader(settings.name);
  }

  /** The first process begins with these regions. */
  startFrom(maps: string, file: string): void {
    const regions = parseMaps(maps, file, this.system.layout.pageBytes);
    if (regions.length === 0)
      throw new InputError("there is no region", "give a file as /proc/PID/maps has it", file);
    installMaps(this.task(undefined).process, regions, file);
    this.hasMaps = true;
  }

  async log(input: TraceInput): Promise<void> {
    const { trace, lines, close } = await openLog(input, this.settings.name);
    try {
      if (trace !== undefined) await goThrough(trace, (opened) => this.system.read(opened), this);
      else
        for (let line = await lines.next(); line !== undefined; line = await lines.next())
          await this.call(line);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.stopped = error;
    } finally {
      await close();
    }
  }

  /** What a recording says of itself: where it began, and that its mappings lie where no Linux put them. */
  begin({ maps, placement }: Readonly<Record<string, unknown>>): void {
    if (typeof maps === "string" && maps !== "" && !this.hasMaps) this.startFrom(maps, this.settings.name);
    if (placement === "recorded" && !this.settings.verify) this.settings.follow ??= true;
  }

  async call(line: string): Promise<void> {
    const entry = this.reader.read(line);
    if (entry !== undefined) await this.take(entry);
  }

  touch(records: number, count: number, firstReference: number): void {
    const { process } = this.current ?? this.task(undefined);
    const line = this.reader.line;
    let done = 0;
    while (done < count && process.isAlive) {
      const touched = process.touchRecords(records + done * RECORD_BYTES, count - done, line);
      done += touched.done;
      if (touched.signal === undefined) break;
      this.tell({ line, reference: firstReference + done, pid: process.pid, ...touched.signal });
      done++;
    }
    this.references.made += done;
    this.references.skipped += count - done;
  }

  private tell(signal: SignalEntry): void {
    if (this.signals.length < MOST_SIGNALS) this.signals.push(signal);
  }

  /** The task of a pid; the log's first, where it names none. */
  private task(pid: number | undefined): Task {
    if (pid === undefined && this.first !== undefined) return this.first;
    const known = pid === undefined ? undefined : this.tasks.get(pid);
    if (known !== undefined) return known;
    if (this.first !== undefined && pid !== undefined && this.tasks.size === 0) {
      // The first line had no number yet.
      this.tasks.set(pid, this.first);
      return this.first;
    }
    const task = {
      process: this.system.start(pid),
      descriptors: new Descriptors(this.settings.realPath),
      borrowed: false,
    };
    this.first ??= task;
    if (pid !== undefined) this.tasks.set(pid, task);
    return task;
  }

  private async take(entry: LogEntry): Promise<void> {
    const task = this.task(entry.pid);
    this.current = task;
    if (entry.type === "exit") {
      this.end(task);
      return;
    }
    if (entry.type === "signal") {
      // What the log goes on after had a handler, or was not deadly.
      task.process.handle(entry.name);
      return;
    }
    this.settings.onLine?.(entry.line, task.process);
    await this.run(task, entry);
  }

  private async run(task: Task, entry: LogEntry & { type: "call" }): Promise<void> {
    const { name, args, expected, line } = entry;
    const recorded = expected?.kind === "value" ? expected.value : undefined;
    if (task.descriptors.note(name, args, recorded) || SKIPPED_CALLS.has(name)) {
      this.skip(name);
      return;
    }
    if (await this.changesTask(task, entry)) return;
    if (!task.process.isAlive) {
      this.skip(name);
      return;
    }
    const call: Call = {
      ...entry,
      place: `${this.settings.name}:${line}`,
      number: (text) => this.number(text),
      descriptors: task.descriptors,
      follow: this.settings.follow === true,
    };
    if (name === "brk") this.learnBreak(task.process, expected);
    if (expected?.kind === "signal") task.process.handle(expected.name);
    const outcome = perform(task.process, call);
    if (outcome === undefined) {
      this.skip(name);
      return;
    }
    this.calls++;
    this.note(task, entry, outcome);
    if (entry.target !== undefined) this.values.set(entry.target, outcome.value);
  }

  /** The process of a task ends. The last one's memory stays to be looked at; of the first, what it was is kept. */
  private end(task: Task): void {
    if (task.borrowed) {
      task.borrowed = false;
      return;
    }
    const { process } = task;
    const living = [...this.system.processes.values()].filter(({ isAlive }) => isAlive);
    if (!process.isAlive || living.length === 1) return;
    if (process === this.first?.process) this.firstAtEnd = this.processResult(process);
    process.exit();
  }

  /** A log seldom begins with a process that has a known break: the first answer tells. */
  private learnBreak(process: Process, expected: Expected | undefined): void {
    const { kernel } = this.system;
    if (expected?.kind !== "value" || this.hasBreak) return;
    this.hasBreak = true;
    const isKnown = kernel.field(process.asid, SPACE_BRK) !== 0n;
    if (isKnown && !(this.settings.follow && expected.value !== 0n)) return;
    kernel.setField(process.asid, SPACE_START_BRK, expected.value);
    kernel.setField(process.asid, SPACE_BRK, expected.value);
  }

  private note(task: Task, entry: LogEntry & { type: "call" }, outcome: Outcome): void {
    const { line, expected } = entry;
    if (outcome.signal !== undefined) this.tell({ line, pid: task.process.pid, ...outcome.signal });
    if (expected === undefined) return;
    if (!this.settings.verify) {
      if (this.settings.follow && differs(expected, outcome)) adopt(task.process, outcome, expected);
      return;
    }
    this.checked++;
    if (!differs(expected, outcome)) return;
    this.mismatched++;
    this.firstMismatch ??= {
      line,
      call: entry.text.replace(/\s*=\s*[^=]*$/, ""),
      expected: describe(expected, outcome.isAddress),
      actual: describe(outcome.shown, outcome.isAddress),
    };
    adopt(task.process, outcome, expected);
  }

  private skip(name: string): void {
    this.skipped[name] = (this.skipped[name] ?? 0) + 1;
  }

  private number(name: string): bigint | undefined {
    return this.values.get(name);
  }

  /** fork, clone, execve, exit: which processes there are. */
  private async changesTask(task: Task, entry: LogEntry & { type: "call" }): Promise<boolean> {
    switch (entry.name) {
      case "fork":
      case "vfork":
      case "clone":
      case "clone3":
        this.fork(task, entry);
        return true;
      case "execve":
      case "execveat":
        if (entry.expected === undefined || (entry.expected.kind === "value" && entry.expected.value === 0n))
          await this.exec(task, entry);
        return true;
      case "exit":
      case "exit_group":
        if (entry.name === "exit_group" || this.tasks.size === 0) this.end(task);
        return true;
      default:
        return false;
    }
  }

  private fork(task: Task, entry: LogEntry & { type: "call" }): void {
    this.calls++;
    const { expected, name, line } = entry;
    if (expected?.kind === "error") {
      if (this.settings.verify) this.checked++;
      return;
    }
    const pid = expected?.kind === "value" ? Number(BigInt.asUintN(32, expected.value)) : undefined;
    if (!task.process.isAlive || pid === 0) return; // the child's own return
    const shares = name === "vfork" || /CLONE_VM/.test(entry.text);
    if (shares) {
      if (pid !== undefined)
        this.tasks.set(pid, { process: task.process, descriptors: task.descriptors.copy(), borrowed: true });
      return;
    }
    if (pid !== undefined && this.system.processes.get(pid)?.isAlive) {
      throw new InputError(
        `there is a process ${pid} already`,
        "give each child a number of its own",
        `${this.settings.name}:${line}`,
      );
    }
    const child = task.process.fork(pid);
    if ("error" in child) {
      throw new InputError(
        `no more processes can be made (${child.error})`,
        "end some, or give the system more memory",
        `${this.settings.name}:${line}`,
      );
    }
    if (this.settings.verify && expected !== undefined) this.checked++;
    this.tasks.set(child.pid, { process: child, descriptors: task.descriptors.copy(), borrowed: false });
    if (entry.target !== undefined) this.values.set(entry.target, BigInt(child.pid));
  }

  private async exec(task: Task, entry: LogEntry & { type: "call" }): Promise<void> {
    this.calls++;
    const [argument, argv] = entry.args;
    const path = argument?.kind === "text" ? argument.text : "program";
    // Regions from a maps file are those after the program was started.
    if (this.hasMaps && task === this.first && this.calls === 1) return;
    const { pid } = task.process;
    if (!task.borrowed) task.process.exit();
    if (task.borrowed) this.system.processes.delete(pid);
    const fresh = this.system.start(task.borrowed ? undefined : pid);
    task.process = fresh;
    task.borrowed = false;
    const found = await this.programs(path);
    const items = argv?.kind === "list" ? argv.items.length : 0;
    exec(fresh, { ...found, argumentBytes: BigInt(1024 + 64 * items) });
  }

  private async programs(path: string): Promise<Parameters<typeof exec>[1]> {
    const { readElf } = await import("./elf.js");
    const read = async (wanted: string) => {
      const file = await this.settings.readProgram?.(wanted);
      return (
        file && { path: file.path, elf: readElf(file.bytes, wanted), sizeBytes: BigInt(file.bytes.length) }
      );
    };
    const program = await read(path);
    if (program !== undefined) {
      const interpreter =
        program.elf.interpreter === undefined ? undefined : await read(program.elf.interpreter);
      if (program.elf.interpreter === undefined || interpreter !== undefined) return { program, interpreter };
    }
    this.warnings.push(
      `${path} is not at hand, so a program of the usual shape stands in for it; --root names where programs are`,
    );
    return usualProgram(path, this.system.layout.arch);
  }

  result(): RunResult {
    const first = this.first ?? this.task(undefined);
    const processes = [...this.system.processes.values()].map((process) => this.processResult(process));
    return {
      calls: this.calls,
      checked: this.checked,
      matched: this.checked - this.mismatched,
      mismatched: this.mismatched,
      firstMismatch: this.firstMismatch,
      references: this.references,
      skipped: this.skipped,
      signals: this.signals,
      process: this.firstAtEnd ?? this.processResult(first.process),
      processes,
      system: this.system,
      warnings: this.warnings,
      stopped: this.stopped,
    };
  }

  private processResult(process: Process): ProcessResult {
    const maps = process.regions();
    const sum = (key: "rssBytes" | "swapBytes") => maps.reduce((total, region) => total + region[key], 0);
    return {
      pid: process.pid,
      alive: process.isAlive,
      maps,
      residentBytes: sum("rssBytes"),
      lockedBytes: process.isAlive ? Number(process.field(SPACE_LOCKED) * process.pageBytes) : 0,
      swapBytes: sum("swapBytes"),
      faults: process.faults,
      cycles: process.cycles,
    };
  }
}
