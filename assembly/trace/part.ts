/**
 * Keeps a part of a trace: the references of the instructions from a start to an end, between markers, in windows, up to
 * a number of references. Calls are kept up to the end of the part, so that the regions of the program are known.
 *
 *   instructions  ─────┬──────────────────────────────┬─────
 *                     from                          until
 *   markers                 START         STOP  START        kept: from the instruction after START to STOP
 *   windows             ██      ██      ██      ██            kept: the first ones of each period
 *
 * Time is the number of instructions, so that a part is the same in each recording.
 */
import {
  KIND_CALL,
  KIND_FETCH,
  KIND_STORE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../abi/core";
import { make } from "../core/arena";
import { MARKER_NONE, MARKER_START, Markers } from "./marker";

/** No instruction, no address, no limit. */
const NONE: u64 = u64.MAX_VALUE;

@final
@unmanaged
export class Part {
  from: u64;
  until: u64;
  fromAddress: u64;
  untilAddress: u64;
  limit: u64;
  window: u64;
  period: u64;
  marked: u32;
  ended: u32;
  calls: u32;
  private hasBegun: bool;
  private isMarked: bool; // the last marker was START
  private keeps: bool; // the references of the current instruction are kept
  private instructions: u64; // of the trace, before the current one
  private inPeriod: u64; // instructions of the current period
  private references: u64; // kept
  private markers: Markers;

  static create(): Part {
    const part = make<Part>();
    if (changetype<usize>(part) == 0) return part;
    part.markers = Markers.create();
    return changetype<usize>(part.markers) == 0 ? changetype<Part>(0) : part;
  }

  /** Moves the records that are kept to the front of the batch, and returns their number. */
  take(records: usize, count: u32): u32 {
    let kept = records;
    this.calls = 0;
    const end = records + <usize>count * RECORD_BYTES;
    for (let record = records; record < end && !this.ended; record += RECORD_BYTES) {
      const kind = load<u8>(record, RECORD_KIND);
      if (kind == KIND_CALL) this.calls++;
      else if (!this.takeReference(record, kind)) continue;
      store<u64>(kept, load<u64>(record));
      store<u64>(kept, load<u64>(record, 8), 8);
      kept += RECORD_BYTES;
    }
    return <u32>((kept - records) / RECORD_BYTES);
  }

  /** Takes a reference. Returns true if it is kept. */
  private takeReference(record: usize, kind: u32): bool {
    if (kind == KIND_FETCH) {
      this.takeInstruction(load<u64>(record, RECORD_ADDRESS));
    } else if (this.marked && kind == KIND_STORE && load<u32>(record, RECORD_SIZE) == 1) {
      const marker = this.markers.take(load<u64>(record, RECORD_ADDRESS));
      if (marker != MARKER_NONE) this.isMarked = marker == MARKER_START;
    }
    if (!this.keeps) return false;
    this.references++;
    if (this.references >= this.limit) this.ended = 1;
    return true;
  }

  private takeInstruction(address: u64): void {
    const number = this.instructions++;
    if (!this.hasBegun) {
      this.hasBegun = this.fromAddress == NONE ? number >= this.from : address == this.fromAddress;
      this.keeps = false;
      if (!this.hasBegun) return;
    } else if (address == this.untilAddress) {
      this.ended = 1;
    }
    if (number >= this.until) this.ended = 1;
    this.keeps = !this.ended && (!this.marked || this.isMarked) && this.isInWindow();
  }

  /** Counts an instruction of the part. */
  private isInWindow(): bool {
    if (this.period == 0) return true;
    const at = this.inPeriod;
    this.inPeriod = at + 1 == this.period ? 0 : at + 1;
    return at < this.window;
  }
}

/** A part whose settings the host writes; 0 when memory is out. */
export function createPart(): usize {
  return changetype<usize>(Part.create());
}

/** Keeps records of a batch, at its front; returns their number. */
export function takePart(part: usize, records: usize, count: u32): u32 {
  return changetype<Part>(part).take(records, count);
}
