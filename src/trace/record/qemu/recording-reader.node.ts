/**
 * The pass over a program that QEMU records while it runs: takes the events of all threads from their shared memory, and
 * has the kernel decode them in order. Node only.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import {
  BLOCK_SEGMENT_BYTES,
  CODE_DONE,
  CODE_TEXT,
  EVENT_BYTES,
  EVENT_CODE,
  FAILED_BLOCKS,
  FAILED_RINGS,
  FAILED_VCPUS,
  RECORDING_DAMAGED,
  RECORDING_HUNGRY,
  RECORDING_NO_BLOCK,
  RING_CLAIMED,
  RING_ENDED,
  RING_FREE,
} from "../../../../assembly/abi/recording.js";
import { InputError } from "../../../errors.js";
import type { ArchitectureName } from "../../../options/names.js";
import { KindCounter, type ReferenceCounts } from "../../../wasm/counts.js";
import type { Kernel } from "../../../wasm/kernel.js";
import { KernelRecording, type RecordedCall, type RecordedThread } from "../../../wasm/recording.js";
import { isOfNewProgram, QemuCalls } from "../../calls/qemu.js";
import type { Batch, PageBlock, TraceReader } from "../../reader.js";
import { Turns } from "../../turns.js";
import { Deaths, type EndingProgram } from "./deaths.js";
import type { RingRow, SharedMemory } from "./shared-memory.node.js";

/** Milliseconds to wait when there is nothing to read, and after which it is checked whether silent threads live. */
const NAP = 1;
const CHECK = 20;
/** A batch with some records is passed on when nothing has come for so long. */
const PATIENCE = 50;
/** The last events of a dead thread are fewer. */
const MOST_END_EVENTS = 64;
const NEVER = 0xffff_ffff_ffff_ffffn;
/** The reasons for which a program's recording stops. */
const FAILURES: Readonly<Record<number, string>> = {
  [FAILED_BLOCKS]: "more than 1 GiB of translated code",
  [FAILED_RINGS]: "more than 1,024 threads at a time",
  [FAILED_VCPUS]: "more than 1,048,576 threads in a row",
};

export interface RecordedProgram extends EndingProgram {
  readonly name: string;
  /** QEMU's name for the processor. */
  readonly cpu: string;
  readonly architecture: ArchitectureName | undefined;
  /** Its calls are recorded, and how its processes end. */
  readonly hasCalls: boolean;
}

/** As Linux numbers it and its process. */
type ThreadName = Pick<RingRow, "pid" | "tid">;

/** A thread that is read. */
interface Reading {
  readonly thread: RecordedThread;
  readonly number: number;
  taken: number;
  /** All it has written has been taken: it is dead, or says that it ends. */
  isComplete: boolean;
}

export class RecordingReader implements TraceReader {
  private readonly recording: KernelRecording;
  private readonly kinds: KindCounter;
  private readonly readings = new Map<number, Reading>(); // by ring
  private readonly threads: ThreadName[] = []; // by thread number
  private readonly turns: Turns;
  private readonly callTexts: QemuCalls;
  private readonly deaths: Deaths | undefined;
  private copied = 0; // bytes of definitions
  private taken = 0; // bytes of events
  private delivered = 0;
  private batchCount = 0;
  private checked = performance.now();

  constructor(
    kernel: Kernel,
    private readonly memory: SharedMemory,
    private readonly program: RecordedProgram,
  ) {
    this.recording = new KernelRecording(kernel);
    this.kinds = new KindCounter(kernel);
    this.turns = new Turns(kernel, program.name);
    this.callTexts = new QemuCalls(program.cpu);
    this.deaths = program.hasCalls ? new Deaths(program) : undefined;
  }

  get counts(): ReferenceCounts {
    return this.kinds.counts;
  }

  get metadata(): Readonly<Record<string, unknown>> {
    return { architecture: this.program.architecture, threads: "recorded" };
  }

  get bytesRead(): number {
    return this.taken;
  }

  async next(): Promise<Batch | undefined> {
    this.delivered += this.batchCount;
    const { recording } = this;
    const count = await this.fillBatch();
    const calls = recording.calls().map((call) => this.callText(call));
    this.batchCount = count - calls.length;
    if (count === 0) return undefined;
    this.turns.mark(recording.records, count, calls);
    this.kinds.add(recording.records, count);
    return { records: recording.records, count, firstReference: this.delivered, calls };
  }

