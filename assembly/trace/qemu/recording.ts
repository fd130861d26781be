/**
 * The decoder of a recording by QEMU: the events of all threads to one time line of records. A stretch between two marks
 * is taken whole. The next one is that with the lowest ticket of all threads, as soon as no thread can still bring a lower
 * one: its floor, or the shared clock, says so. Before the references of a thread comes a call event, its turn.
 */
import { BATCH_RECORDS, NONE, RECORD_BYTES } from "../../abi/core";
import {
  CODE_DONE,
  CODE_MARK,
  CODE_TEXT,
  CODE_WIDE,
  EVENT_BLOCK,
  EVENT_CODE,
  EVENT_INSTRUCTION,
  EVENT_OTHER,
  MOST_RECORDED_CALLS,
  MOST_TEXT_BYTES,
  RECORDED_CALL_BYTES,
  RECORDED_TEXT_BYTES,
  RECORDING_DAMAGED,
  RECORDING_FULL,
  RECORDING_HUNGRY,
  RECORDING_NO_BLOCK,
  RECORDING_OK,
} from "../../abi/recording";
import { allocate, make } from "../../core/arena";
import { BLOCK_ABSENT, BLOCK_DAMAGED, Blocks, createSegments, segmentAt } from "./blocks";
import { Event, putCall, Thread, WORD } from "./thread";

const VALUE: u64 = ((<u64>1) << EVENT_CODE) - 1;
/** Records for which there must be room. */
const SPARE: usize = 2 * RECORD_BYTES;
/** The list of calls ends the batch while it has room for another call and a turn. */
const CALLS_LEFT: u32 = 2;

@final
@unmanaged
export class Recording {
  status: u32;
  wanted: u32;
  faulty: u32;
  calls: u32;
  clock: u64;
  list: u32;
  blocks: u32;
  private texts: usize;
  private textBytes: u32;
  private threads: Thread;
  private free: Thread;
  /** The thread whose stretch is being decoded. */
  private current: Thread;
  /** The thread that the last record belongs to, if it has not ended. */
  private shown: Thread;

  /** Null when memory is out. */
  static create(): Recording {
    const recording = make<Recording>();
    if (changetype<usize>(recording) == 0) return recording;
    recording.blocks = <u32>createSegments();
    recording.list = <u32>allocate(MOST_RECORDED_CALLS * RECORDED_CALL_BYTES);
    recording.texts = allocate(RECORDED_TEXT_BYTES);
    const isWhole = recording.blocks != 0 && recording.list != 0 && recording.texts != 0;
    return isWhole ? recording : changetype<Recording>(0);
  }

  /** A thread, which ring number `number` feeds; null when memory is out. */
  begin(number: u32): Thread {
    let thread = this.free;
    if (changetype<usize>(thread) != 0) this.free = thread.next;
    else thread = Thread.create();
    if (changetype<usize>(thread) == 0) return thread;
    thread.reset(number);
    thread.next = this.threads;
    this.threads = thread;
    return thread;
  }

  /** The thread has ended, and is decoded. */
  end(ended: Thread): void {
    if (changetype<usize>(this.threads) == changetype<usize>(ended)) this.threads = ended.next;
    else {
      let before = this.threads;
      while (changetype<usize>(before.next) != changetype<usize>(ended)) before = before.next;
      before.next = ended.next;
    }
    if (changetype<usize>(this.current) == changetype<usize>(ended)) this.current = changetype<Thread>(0);
    if (changetype<usize>(this.shown) == changetype<usize>(ended)) this.shown = changetype<Thread>(0);
    ended.next = this.free;
    this.free = ended;
  }

