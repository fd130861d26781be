/** Runs a call log: applies its calls to processes, and compares the answers with the recorded ones. */

import { RECORD_BYTES } from "../../../assembly/abi/core.js";
import { environmentIn } from "../../allocators/environment.js";
import { InputError, type PagewalkError } from "../../errors.js";
import type { TraceInput } from "../../trace/trace.js";
import { installMaps, parseMaps } from "../proc/maps.js";
import type { Process } from "../process.js";
import type { ReadProgram } from "../program/programs.js";
import type { System } from "../system.js";
import { AnswerLog, callText } from "./answer-log.js";
import { Beginnings } from "./beginnings.js";
import type { Call, Outcome } from "./call.js";
import { type CallEntry, type LogEntry, LogReader, openLog, type SignalLine } from "./call-log.js";
import {
  argumentCount,
  isExec,
  isExit,
  isForking,
  isOfHeap,
  isTelling,
  isTouching,
  isUnmodelled,
  meantBy,
} from "./call-names.js";
import { copy } from "./copy-calls.js";
import { FaultLines } from "./fault-lines.js";
import { performTelling, type WrittenText, withoutRemnant } from "./figure-calls.js";
import { performOnHeap, storedName } from "./heap-calls.js";
import { HeapSteps } from "./heap-steps.js";
import { LineQueue } from "./line-queue.js";
import type { Setting } from "./log-settings.js";
import { LoggedHeaps } from "./logged-heaps.js";
import { noteOpening } from "./open-calls.js";
import type { Answered } from "./order.js";
import { Overlap } from "./overlap.js";
import { RecordedHeap } from "./recorded-heap.js";
import { perform } from "./run-calls.js";
import { interruption, type Place, reasonOf } from "./run-end.js";
import type { Descriptors } from "./run-files.js";
import { mismatchOf, type ProcessResult, processResult, type RunResult } from "./run-result.js";
import type { RunWatch } from "./run-watch.js";
import { SignalLog } from "./signal-log.js";
import { sparing } from "./sparing.js";
import { TaskCalls } from "./task-calls.js";
import { sharesMemory, type Task, Tasks } from "./tasks.js";
import { goThrough } from "./time-line.js";
import { adopt, toldAs } from "./verify.js";
import { Warnings } from "./warnings.js";

/** Limit on kept entries, so that memory does not grow with the log. */
const MOST_ENDED = 1000;
const MOST_NAMES = 1000;
const MOST_WRITTEN = 1000;

/** `RunOptions` except those of the system. */
interface Settings {
  verify: boolean;
  follow: boolean | undefined;
  name: string;
  format: string | undefined;
  readProgram: ReadProgram | undefined;
  realPath: ((path: string) => string) | undefined;
  faultLines: boolean;
  freeLists: boolean;
  answers: boolean;
  onLine: ((line: number, process: Process) => void) | undefined;
  watch: RunWatch;
}

export class Run {
  private readonly reader: LogReader;
  private readonly tasks: Tasks;
  private readonly overlap = new Overlap((answered) => this.serve(answered));
  private readonly values = new Map<string, bigint>();
  private readonly number = (name: string) => this.values.get(name);
  private readonly signals: SignalLog;
  private readonly answers: AnswerLog;
  private readonly skipped = new Map<string, number>();
  private readonly written: WrittenText[] = [];
  private readonly warnings = new Warnings();
  private readonly faultLines: FaultLines | undefined;
  private readonly heapSteps: HeapSteps | undefined;
  private firstAtEnd: ProcessResult | undefined;
  private endedCount = 0;
  private unit: RunResult["unit"] = "line";
  private readonly beginnings = new Beginnings();
  private readonly heaps = new LoggedHeaps(this.beginnings);
  /** The heap of a recording with allocations and references in one time line. */
  private recordedHeap: RecordedHeap | undefined;
  /** The following lines, as far as they can be read ahead. */
  private upcoming: () => AsyncIterable<string> | Iterable<string> = () => [];
  /** Line of the current call. */
  private line = 0;
  /** The task of the last call. */
  private current: Task | undefined;
  private readonly references = { made: 0, skipped: 0 };
  private stopped: PagewalkError | undefined;
  private readonly taskCalls: TaskCalls;