  nextPageBlock(): Promise<PageBlock | undefined> {
    return Promise.reject(new Error("a recording has no page blocks"));
  }

  place(reference: number): string {
    return `${this.program.name}: reference ${reference}`;
  }

  async close(): Promise<void> {
    this.memory.close();
  }

  private callText({ thread, text }: RecordedCall): string {
    const { pid, tid } = this.nameOf(thread, text);
    return `[pid ${tid}] ${this.callTexts.read(thread, text) ?? `sched_switch(${pid})`}`;
  }

  /** A thread that executes another program gets the number of its process. */
  private nameOf(thread: number, text: string): ThreadName {
    const { pid, tid } = this.threads[thread] ?? { pid: 0, tid: 0 };
    if (tid === pid || !isOfNewProgram(text)) return { pid, tid };
    this.threads[thread] = { pid, tid: pid };
    return { pid, tid: pid };
  }

  /** Decodes until the batch is full, or all threads have ended. Returns the number of records. */
  private async fillBatch(): Promise<number> {
    const { recording } = this;
    let idle = 0;
    for (let count = 0; ; ) {
      count = recording.decode(count);
      const { status } = recording;
      if (recording.isFull(count)) return count;
      if (status === RECORDING_DAMAGED) throw this.damage();
      if (status === RECORDING_NO_BLOCK) this.copyBlocks(recording.wantedBlock);
      if (status !== RECORDING_HUNGRY) continue;
      if (this.take()) {
        idle = 0;
        continue;
      }
      if (this.program.hasEnded() && this.readings.size === 0) return count;
      if (count > 0 && idle++ > PATIENCE / NAP) return count;
      await setTimeout(NAP);
    }
  }

  /**
   * Takes what the threads have published. The clock is read before the floors, and these before what is published: see
   * plugin/ring.h. Returns whether anything changed.
   */
  private take(): boolean {
    const { memory } = this;
    const { clock, rings, failure } = memory.state();
    if (failure !== 0) throw this.failure(failure);
    const floors = memory.rows(rings);
    const rows = memory.rows(rings);
    let isNew = false;
    for (const [ring, row] of rows.entries()) {
      if (row.state === RING_FREE || row.state === RING_CLAIMED) continue;
      const before = floors[ring];
      const isKnown = before !== undefined && before.state !== RING_FREE;
      const floor = isKnown ? before.floor : 0n;
      // A thread writes its numbers before it publishes for the first time, and a row is not read at one moment.
      if (this.takeRing(ring, row, floor, isKnown && before.written > 0)) isNew = true;
    }
    this.recording.clock = clock;
    if (isNew || performance.now() - this.checked < CHECK) return isNew;
    this.checked = performance.now();
    return this.checkThreads(rows);
  }

  private takeRing(ring: number, row: RingRow, floor: bigint, isNamed: boolean): boolean {
    const reading = this.readings.get(ring) ?? this.begin(ring);
    if (reading.taken === 0) this.threads[reading.number] = row;
    this.deaths?.note(row);
    if (reading.isComplete) return this.finish(ring, reading);
    const { thread } = reading;
    const events = isNamed ? Math.min(row.written - reading.taken, thread.room) : 0;
    if (events > 0) this.takeEvents(ring, reading, events);
    thread.floor = reading.taken < row.written ? 0n : floor;
    if (row.state === RING_ENDED && reading.taken === row.written) {
      reading.isComplete = true;
      thread.floor = NEVER;
      return true;
    }
    return events > 0;
  }

  private takeEvents(ring: number, reading: Reading, events: number): void {
    reading.thread.fill(events, (bytes) => this.memory.events(ring, reading.taken, bytes));
    reading.taken += events;
    this.taken += events * EVENT_BYTES;
    this.memory.setTaken(ring, reading.taken);
  }

  private begin(ring: number): Reading {
    const number = this.threads.push({ pid: 0, tid: 0 }) - 1;
    const reading = { thread: this.recording.begin(number), number, taken: 0, isComplete: false };
    this.readings.set(ring, reading);
    return reading;
  }

  /** Once it is decoded, the thread is forgotten. What remains of a cut event is left out. */
  private finish(ring: number, { thread, number }: Reading): boolean {
    if (!thread.isHungry) {
      if (this.recording.faultyThread !== number) return false;
      thread.drop();
    }
    this.recording.end(thread);
    this.readings.delete(ring);
    this.memory.free(ring);
    return true;
  }

