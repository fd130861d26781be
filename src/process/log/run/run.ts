/**
 * Runs a call log: turns its lines into calls of processes, in the order in which the kernel served them. `input.ts`
 * reads the lines.
 */

import { environmentIn } from "../../../allocators/environment.js";
import { InputError, withNames } from "../../../errors.js";
import { quote } from "../../../printable.js";
import { callRow, OTHER_CALL } from "../../../trace/calls/table.js";
import { installMaps, parseMaps } from "../../proc/maps.js";
import type { Process } from "../../process.js";
import { becomeNarrow } from "../../program/compatible.js";
import type { System } from "../../system.js";
import { LoggedHeaps } from "../calls/logged-heaps.js";
import { noteOpening } from "../calls/opening.js";
import { parentOf } from "../calls/parentage.js";
import { ProcessStarts } from "../calls/process-starts.js";
import { concernsMemory, ProcessCalls } from "../calls/processes.js";
import { type Task, Tasks } from "../calls/tasks.js";
import { Overlap } from "../order/overlap.js";
import type { CallEntry, LogEntry, SignalLine } from "../parse/entry.js";
import { LogReader } from "../parse/reader.js";
import type { Setting } from "../parse/settings.js";
import { RecordedHeap } from "./recorded-heap.js";
import { type RecordSpan, References } from "./references.js";
import { mismatchOf, type ProcessResult, processResult, type RunResult } from "./result.js";
import { Service } from "./service.js";
import type { Settings } from "./settings.js";
import type { Place } from "./stop.js";

/** Limit on kept processes, so that memory does not grow with the log. */
const MOST_ENDED = 1000;
/** After so many the log is taken to have no forks, and is not searched for them. */
const MOST_ORPHANS = 16;

/** An entry of one task: a call, or a signal to it. */
type TaskEntry = Exclude<LogEntry, { type: "setting" | "exit" | "mode" | "turn" }>;

/** The lines after the current one. */
export type Upcoming = () => AsyncIterable<string> | Iterable<string>;

/** A description of the input, and the reason why it was not read to its end. */
export type Reading = Pick<RunResult, "trace" | "unit" | "stopped">;

export class Run {
  private readonly reader: LogReader;
  private readonly tasks: Tasks;
  private readonly overlap = new Overlap((answered) => this.service.serve(answered));
  private readonly starts = new ProcessStarts();
  private readonly heaps = new LoggedHeaps(this.starts);
  private readonly service: Service;
  private readonly processCalls: ProcessCalls;
  /** Processes whose parent the log does not show. */
  private orphans = 0;
  private firstAtEnd: ProcessResult | undefined;
  private endedCount = 0;
  private upcoming: Upcoming = () => [];
  /** The task of the last call. */
  private current: Task | undefined;
  private readonly references: References;

  constructor(
    readonly system: System,
    private readonly settings: Settings,
  ) {
    this.reader = new LogReader(settings.name);
    this.tasks = new Tasks(system, settings.realPath, (process) => this.onProcessEnd(process));
    const { tasks, heaps, starts } = this;
    const nextLine = () => {
      const [next] = this.upcoming() as Iterable<string>; // a recording is a time line
      return next;
    };
    this.service = new Service(system, settings, heaps, starts, nextLine);
    this.references = new References(this.service);
    const { answers, warnings, values } = this.service;
    this.processCalls = new ProcessCalls({
      tasks,
      heaps,
      starts,
      values,
      readProgram: settings.readProgram,
      upcoming: () => this.upcoming(),
      take: (pid, entry, usual) => {
        answers.take(pid, entry, usual);
        return answers.all.count;
      },
      warn: (matter, text) => warnings.add(matter, text),
    });
  }

  /** Starts the first process with these regions. */
  startFrom(maps: string, file: string): void {
    const regions = parseMaps(maps, file, this.system.layout.pageBytes);
    if (regions.length === 0)
      throw new InputError("there is no region", "give a file as /proc/PID/maps has it", file);
    const { process } = this.tasks.of(undefined).memory;
    installMaps(process, regions, file);
    this.starts.addMaps(process, regions);
    this.tasks.isAttached = true;
  }