  constructor(
    readonly system: System,
    private readonly settings: Settings,
  ) {
    this.reader = new LogReader(settings.name);
    this.tasks = new Tasks(system, settings.realPath, (process) => this.bury(process));
    this.faultLines = settings.faultLines ? new FaultLines(system) : undefined;
    this.heapSteps = settings.freeLists ? new HeapSteps() : undefined;
    this.signals = new SignalLog(system);
    this.answers = new AnswerLog(settings);
    const { tasks, heaps, beginnings, warnings, answers, values } = this;
    const { readProgram } = settings;
    const upcoming = () => this.upcoming();
    this.taskCalls = new TaskCalls({
      tasks,
      heaps,
      beginnings,
      warnings,
      answers,
      values,
      readProgram,
      upcoming,
    });
  }

  /** Starts the first process with these regions. */
  startFrom(maps: string, file: string): void {
    const regions = parseMaps(maps, file, this.system.layout.pageBytes);
    if (regions.length === 0)
      throw new InputError("there is no region", "give a file as /proc/PID/maps has it", file);
    const { process } = this.tasks.of(undefined).memory;
    installMaps(process, regions, file);
    this.beginnings.addMaps(process, regions);
    this.tasks.isAttached = true;
  }

  async log(input: TraceInput): Promise<void> {
    const { name, format, watch } = this.settings;
    const opened = await openLog(watch.chunksOf(input, name), name, format).catch((error: unknown) => {
      if (!watch.isStopped) throw error;
    });
    if (opened === undefined) {
      this.stopped = interruption(this.where);
      return;
    }
    const { trace, lines, close } = opened;
    if (trace !== undefined) this.unit = "call";
    try {
      try {
        if (trace !== undefined) await goThrough(trace, (opened) => this.system.read(opened), this);
        else {
          const queue = new LineQueue(lines);
          this.upcoming = () => queue.upcoming();
          await this.allOf(queue);
        }
      } finally {
        this.overlap.settleAll();
      }
      this.stopped = this.nothing();
    } catch (error) {
      this.stopped = watch.isStopped ? interruption(this.where) : reasonOf(error, this.where);
    } finally {
      await close();
    }
  }

  /** A log without calls is an error unless regions were given. */
  private nothing(): InputError | undefined {
    const isEmpty = this.answers.all.count + this.skipped.size + this.references.made === 0;
    if (!isEmpty || this.beginnings.hasMaps) return undefined;
    return new InputError("there is no call", "give a call log, as strace writes it", this.settings.name);
  }

  /** Reads a recording's metadata: its initial regions, and that its mappings are not where Linux would place them. */
  begin(metadata: Readonly<Record<string, unknown>>): void {
    const { maps, placement, allocations, heap } = metadata;
    if (heap !== undefined) {
      this.tasks.join();
      this.heaps.assume(environmentIn(metadata));
    }
    if (typeof maps === "string" && maps !== "" && !this.beginnings.hasMaps)
      this.startFrom(maps, this.settings.name);
    if (placement === "recorded" && !this.settings.verify) this.settings.follow ??= true;
    if (allocations !== "recorded") return;
    const { process } = this.tasks.of(undefined).memory;
    this.recordedHeap = new RecordedHeap(process, !this.system.allocator.isUsual);
  }

  /**
   * Handles a call whose effects the recording already has, or that the other allocator does not make; undefined for
   * other calls.
   */
  private recorded({ entry, call, task }: Answered): undefined | true {
    if (this.recordedHeap === undefined) return undefined;
    if (isTelling(entry.name)) {
      this.skip(entry.name);
      return true;
    }
    if (isOfHeap(entry.name)) {
      this.recordedHeap.take(call, entry.text);
      this.answers.take(task.memory.process.pid, { ...entry, expected: undefined }, 0n);
      return true;
    }
    const [next] = this.upcoming() as Iterable<string>;
    if (!this.recordedHeap.isReplaced(call, next)) return undefined;
    this.skip(entry.name);
    return true;
  }