  /** Threads that were killed: takes what they have written but not published. */
  private checkThreads(rows: readonly RingRow[]): boolean {
    let isNew = false;
    for (const [ring, reading] of this.readings) {
      const row = rows[ring];
      if (row === undefined || reading.isComplete || this.mayRun(ring)) continue;
      const last = this.memory.rows(ring + 1)[ring] ?? row;
      if (reading.taken === 0) this.threads[reading.number] = last;
      const { at } = last;
      const events = Math.min(at - reading.taken, reading.thread.room);
      if (events > 0) this.takeEvents(ring, reading, events);
      isNew ||= events > 0;
      if (reading.taken < at || reading.thread.room < MOST_END_EVENTS) continue;
      const end = this.deaths === undefined ? [] : this.deaths.endOf(last, rows);
      if (end === undefined) continue;
      if (last.leaves === 0) this.putEnd(reading.thread, this.memory.ran(ring), end);
      isNew = true;
      reading.thread.floor = NEVER;
      reading.isComplete = true;
    }
    return isNew;
  }

  /**
   * True if the ring's thread may still write. A thread writes its own number when it begins; before, its row has that of the
   * thread that started it, and only the end of the process ends it. What was read at once is not of one moment, so the row
   * is read again.
   */
  private mayRun(ring: number): boolean {
    const hasBegun = (this.memory.rows(ring + 1)[ring]?.at ?? 0) > 0;
    const row = this.memory.rows(ring + 1)[ring];
    return row !== undefined && (hasBegun ? isAlive(row) : processIsAlive(row.pid));
  }

  /** The current block of a dead thread ends, and text events follow. */
  private putEnd(thread: RecordedThread, ran: number, texts: readonly string[]): void {
    const words = [eventOf(CODE_DONE, ran), ...texts.flatMap(textEvents)];
    thread.fill(words.length, (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      for (const [n, word] of words.entries()) view.setBigUint64(n * EVENT_BYTES, word, true);
    });
  }

  /** Copies the definitions that are new. One that was not whole is copied with its segment. */
  private copyBlocks(wanted: number): void {
    const at = wanted * 16;
    const end = this.memory.state().blocks;
    if (at >= end) throw this.damage();
    let from = at < this.copied ? at - (at % BLOCK_SEGMENT_BYTES) : this.copied;
    while (from < end) {
      const offset = from % BLOCK_SEGMENT_BYTES;
      const bytes = Math.min(BLOCK_SEGMENT_BYTES - offset, end - from);
      const segment = this.recording.segment((from - offset) / BLOCK_SEGMENT_BYTES);
      this.memory.blocks(from, segment.subarray(offset, offset + bytes));
      from += bytes;
    }
    this.copied = end;
  }

  private damage(): InputError {
    const problem = `the recording is damaged: thread ${this.threads[this.recording.faultyThread]?.tid} has written what cannot be`;
    return new InputError(
      problem,
      "record again; the program may have overwritten the recorder's memory",
      this.program.name,
    );
  }

  private failure(failure: number): InputError {
    return new InputError(`the program has ${FAILURES[failure]}`, "record a part of it", this.program.name);
  }
}

function eventOf(code: number, value: number): bigint {
  return (BigInt(code) << BigInt(EVENT_CODE)) | BigInt(value);
}

/** A text event of ASCII, as plugin/ring.h writes it. */
function textEvents(text: string): bigint[] {
  const words = Array.from({ length: Math.ceil(text.length / EVENT_BYTES) }, (_, n) => {
    const part = text.slice(n * EVENT_BYTES, (n + 1) * EVENT_BYTES);
    return [...part].reduce((sum, one, at) => sum | (BigInt(one.charCodeAt(0)) << BigInt(8 * at)), 0n);
  });
  return [eventOf(CODE_TEXT, text.length), ...words];
}

/** True if a thread of the process is alive: the first one may have ended before others. */
function processIsAlive(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some((tid) => isAlive({ pid, tid: Number(tid), leads: false }));
  } catch {
    return false;
  }
}

/** True if the thread exists and is not a zombie. */
function isAlive({ pid, tid, leads }: Pick<RingRow, "pid" | "tid" | "leads">): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/task/${leads ? pid : tid}/stat`, "latin1");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