  /** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
  decode(records: usize, first: u32): u32 {
    const last = records + BATCH_RECORDS * RECORD_BYTES;
    let out = records + first * RECORD_BYTES;
    this.status = RECORDING_OK;
    if (first == 0) {
      this.calls = 0;
      this.textBytes = 0;
    }
    // A stretch begins with the access and the turn of others, for which there must be room.
    while (this.status == RECORDING_OK && last - out > SPARE) {
      const thread = this.select();
      if (changetype<usize>(thread) == 0) {
        this.status = RECORDING_HUNGRY;
        this.faulty = NONE;
        break;
      }
      if (!this.skipMark(thread)) {
        if (changetype<usize>(thread) != changetype<usize>(this.shown)) out = this.turn(thread, out);
        out = this.decodeStretch(thread, out, last);
      }
    }
    return <u32>((out - records) / RECORD_BYTES);
  }

  /** True if the batch has as many records as it takes. */
  isFull(count: u32): bool {
    return count + 2 >= <u32>BATCH_RECORDS || this.status == RECORDING_FULL;
  }

  /** The thread whose stretch comes next; null if that is not known yet. */
  private select(): Thread {
    const current = this.current;
    if (changetype<usize>(current) != 0 && !current.isHungry) return current;
    let best = changetype<Thread>(0);
    let floor: u64 = u64.MAX_VALUE;
    let count = 0;
    for (let thread = this.threads; changetype<usize>(thread) != 0; thread = thread.next) {
      count++;
      if (thread.isHungry) floor = min(floor, thread.floor);
      else if (changetype<usize>(best) == 0 || thread.ticket < best.ticket) best = thread;
    }
    if (changetype<usize>(best) == 0) return best;
    const isNext = best.ticket <= floor && (count == 1 || best.ticket < this.clock);
    this.current = isNext ? best : changetype<Thread>(0);
    return this.current;
  }

  /** Goes past a mark that the thread's input begins with: its next stretch has that ticket. */
  private skipMark(thread: Thread): bool {
    const word = load<u64>(thread.position);
    if (word >> EVENT_CODE != CODE_MARK) return false;
    thread.position += WORD;
    const ticket = word & VALUE;
    if (ticket == 0) return true;
    thread.ticket = ticket;
    this.current = changetype<Thread>(0);
    return true;
  }

  /** The references that follow are of another thread. */
  private turn(thread: Thread, out: usize): usize {
    if (changetype<usize>(this.shown) != 0) out = this.shown.flush(out);
    this.shown = thread;
    return this.call(thread, 0, out);
  }

  /** A call event of the thread. Its text of `bytes` has been copied to the end of the texts. */
  private call(thread: Thread, bytes: u32, out: usize): usize {
    const index = this.calls++;
    const entry: usize = this.list + index * RECORDED_CALL_BYTES;
    store<u32>(entry, thread.number);
    store<u32>(entry, bytes, 4);
    store<u32>(entry, <u32>(this.texts + this.textBytes), 8);
    this.textBytes += bytes;
    const noRoom = this.textBytes + <u32>MOST_TEXT_BYTES > <u32>RECORDED_TEXT_BYTES;
    if (noRoom || index + CALLS_LEFT >= <u32>MOST_RECORDED_CALLS) this.status = RECORDING_FULL;
    return putCall(out, index);
  }

  /** Decodes events up to a mark, the input's end or the batch's. */
  private decodeStretch(thread: Thread, out: usize, last: usize): usize {
    const blocks = this.blocks;
    const end = thread.end;
    let position = thread.position;
    while (position < end && out < last) {
      const word = load<u64>(position);
      const type = Event.type(word);
      if (type == EVENT_OTHER) {
        thread.position = position;
        const isMark = word >> EVENT_CODE == CODE_MARK;
        if (isMark) return out;
        out = this.decodeOther(thread, word, out, last);
        if (thread.position == position || this.status != RECORDING_OK) return out;
        position = thread.position;
        continue;
      }
      if (type == EVENT_BLOCK) {
        const length = Event.length(word);
        const block = Blocks.find(blocks, <u32>word, length);
        if (block <= BLOCK_DAMAGED) {
          this.missing(thread, block, <u32>word);
          break;
        }
        const begun = thread.begun(Event.ran(word), block);
        out = thread.fetch(begun, out, last);
        if (!thread.isAt(begun)) break;
        thread.enter(block, length);
      } else {
        const instruction = Event.instruction(word);
        if (!thread.has(instruction)) {
          this.damaged(thread);
          break;
        }
        out = thread.fetch(instruction + 1, out, last);
        if (!thread.isAt(instruction + 1) || out >= last) break;
        out = thread.access(instruction, type, Event.address(word), Event.size(word), out);
      }
      position += WORD;
    }
    thread.position = position;
    return out;
  }

