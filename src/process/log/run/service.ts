/** Serves the calls of a log and keeps their answers: how they compare with the recorded ones, signals, text, warnings. */
import { REFERENCE_KINDS } from "../../../../assembly/abi/names.js";
import { InputError } from "../../../errors.js";
import { OTHER_CALL } from "../../../trace/calls/table.js";
import type { Process } from "../../process.js";
import type { System } from "../../system.js";
import { answer } from "../calls/answers.js";
import type { Call, Outcome } from "../calls/call.js";
import { copy } from "../calls/copies.js";
import type { Descriptors } from "../calls/descriptors.js";
import { withoutRemnant } from "../calls/figures.js";
import { storedName } from "../calls/heap.js";
import type { LoggedHeaps } from "../calls/logged-heaps.js";
import type { ProcessStarts } from "../calls/process-starts.js";
import type { Task } from "../calls/tasks.js";
import type { Answered } from "../order/search.js";
import type { CallEntry } from "../parse/entry.js";
import { meantBy } from "../parse/misspelling.js";
import { AnswerLog, callText } from "./answer-log.js";
import { FaultLines } from "./fault-lines.js";
import { HeapSteps } from "./heap-steps.js";
import type { RecordedHeap } from "./recorded-heap.js";
import type { WrittenText } from "./result.js";
import type { Settings } from "./settings.js";
import { type SignalEntry, SignalLog } from "./signal-log.js";
import { adopt, withRecordedName } from "./verify.js";
import { Warnings } from "./warnings.js";

/** Limits on kept entries, so that memory does not grow with the log. */
const MOST_NAMES = 1000;
const MOST_WRITTEN = 1000;

export class Service {
  /** Line of the current call. */
  line = 0;
  /** The log's names for results. */
  readonly values = new Map<string, bigint>();
  readonly signals: SignalLog;
  readonly answers: AnswerLog;
  /** Calls with no bearing on memory, by name. */
  readonly skipped = new Map<string, number>();
  readonly written: WrittenText[] = [];
  readonly warnings = new Warnings();
  readonly faultLines: FaultLines | undefined;
  readonly heapSteps: HeapSteps | undefined;
  /** The heap of a recording with allocations and references in one time line. */
  recordedHeap: RecordedHeap | undefined;
  private readonly number = (name: string) => this.values.get(name);

  constructor(
    system: System,
    private readonly settings: Settings,
    private readonly heaps: LoggedHeaps,
    private readonly starts: ProcessStarts,
    /** The call that follows in a time line. */
    private readonly nextLine: () => string | undefined,
  ) {
    this.signals = new SignalLog(system);
    this.answers = new AnswerLog(settings);
    this.faultLines = settings.faultLines ? new FaultLines(system) : undefined;
    this.heapSteps = settings.freeLists ? new HeapSteps() : undefined;
  }

  get place(): string {
    return `${this.settings.name}:${this.line}`;
  }

  /** Makes the entry's line the current one. */
  turnTo(task: Task, entry: CallEntry): void {
    this.line = entry.line;
    this.settings.onLine?.(entry.line, task.memory.process);
    this.faultLines?.begin(entry.line, callText(entry));
  }

  callOf({ thread }: Task, entry: CallEntry, descriptors: Descriptors): Call {
    const { name, row, args, expected, line } = entry;
    const { number, place } = this;
    const follow = this.settings.follow === true;
    return { name, row, args, expected, place, line, number, descriptors, thread, follow };
  }

  serve(answered: Answered): undefined {
    const { task, call } = answered;
    const entry = call.row.family === "figures" ? withoutRemnant(answered.entry) : answered.entry;
    const { process } = task.memory;
    this.turnTo(task, entry);
    if (!process.isAlive) return this.skip(entry.name);
    if (this.takeRecorded(answered)) return undefined;
    const { heaps, starts, isFollowed } = this;
    const context = { process, heaps, starts, isFollowed };
    const outcome = process.runAs(call.thread, () => answer(context, call));
    copy(process, call);
    if (outcome === undefined) return this.passOver(entry);
    const { expected = entry.expected } = outcome;
    this.note(process, expected === entry.expected ? entry : { ...entry, expected }, outcome);
    this.name(entry, outcome);
    if (entry.name === "thread_exit") this.endThread(task);
    return undefined;
  }

  /**
   * Takes a call whose effects the recording has already, or that the allocator in place of the recorded one does not
   * make. Returns false for any other call.
   */
  private takeRecorded({ entry, call, task }: Answered): boolean {
    if (this.recordedHeap === undefined) return false;
    const { family } = call.row;
    if (family === "heap") {
      this.recordedHeap.take(call, entry.text);
      this.answers.take(task.memory.process.pid, { ...entry, expected: undefined }, 0n);
      return true;
    }
    if (family !== "figures" && !this.recordedHeap.isReplaced(call, this.nextLine())) return false;
    this.skip(entry.name);
    return true;
  }

  /** Continues from the recorded answer. */
  private get isFollowed(): boolean {
    return this.settings.verify || this.settings.follow === true;
  }

  private note(process: Process, entry: CallEntry, outcome: Outcome): void {
    const { line, expected } = entry;
    const { signal, message, text } = outcome;
    if (text !== undefined && this.written.length < MOST_WRITTEN)
      this.written.push({ line, pid: process.pid, call: callText(entry), text });
    if (signal !== undefined)
      this.signals.add(process, {
        line,
        call: callText(entry),
        ...accessOf(entry.name),
        ...withRecordedName(expected, signal),
        message,
      });
    this.heapSteps?.add(process, entry, outcome);
    const isDifferent = this.answers.add(process.pid, entry, outcome);
    if (isDifferent && this.settings.verify && outcome.isAddress) this.warnOfStart(process);
    if (expected !== undefined && isDifferent && this.isFollowed) adopt(process, outcome, expected);
  }

  private warnOfStart(process: Process): void {
    const unknown = this.starts.unknown(process);
    if (unknown !== undefined) this.warnings.add("start", `${this.place}: ${unknown}`);
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
  private passOver({ name, row, expected }: CallEntry): undefined {
    const meant = row === OTHER_CALL && !this.skipped.has(name) ? meantBy(name) : undefined;
    if (meant !== undefined)
      throw new InputError(`there is no call ${name}`, `did you mean ${meant}?`, this.place);
    this.skip(name);
    // shmat of a segment whose size the log does not show is passed over, too.
    const isUnmodelled = row.family === "unmodelled" || row.result === "address";
    if (isUnmodelled && expected?.kind !== "error")
      this.warnings.add(name, `${this.place}: ${name} is not modelled, and memory may differ from here on`);
    return undefined;
  }

  skip(name: string): undefined {
    const counted = this.skipped.has(name) || this.skipped.size < MOST_NAMES ? name : "others";
    this.skipped.set(counted, (this.skipped.get(counted) ?? 0) + 1);
  }
}

/** The access that the call is, if it is one. */
function accessOf(name: string): Pick<SignalEntry, "access"> {
  const access = REFERENCE_KINDS.find((kind) => kind === name);
  return access === undefined ? {} : { access };
}