  /** Reads a recording's metadata: its initial regions, and that its mappings are not where Linux would place them. */
  begin(metadata: Readonly<Record<string, unknown>>): void {
    const { maps, placement, allocations, heap } = metadata;
    if (heap !== undefined) {
      this.tasks.join();
      this.heaps.assume(environmentIn(metadata));
    }
    if (typeof maps === "string" && maps !== "" && !this.starts.hasMaps)
      this.startFrom(maps, this.settings.name);
    const isAllocators = heap !== undefined; // whose calls Linux answered, at its own addresses
    if (placement === "recorded" && !(isAllocators && this.settings.verify)) this.settings.follow ??= true;
    if (allocations !== "recorded") return;
    const { process } = this.tasks.of(undefined).memory;
    this.service.recordedHeap = new RecordedHeap(process, !this.system.allocator.isUsual);
  }

  /**
   * Serves the next line. `upcoming` gives the lines after it, as far as they can be read ahead. Returns a promise if a
   * program has to be read first, or the event loop needs a turn.
   */
  next(line: string, upcoming: Upcoming): Promise<void> | undefined {
    this.upcoming = upcoming;
    const entry = this.reader.read(line);
    const wait = entry === undefined ? undefined : this.take(entry);
    return wait ?? this.pause();
  }

  /** Must be called between batches as well. Returns a promise if the event loop needs a turn. */
  pause(): Promise<void> | undefined {
    return this.settings.watch.pause(this.reader.line, this.references.counts.made);
  }

  /** Makes references of the task whose call came last. */
  touch(batch: RecordSpan): void {
    const { process } = (this.current ?? this.tasks.of(undefined)).memory;
    this.overlap.settle(process); // what has returned is done
    const { line, calls } = this.reader;
    if (calls === 0 && process.rawRegions().length === 0)
      throw new InputError(
        "it has references, but neither calls nor regions that they are in",
        "replay it, or record the program again with its calls",
        this.settings.name,
      );
    this.references.make(process, batch, line);
  }

  warn(matter: string, text: string): void {
    this.service.warnings.add(matter, text);
  }

  /** Serves the calls that have returned but wait for others. */
  settle(): void {
    this.overlap.settleAll();
  }

  /** The end of the input. Throws `InputError` if most of its lines were no calls, or if none was. */
  end(): void {
    this.reader.end();
    const { answers, skipped } = this.service;
    const isKnown = [...skipped.keys()].some((name) => callRow(name) !== OTHER_CALL);
    if (isKnown || answers.all.count + this.references.counts.made > 0 || this.starts.hasMaps) return;
    const [first] = skipped.keys();
    const problem =
      first === undefined ? "there is no call" : `no call uses memory; the first is ${quote(first)}`;
    throw new InputError(problem, "give a call log, as strace writes it", this.settings.name);
  }

  /** The place of an error. */
  get place(): Place {
    return { name: this.settings.name, served: this.service.line, read: this.reader.line };
  }

  private take(entry: LogEntry): Promise<void> | undefined {
    this.service.line = entry.line;
    if (entry.type === "setting") {
      this.set(entry);
      return undefined;
    }
    if (entry.type === "mode") {
      const task = this.tasks.find(entry.named) ?? this.tasks.of(entry.pid);
      if (entry.bits === 32) becomeNarrow(task.memory.process);
      return undefined;
    }
    if (entry.type === "turn") {
      this.current = this.tasks.of(entry.pid);
      return undefined;
    }
    if (entry.type === "exit") {
      this.exit(entry.pid, entry.line, entry.killedBy);
      return undefined;
    }
    if (this.orphans < MOST_ORPHANS && this.tasks.isAmbiguous(entry.pid))
      return this.takeFirstOf(entry.pid as number, entry);
    return this.takeOf(entry);
  }

  /** The first call of a child, while several processes create one. */
  private async takeFirstOf(child: number, entry: TaskEntry): Promise<void> {
    const parent = await parentOf(child, this.upcoming());
    if (parent === undefined) this.orphans++;
    else this.tasks.attribute(child, parent);
    await this.takeOf(entry);
  }

  private takeOf(entry: TaskEntry): Promise<void> | undefined {
    if (entry.type === "call" && entry.row.server === "fork") this.tasks.resume(entry.pid, entry.text);
    const task = this.tasks.of(entry.pid);
    this.current = task;
    if (entry.type === "begun") {
      if (entry.call.row.server === "fork") this.tasks.begin(task, entry.text, entry.call);
      else if (entry.call.row.family !== "task") this.overlap.begin(task);
      return undefined;
    }
    if (entry.type === "signal") {
      this.signal(task, entry);
      return undefined;
    }
    if (entry.row.server === "exec") {
      this.overlap.settle(task.memory.process);
      this.service.turnTo(task, entry);
      return this.processCalls.exec(task, entry, this.service.place);
    }
    return this.processCalls.mayBegin(task, entry) && !this.settings.follow
      ? this.beginUnrecorded(task, entry)
      : this.run(task, entry);
  }

