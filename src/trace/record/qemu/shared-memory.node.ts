/**
 * The file that recorded processes map (plugin/shared.h), as the reader sees it: through the system's page cache, with
 * reads and writes. Node only.
 */
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import {
  EVENT_BYTES,
  RING_AT,
  RING_BYTES,
  RING_EVENTS,
  RING_EXACT,
  RING_FLOOR,
  RING_FREE,
  RING_KILLED,
  RING_LEADS,
  RING_LEAVES,
  RING_LENGTH,
  RING_MARK,
  RING_PID,
  RING_SIGNAL,
  RING_STATE,
  RING_TAKEN,
  RING_TID,
  RING_WRITTEN,
  SHARED_BLOCKS_AT,
  SHARED_BLOCKS_BYTES,
  SHARED_BLOCKS_USED,
  SHARED_CLOCK,
  SHARED_COUNTER_BYTES,
  SHARED_COUNTERS_AT,
  SHARED_EVENTS_AT,
  SHARED_FAILURE,
  SHARED_HEADER_BYTES,
  SHARED_MAGIC,
  SHARED_READER,
  SHARED_RINGS,
  SHARED_RINGS_AT,
  SHARED_RINGS_USED,
} from "../../../../assembly/abi/recording.js";
import type { NotedSignal } from "../../calls/signals.js";

/** The header at one moment. */
export interface SharedState {
  readonly failure: number;
  readonly clock: bigint;
  /** Rings that have been used: the first so many. */
  readonly rings: number;
  /** Bytes of definitions. */
  readonly blocks: number;
}

/** A ring's row at one moment; plugin/shared.h explains the fields. */
export interface RingRow {
  readonly state: number;
  readonly pid: number;
  readonly tid: number;
  /** The thread executes or has executed another program: Linux knows it by the number of its process. */
  readonly leads: boolean;
  /** LEAVES_…: how the thread goes. */
  readonly leaves: number;
  /** The last signal that the program has not handled; number 0 if there is none. */
  readonly signal: NotedSignal;
  /** The signal that ended the process, as its parent knows it; or 0. */
  readonly killed: number;
  readonly floor: bigint;
  /** Events that are published. */
  readonly written: number;
  /** Events that are written; of a living thread this may be in flux. */
  readonly at: number;
}

function signalAt(rows: Buffer, at: number): NotedSignal {
  return {
    number: rows.readUInt32LE(at),
    code: rows.readInt32LE(at + 4),
    address: rows.readBigUInt64LE(at + 8),
    sender: rows.readUInt32LE(at + 16),
    uid: rows.readUInt32LE(at + 20),
  };
}

const FIRST_TICKET = 1n; // a mark's 0 is none

export class SharedMemory {
  private readonly header = Buffer.alloc(SHARED_HEADER_BYTES);
  private readonly table = Buffer.alloc(SHARED_RINGS * RING_BYTES);
  private readonly word = Buffer.alloc(8);
  private isOpen = true;

  private constructor(
    readonly path: string,
    private readonly file: number,
  ) {}