  /** Waits only if there is something to wait for: a promise per line costs more than most calls. */
  private async allOf(lines: LineQueue): Promise<void> {
    for (;;) {
      const line = lines.shift() ?? (await lines.next());
      if (line === undefined) return;
      const wait = this.call(line) ?? this.pause();
      if (wait !== undefined) await wait;
    }
  }

  /** The next call of a time line, and the calls after it. */
  next(calls: readonly string[], index: number): Promise<void> | undefined {
    this.upcoming = () => calls.slice(index + 1);
    return this.call(calls[index] ?? "") ?? this.pause();
  }

  pause(): Promise<void> | undefined {
    return this.settings.watch.pause(this.reader.line, this.references.made);
  }

  /** The next line of a log; a promise if a program has to be read first. */
  private call(line: string): Promise<void> | undefined {
    const entry = this.reader.read(line);
    return entry === undefined ? undefined : this.take(entry);
  }

  touch(records: number, count: number, firstReference: number): void {
    const { process } = (this.current ?? this.tasks.of(undefined)).memory;
    const { line } = this.reader;
    if (line === 0 && process.rawRegions().length === 0)
      throw new InputError(
        "it has references, but neither calls nor regions that they are in",
        "replay it, or make it anew with trace record --calls",
        this.settings.name,
      );
    let done = 0;
    while (done < count && process.isAlive) {
      const at = records + done * RECORD_BYTES;
      const touched = process.touchRecords(at, count - done, line, this.recordedHeap);
      done += touched.done;
      if (touched.signal === undefined) break;
      const reference = firstReference + done;
      this.signals.add(process, { line, reference, call: `reference ${reference}`, ...touched.signal });
      done++;
    }
    this.references.made += done;
    this.references.skipped += count - done;
  }

  private get place(): string {
    return `${this.settings.name}:${this.line}`;
  }

  private get where(): Place {
    return { name: this.settings.name, served: this.line, read: this.reader.line };
  }

  private take(entry: LogEntry): Promise<void> | undefined {
    this.line = entry.line;
    if (entry.type === "setting") {
      this.set(entry);
      return undefined;
    }
    if (entry.type === "exit") {
      this.end(entry.pid, entry.line, entry.killedBy);
      return undefined;
    }
    if (entry.type === "call" && isForking(entry.name)) this.tasks.resume(entry.pid, entry.text);
    const task = this.tasks.of(entry.pid);
    this.current = task;
    if (entry.type === "begun") {
      if (isForking(entry.call.name)) this.tasks.begin(task, entry.text, entry.call);
      else if (argumentCount(entry.call.name) !== undefined) this.overlap.begin(task);
      return undefined;
    }
    const { process } = task.memory;
    if (entry.type === "signal") {
      this.signal(task, entry);
      return undefined;
    }
    if (isExec(entry.name)) {
      this.overlap.settle(process);
      this.turnTo(task, entry);
      return this.taskCalls.exec(task, entry, this.place);
    }
    return this.run(task, entry);
  }

  private set(setting: Setting): void {
    if (setting.name === "heap log") this.tasks.join();
    else this.heaps.set(setting);
  }

  private end(pid: number | undefined, line: number, killedBy: string | undefined): void {
    const task = this.tasks.find(pid);
    if (task !== undefined) {
      this.overlap.forget(task);
      // If a process is killed, the log reports it for each of its threads.
      if (killedBy !== undefined && !task.isOver) this.signals.killed(task.memory.process, line, killedBy);
      this.tasks.end(task, killedBy !== undefined);
    }
    if (pid !== undefined) this.tasks.forget(pid);
  }

