/** The kernel's decoder of a recording by QEMU. The structs are in assembly/trace/qemu and `assembly/abi/recording.ts`. */
import { BATCH_RECORDS, RECORD_BYTES } from "../../assembly/abi/core.js";
import {
  BLOCK_SEGMENT_BYTES,
  EVENT_BYTES,
  RECORDED_CALL_BYTES,
  RECORDED_END,
  RECORDED_FLOOR,
  RECORDED_INPUT,
  RECORDED_INPUT_BYTES,
  RECORDED_POSITION,
  RECORDING_CALLS,
  RECORDING_CLOCK,
  RECORDING_LIST,
  RECORDING_STATUS,
  RECORDING_THREAD,
  RECORDING_WANTED,
} from "../../assembly/abi/recording.js";
import { type Kernel, outOfMemory } from "./kernel.js";

/** A call event of a batch: a thread's turn, or its text. */
export interface RecordedCall {
  /** The thread's number. */
  readonly thread: number;
  /** Empty if the thread's references follow, and those of another one came before. */
  readonly text: string;
}

export class KernelRecording {
  /** The address of the batch's records. */
  readonly records: number;
  private readonly state: number;

  constructor(private readonly kernel: Kernel) {
    this.state = kernel.exports.createRecording() >>> 0;
    if (this.state === 0) throw outOfMemory();
    this.records = kernel.allocate(BATCH_RECORDS * RECORD_BYTES);
  }

  /** A thread that begins; `number` identifies it in calls. */
  begin(number: number): RecordedThread {
    const thread = this.kernel.exports.beginRecordedThread(this.state, number) >>> 0;
    if (thread === 0) throw outOfMemory();
    return new RecordedThread(this.kernel, thread);
  }

  /** The thread's input is decoded, and no more will come. */
  end(thread: RecordedThread): void {
    this.kernel.exports.endRecordedThread(this.state, thread.address);
  }

  /** Continues decoding into the batch, which already has `first` records. Returns the new number of records. */
  decode(first: number): number {
    return this.kernel.exports.decodeRecording(this.state, this.records, first) >>> 0;
  }

  /** True if a batch of `count` records takes no more. */
  isFull(count: number): boolean {
    return this.kernel.exports.isRecordingFull(this.state, count) !== 0;
  }

  /** `RECORDING_…` in assembly/abi/recording.ts. */
  get status(): number {
    return this.field(RECORDING_STATUS);
  }

  /** The number of the block whose definition is not there. */
  get wantedBlock(): number {
    return this.field(RECORDING_WANTED);
  }

  /** The number of the thread whose input is cut or damaged. */
  get faultyThread(): number {
    return this.field(RECORDING_THREAD);
  }

  set clock(ticket: bigint) {
    this.kernel.view().setBigUint64(this.state + RECORDING_CLOCK, ticket, true);
  }

  /** The copy of a segment of definitions. */
  segment(number: number): Uint8Array<ArrayBuffer> {
    const address = this.kernel.exports.recordedSegment(this.state, number) >>> 0;
    if (address === 0) throw outOfMemory();
    return this.kernel.bytes(address, BLOCK_SEGMENT_BYTES);
  }

  /** The batch's calls, in order; records of calls have their index. */
  calls(): RecordedCall[] {
    const view = this.kernel.view();
    const list = this.field(RECORDING_LIST);
    return Array.from({ length: this.field(RECORDING_CALLS) }, (_, index) => {
      const entry = list + index * RECORDED_CALL_BYTES;
      const bytes = this.kernel.bytes(view.getUint32(entry + 8, true), view.getUint32(entry + 4, true));
      return { thread: view.getUint32(entry, true), text: new TextDecoder().decode(bytes) };
    });
  }

  private field(offset: number): number {
    return this.kernel.view().getUint32(this.state + offset, true);
  }
}

export class RecordedThread {
  constructor(
    private readonly kernel: Kernel,
    readonly address: number,
  ) {}

  /** No event that is still to come has a lower ticket. */
  set floor(ticket: bigint) {
    this.kernel.view().setBigUint64(this.address + RECORDED_FLOOR, ticket, true);
  }

  /** True if all input is decoded. */
  get isHungry(): boolean {
    return this.field(RECORDED_POSITION) === this.field(RECORDED_END);
  }

  /** Events for which there is room. */
  get room(): number {
    const used = this.field(RECORDED_END) - this.field(RECORDED_POSITION);
    return (RECORDED_INPUT_BYTES - used) / EVENT_BYTES;
  }

  /** `read` fills the bytes, which follow on those that are not decoded yet. */
  fill(events: number, read: (bytes: Uint8Array<ArrayBuffer>) => void): void {
    const input = this.field(RECORDED_INPUT);
    const position = this.field(RECORDED_POSITION);
    const rest = this.field(RECORDED_END) - position;
    this.kernel.bytes(input, RECORDED_INPUT_BYTES).copyWithin(0, position - input, position - input + rest);
    read(this.kernel.bytes(input + rest, events * EVENT_BYTES));
    this.put(input, input + rest + events * EVENT_BYTES);
  }

  /** Leaves out what is not decoded: the rest of an event that will not come. */
  drop(): void {
    const end = this.field(RECORDED_END);
    this.put(end, end);
  }

  private put(position: number, end: number): void {
    const view = this.kernel.view();
    view.setUint32(this.address + RECORDED_POSITION, position, true);
    view.setUint32(this.address + RECORDED_END, end, true);
  }

  private field(offset: number): number {
    return this.kernel.view().getUint32(this.address + offset, true);
  }
}