  /** Creates the file, which no other user can read. */
  static create(path: string): SharedMemory {
    const file = openSync(path, "wx+", 0o600);
    try {
      ftruncateSync(file, SHARED_BLOCKS_AT + SHARED_BLOCKS_BYTES);
      const header = Buffer.alloc(SHARED_HEADER_BYTES);
      header.writeBigUInt64LE(BigInt(SHARED_MAGIC));
      header.writeUInt32LE(process.pid, SHARED_READER);
      header.writeBigUInt64LE(FIRST_TICKET, SHARED_CLOCK);
      writeSync(file, header, 0, header.length, 0);
      return new SharedMemory(path, file);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** True if the process that reads the file lives. */
  static hasReader(path: string): boolean {
    const memory = new SharedMemory(path, openSync(path, "r"));
    try {
      memory.read(memory.header, 0);
      process.kill(memory.header.readUInt32LE(SHARED_READER), 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "ESRCH";
    } finally {
      memory.close();
    }
  }

  state(): SharedState {
    const { header } = this;
    this.read(header, 0);
    return {
      failure: header.readUInt32LE(SHARED_FAILURE),
      clock: header.readBigUInt64LE(SHARED_CLOCK),
      rings: Math.min(header.readUInt32LE(SHARED_RINGS_USED), SHARED_RINGS),
      blocks: Math.min(Number(header.readBigUInt64LE(SHARED_BLOCKS_USED)), SHARED_BLOCKS_BYTES),
    };
  }

  /** The first `count` rings. */
  rows(count: number): RingRow[] {
    const rows = this.table.subarray(0, count * RING_BYTES);
    this.read(rows, SHARED_RINGS_AT);
    return Array.from({ length: count }, (_, ring) => {
      const at = ring * RING_BYTES;
      return {
        state: rows.readUInt32LE(at + RING_STATE),
        pid: rows.readUInt32LE(at + RING_PID),
        tid: rows.readUInt32LE(at + RING_TID),
        leads: rows.readUInt32LE(at + RING_LEADS) !== 0,
        leaves: rows.readUInt32LE(at + RING_LEAVES),
        signal: signalAt(rows, at + RING_SIGNAL),
        killed: rows.readUInt32LE(at + RING_KILLED),
        floor: rows.readBigUInt64LE(at + RING_FLOOR),
        written: Number(rows.readBigUInt64LE(at + RING_WRITTEN)),
        at: Number(rows.readBigUInt64LE(at + RING_AT)),
      };
    });
  }

  /** Copies a ring's events from position `from` on. */
  events(ring: number, from: number, bytes: Uint8Array): void {
    const start = (from % RING_EVENTS) * EVENT_BYTES;
    const ringBytes = RING_EVENTS * EVENT_BYTES;
    const at = SHARED_EVENTS_AT + ring * ringBytes;
    const first = bytes.subarray(0, ringBytes - start);
    this.read(first, at + start);
    if (first.length < bytes.length) this.read(bytes.subarray(first.length), at);
  }

  /** Events before this position can be overwritten. */
  setTaken(ring: number, position: number): void {
    this.word.writeBigUInt64LE(BigInt(position));
    writeSync(this.file, this.word, 0, 8, SHARED_RINGS_AT + ring * RING_BYTES + RING_TAKEN);
  }

  /** Another thread can have the ring. */
  free(ring: number): void {
    this.word.writeUInt32LE(RING_FREE);
    writeSync(this.file, this.word, 0, 4, SHARED_RINGS_AT + ring * RING_BYTES + RING_STATE);
  }

  /**
   * How many instructions of its last block a dead thread had begun, as an event has it: 0 for all of them. Without an
   * exact count these are none but those with accesses.
   */
  ran(ring: number): number {
    const row = Buffer.alloc(RING_BYTES);
    this.read(row, SHARED_RINGS_AT + ring * RING_BYTES);
    const length = row.readBigUInt64LE(RING_LENGTH);
    if (row.readUInt32LE(RING_EXACT) === 0) return length === 0n ? 0 : 1;
    const counter = Buffer.alloc(8);
    this.read(counter, SHARED_COUNTERS_AT + ring * SHARED_COUNTER_BYTES);
    const begun = BigInt.asUintN(64, counter.readBigUInt64LE() - row.readBigUInt64LE(RING_MARK));
    return begun < length ? Number(begun) + 1 : 0;
  }

  /** Copies definitions from byte `from` on. */
  blocks(from: number, bytes: Uint8Array): void {
    this.read(bytes, SHARED_BLOCKS_AT + from);
  }

  close(): void {
    if (this.isOpen) closeSync(this.file);
    this.isOpen = false;
  }

  private read(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(this.file, bytes, done, bytes.length - done, at + done);
      if (count === 0) throw new Error("the recorder's memory is cut off");
      done += count;
    }
  }
}