  /** If the log continues after a signal, there was a handler or the signal was not deadly. */
  private signal(task: Task, entry: SignalLine): void {
    const { process } = task.memory;
    if (entry.address !== undefined) this.signals.told(process, entry);
    if (process.handled.has(entry.name))
      process.runAs(task.thread, () => process.interrupt(entry.name, entry.line));
    else process.handle(entry.name);
  }

  /** Calls `onProgress` and the callback for each line. */
  private turnTo(task: Task, entry: CallEntry): void {
    this.line = entry.line;
    this.settings.onLine?.(entry.line, task.memory.process);
    this.faultLines?.begin(entry.line, callText(entry));
  }

  private run(task: Task, entry: CallEntry): undefined {
    const { name, args, expected } = entry;
    const recorded = expected?.kind === "value" ? expected.value : undefined;
    if (noteOpening(task.descriptors, name, args, recorded)) {
      this.turnTo(task, entry);
      return this.skip(name);
    }
    if (isForking(name) || isExit(name)) {
      // A call that copies or ends an address space must find all returned calls done.
      const isOfThread = isExit(name)
        ? task.memory.users.size > 1 && name !== "exit_group"
        : sharesMemory(entry);
      if (!isOfThread) this.overlap.settle(task.memory.process);
      this.turnTo(task, entry);
      return this.taskCalls.change(task, entry, this.place);
    }
    if (task.isOver) {
      this.turnTo(task, entry);
      return this.skip(name);
    }
    // The descriptors may have changed by the time the call is served.
    const isNow = !this.overlap.isUnderWay(task);
    const descriptors = isNow ? task.descriptors : task.descriptors.copy();
    this.overlap.answer({ task, entry, call: this.callOf(task, entry, descriptors) });
    return undefined;
  }

  private serve(answered: Answered): undefined {
    const { task, call } = answered;
    const entry = isTelling(call.name) ? withoutRemnant(answered.entry) : answered.entry;
    const { process } = task.memory;
    this.turnTo(task, entry);
    if (!process.isAlive) return this.skip(entry.name);
    if (this.recorded(answered) !== undefined) return undefined;
    if (entry.name === "brk" || entry.name === "sbrk")
      this.beginnings.learnBreak(process, entry.expected, this.settings.follow === true);
    const isOfAllocator = isOfHeap(entry.name) || isTelling(entry.name);
    const outcome = isOfAllocator ? this.serveHeap(task, call) : this.performed(task, call);
    copy(process, call);
    if (outcome === undefined) return this.passOver(entry);
    const { expected = entry.expected } = outcome;
    this.note(process, expected === entry.expected ? entry : { ...entry, expected }, outcome);
    this.name(entry, outcome);
    if (entry.name === "thread_exit") this.endThread(task);
    return undefined;
  }

  private performed({ memory: { process }, thread }: Task, call: Call): Outcome | undefined {
    const run = () => process.runAs(thread, () => perform(process, call));
    return isTouching(call.name) ? sparing(process, call.expected, this.isFollowed, run) : run();
  }

  private serveHeap({ memory: { process }, thread }: Task, call: Call): Outcome | undefined {
    const { expected } = call;
    const heap = this.heaps.of(process);
    const perform = (isSpared: boolean) =>
      isTelling(call.name) ? performTelling(process, call, isSpared) : performOnHeap(call, heap, isSpared);
    const run = (isSpared: boolean) => process.runAs(thread, () => perform(isSpared));
    if (expected?.kind === "signal") return sparing(process, expected, this.isFollowed, () => run(false));
    return run(expected !== undefined && this.isFollowed);
  }

  /** Continues from the recorded answer. */
  private get isFollowed(): boolean {
    return this.settings.verify || this.settings.follow === true;
  }

  /** Defines the log's names for results and stored values. */
  private name({ target, args }: CallEntry, { value, stored }: Outcome): void {
    if (target !== undefined) this.values.set(target, value);
    const name = stored === undefined ? undefined : storedName(args);
    if (name !== undefined && stored !== undefined) this.values.set(name, stored);
  }