  /** An event that is rare. The position stays where it is if there is no room for its records, or it is not whole. */
  private decodeOther(thread: Thread, word: u64, out: usize, last: usize): usize {
    const code = <u32>(word >> EVENT_CODE);
    const value = word & VALUE;
    if (code == CODE_DONE) return this.decodeDone(thread, <u32>value, out, last);
    if (code == CODE_WIDE) return this.decodeWide(thread, value, out, last);
    if (code == CODE_TEXT && value > 0 && value <= <u64>MOST_TEXT_BYTES)
      return this.decodeText(thread, <u32>value, out, last);
    this.damaged(thread);
    return out;
  }

  private decodeDone(thread: Thread, ran: u32, out: usize, last: usize): usize {
    const begun = thread.begun(ran, 0);
    out = thread.fetch(begun, out, last);
    if (!thread.isAt(begun) || out >= last) return out;
    out = thread.flush(out);
    thread.enter(0, 0);
    thread.position += WORD;
    return out;
  }

  private decodeWide(thread: Thread, value: u64, out: usize, last: usize): usize {
    const access = value << EVENT_INSTRUCTION;
    const instruction = Event.instruction(access);
    const type = Event.type(access);
    if (!thread.has(instruction) || type == EVENT_OTHER || type == EVENT_BLOCK) {
      this.damaged(thread);
      return out;
    }
    if (thread.lacks(thread.position, 2 * WORD)) return this.cut(thread, out);
    out = thread.fetch(instruction + 1, out, last);
    if (!thread.isAt(instruction + 1) || out >= last) return out;
    out = thread.access(instruction, type, load<u64>(thread.position, WORD), Event.size(access), out);
    thread.position += 2 * WORD;
    return out;
  }

  private decodeText(thread: Thread, bytes: u32, out: usize, last: usize): usize {
    const whole = WORD + ((bytes + WORD - 1) & ~(WORD - 1));
    if (thread.lacks(thread.position, whole)) return this.cut(thread, out);
    if (last - out < 2 * RECORD_BYTES) return out;
    out = thread.flush(out);
    memory.copy(this.texts + this.textBytes, thread.position + WORD, bytes);
    thread.position += whole;
    return this.call(thread, bytes, out);
  }

  /** The rest of the event is still to come. */
  private cut(thread: Thread, out: usize): usize {
    this.status = RECORDING_HUNGRY;
    this.faulty = thread.number;
    return out;
  }

  private missing(thread: Thread, block: usize, number: u32): void {
    this.status = block == BLOCK_ABSENT ? RECORDING_NO_BLOCK : RECORDING_DAMAGED;
    this.wanted = number;
    this.faulty = thread.number;
  }

  private damaged(thread: Thread): void {
    this.status = RECORDING_DAMAGED;
    this.faulty = thread.number;
  }
}

export function createRecording(): usize {
  return changetype<usize>(Recording.create());
}

/** The state of a thread that begins; 0 when memory is out. */
export function beginRecordedThread(recording: usize, number: u32): usize {
  return changetype<usize>(changetype<Recording>(recording).begin(number));
}

/** The thread's input is decoded, and no more will come. */
export function endRecordedThread(recording: usize, thread: usize): void {
  changetype<Recording>(recording).end(changetype<Thread>(thread));
}

/** The address of a segment of definitions, which the host fills; 0 when memory is out. */
export function recordedSegment(recording: usize, segment: u32): usize {
  return segmentAt(changetype<Recording>(recording).blocks, segment);
}

export function decodeRecording(recording: usize, records: usize, first: u32): u32 {
  return changetype<Recording>(recording).decode(records, first);
}

/** True if a batch of `count` records should be passed on. */
export function isRecordingFull(recording: usize, count: u32): bool {
  return changetype<Recording>(recording).isFull(count);
}