  /** A call that may be the first of a program. */
  private async beginUnrecorded(task: Task, entry: CallEntry): Promise<void> {
    await this.processCalls.begin(task, entry, this.service.place);
    this.run(task, entry);
  }

  private set(setting: Setting): void {
    if (setting.name === "heap log") this.tasks.join();
    else this.heaps.set(setting);
  }

  private exit(pid: number | undefined, line: number, killedBy: string | undefined): void {
    const task = this.tasks.find(pid);
    if (task !== undefined) {
      this.overlap.forget(task);
      // If a process is killed, the log reports it for each of its threads.
      if (killedBy !== undefined && !task.isOver)
        this.service.signals.killed(task.memory.process, line, killedBy);
      this.tasks.end(task, killedBy !== undefined);
    }
    if (pid !== undefined) this.tasks.forget(pid);
  }

  /** If the log continues after a signal, there was a handler or the signal was not deadly. */
  private signal(task: Task, entry: SignalLine): void {
    const { process } = task.memory;
    if (entry.address !== undefined) this.service.signals.addReported(process, entry);
    if (process.handled.has(entry.name))
      process.runAs(task.thread, () => process.interrupt(entry.name, entry.line));
    else process.handle(entry.name);
  }

  private run(task: Task, entry: CallEntry): undefined {
    const { service } = this;
    const { family } = entry.row;
    if (family === "descriptor") {
      noteOpening(task.descriptors, entry);
      service.turnTo(task, entry);
      return service.skip(entry.name);
    }
    if (family === "task") {
      if (concernsMemory(task, entry)) this.overlap.settle(task.memory.process);
      service.turnTo(task, entry);
      return this.processCalls.change(task, entry, service.place);
    }
    if (task.isOver) {
      service.turnTo(task, entry);
      return service.skip(entry.name);
    }
    // The descriptors may have changed by the time the call is served.
    const isNow = !this.overlap.isUnderWay(task);
    const descriptors = isNow ? task.descriptors : task.descriptors.copy();
    this.overlap.answer({ task, entry, call: service.callOf(task, entry, descriptors) });
    return undefined;
  }

  /**
   * Called at the end of a process. Keeps the result of the first process; others are forgotten beyond a limit, so
   * memory does not grow.
   */
  private onProcessEnd(process: Process): void {
    if (process === this.tasks.first?.memory.process) this.firstAtEnd = processResult(process);
    else if (++this.endedCount > MOST_ENDED) this.system.processes.delete(process.pid);
  }

  /** Warnings of an input that was read to its end. */
  private atEnd(): string[] {
    const others = this.reader.others.warning();
    const { name, verify } = this.settings;
    const isUnverified = verify && this.service.answers.checked === 0;
    return [
      ...(others === undefined ? [] : [others]),
      ...(isUnverified ? [`${name}: nothing was verified, as no call that ran has a result in the log`] : []),
    ];
  }

  result(reading: Reading): RunResult {
    const first = this.tasks.first ?? this.tasks.of(undefined);
    const processes = [...this.system.processes.values()].map(processResult);
    const { answers, skipped, signals, written, faultLines, heapSteps, recordedHeap, warnings } =
      this.service;
    const { all, checked, differences, refused } = answers;
    const warningWords = [...warnings.texts, ...(reading.stopped === undefined ? this.atEnd() : [])];
    return {
      ...reading,
      lines: this.reader.line,
      calls: all.count,
      checked,
      matched: checked - differences.count,
      mismatched: differences.count,
      firstMismatch: mismatchOf(differences),
      answers: all,
      differences,
      refused,
      references: this.references.counts,
      skipped: Object.fromEntries(skipped),
      otherLines: this.reader.others.count,
      signals: signals.entries,
      written,
      faultLines: faultLines?.lines ?? [],
      heapSteps,
      charges: recordedHeap?.result(),
      process: this.firstAtEnd ?? processResult(first.memory.process),
      processes,
      system: this.system,
      warnings: warningWords.map((words) => withNames(words)),
      warningWords,
    };
  }
}