  /** The thread leaves its heap, since another thread may get its number. */
  private endThread({ thread }: Task): void {
    thread.number = thread.process.nextThread();
  }

  /** A call that does not affect memory, or an unknown one. */
  private passOver({ name, expected }: CallEntry): undefined {
    const isNew = !this.skipped.has(name);
    const meant =
      isNew && argumentCount(name) === undefined && !isUnmodelled(name) ? meantBy(name) : undefined;
    if (meant !== undefined)
      throw new InputError(`there is no call ${name}`, `did you mean ${meant}?`, this.place);
    this.skip(name);
    if (isUnmodelled(name) && expected?.kind !== "error")
      this.warnings.add(name, `${this.place}: ${name} is not modelled, and memory may differ from here on`);
    return undefined;
  }

  private callOf({ thread }: Task, entry: CallEntry, descriptors: Descriptors): Call {
    const { name, args, expected, line } = entry;
    const { number, place } = this;
    return {
      name,
      args,
      expected,
      place,
      line,
      number,
      descriptors,
      thread,
      follow: this.settings.follow === true,
    };
  }

  private note(process: Process, entry: CallEntry, outcome: Outcome): void {
    const { line, expected } = entry;
    const { signal, message, text } = outcome;
    if (text !== undefined && this.written.length < MOST_WRITTEN)
      this.written.push({ line, pid: process.pid, call: callText(entry), text });
    if (signal !== undefined)
      this.signals.add(process, { line, call: callText(entry), ...toldAs(expected, signal), message });
    this.heapSteps?.add(process, entry, outcome);
    const isDifferent = this.answers.add(process.pid, entry, outcome);
    if (isDifferent && this.settings.verify && outcome.isAddress) this.warnOfStart(process);
    if (expected !== undefined && isDifferent && this.isFollowed) adopt(process, outcome, expected);
  }

  private warnOfStart(process: Process): void {
    const unknown = this.beginnings.unknown(process);
    if (unknown !== undefined) this.warnings.add("start", `${this.place}: ${unknown}`);
  }

  private skip(name: string): undefined {
    const counted = this.skipped.has(name) || this.skipped.size < MOST_NAMES ? name : "others";
    this.skipped.set(counted, (this.skipped.get(counted) ?? 0) + 1);
  }

  /**
   * Called at the end of a process. Keeps the result of the first process; others are forgotten beyond a limit, so
   * memory does not grow.
   */
  private bury(process: Process): void {
    if (process === this.tasks.first?.memory.process) this.firstAtEnd = processResult(process);
    else if (++this.endedCount > MOST_ENDED) this.system.processes.delete(process.pid);
  }

  /** Warns if there was no result to verify. */
  private unverified(): string[] {
    if (!this.settings.verify || this.answers.checked > 0 || this.stopped !== undefined) return [];
    return [`${this.settings.name}: nothing was verified, as no call that ran has a result in the log`];
  }

  result(): RunResult {
    const first = this.tasks.first ?? this.tasks.of(undefined);
    const processes = [...this.system.processes.values()].map(processResult);
    const { all, checked, differences, refused } = this.answers;
    return {
      unit: this.unit,
      lines: this.reader.line,
      calls: all.count,
      checked,
      matched: checked - differences.count,
      mismatched: differences.count,
      firstMismatch: mismatchOf(differences),
      answers: all,
      differences,
      refused,
      references: this.references,
      skipped: Object.fromEntries(this.skipped),
      signals: this.signals.entries,
      written: this.written,
      faultLines: this.faultLines?.lines ?? [],
      heapSteps: this.heapSteps,
      charges: this.recordedHeap?.result(),
      process: this.firstAtEnd ?? processResult(first.memory.process),
      processes,
      system: this.system,
      warnings: [...this.warnings.texts, ...this.unverified()],
      stopped: this.stopped,
    };
  }
}
