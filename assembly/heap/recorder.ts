/**
 * Recordings of a heap while it serves: its sums over time, a map of its chunks, and the distribution of an operation's
 * costs. Each is optional. The serving loop compares the count of operations with one number, `Heap.due`, and calls the
 * recorder when it is reached; without a recorder it never is.
 */
import { RECORD_COSTS, RECORD_MAP, RECORD_SERIES } from "../abi/heap-recorder";
import { make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { ChunkMap } from "./chunk-map";
import { Allocator } from "./contract";
import { Heap, NEVER } from "./heap";
import { Histogram } from "./histogram";
import { withAllocator } from "./registry";
import { Series } from "./series";

@final
@unmanaged
export class Recorder {
  // The host reads these, at abi/heap's RECORDER_…; null: not asked for.
  series: Series;
  map: ChunkMap;
  /** Of operations: nodes that their searches looked at, and cache lines that they touched. */
  steps: Histogram;
  lines: Histogram;
  private seenSteps: u64;
  private seenLines: u64;

  /** `what`: RECORD_… bits; `expected`: about how many operations there will be, 0: that is not known. Null when memory is out. */
  static create(heap: Heap, what: u32, expected: u64): Recorder {
    const nothing = changetype<Recorder>(0);
    const recorder = make<Recorder>();
    if (changetype<usize>(recorder) == 0) return nothing;
    if ((what & RECORD_SERIES) != 0) recorder.series = Series.create();
    if ((what & RECORD_MAP) != 0) recorder.map = ChunkMap.create();
    if ((what & RECORD_COSTS) != 0) {
      recorder.steps = Histogram.create();
      recorder.lines = Histogram.create();
    }
    const isWhole =
      ((what & RECORD_SERIES) == 0 || recorder.hasSeries) &&
      ((what & RECORD_MAP) == 0 || recorder.hasMap) &&
      ((what & RECORD_COSTS) == 0 || (recorder.hasCosts && changetype<usize>(recorder.lines) != 0));
    if (!isWhole) return nothing;
    // A moment of the map costs a walk over all chunks.
    if (recorder.hasMap) recorder.map.moments.expect(expected);
    recorder.seenSteps = heap.memory.steps;
    recorder.seenLines = heap.memory.lines;
    heap.recorder = changetype<usize>(recorder);
    heap.due = recorder.nextDue();
    return recorder;
  }

  @inline
  private get hasSeries(): bool {
    return changetype<usize>(this.series) != 0;
  }

  @inline
  private get hasMap(): bool {
    return changetype<usize>(this.map) != 0;
  }

  @inline
  private get hasCosts(): bool {
    return changetype<usize>(this.steps) != 0;
  }

  /** An operation is done, and something is due. */
  record<A extends Allocator>(heap: Heap, allocator: A): void {
    if (this.hasCosts) this.recordCosts(heap);
    if (this.hasSeries && heap.operations >= this.series.moments.due) this.series.take(heap);
    if (this.hasMap && heap.operations >= this.map.moments.due && this.map.isDue(heap.operations)) {
      this.walk<A>(heap, allocator);
    }
    heap.due = this.nextDue();
  }

  /** The last moment, whenever it is. */
  finish<A extends Allocator>(heap: Heap, allocator: A): void {
    if (this.hasSeries) this.series.finish(heap);
    if (this.hasMap && !this.map.moments.isKept(heap.operations)) this.walk<A>(heap, allocator);
  }

  /** True if a walk over the heap is possible after the next operation or, with `isLast`, at the end. */
  mayWalk(heap: Heap, isLast: bool): bool {
    if (!this.hasMap) return false;
    const moments = this.map.moments;
    return isLast ? !moments.isKept(heap.operations) : heap.operations + 1 >= moments.due;
  }

  private recordCosts(heap: Heap): void {
    const memory = heap.memory;
    this.steps.add(memory.steps - this.seenSteps);
    this.lines.add(memory.lines - this.seenLines);
    this.seenSteps = memory.steps;
    this.seenLines = memory.lines;
  }

  private walk<A extends Allocator>(heap: Heap, allocator: A): void {
    if (heap.memory.hasStopped) return;
    const map = this.map;
    const column = map.begin(heap.operations);
    heap.memory.hide();
    while (allocator.next(map.view)) map.add(column);
    heap.memory.show();
    if (DEBUG) assert(map.isValid());
  }

  private nextDue(): u64 {
    if (this.hasCosts) return 0;
    const series = this.hasSeries ? this.series.moments.due : NEVER;
    return this.hasMap ? min(series, this.map.moments.due) : series;
  }

  isValid(): bool {
    return (
      (!this.hasMap || this.map.isValid()) &&
      (!this.hasCosts || (this.steps.isValid() && this.lines.isValid()))
    );
  }
}

@final
@unmanaged
class Finish {
  visit<A extends Allocator>(_signature: string): usize {
    const heap = changetype<Heap>(this);
    changetype<Recorder>(heap.recorder).finish<A>(heap, changetype<A>(heap.allocator));
    return 0;
  }
}

/** Keeps from now on what the RECORD_… bits say; the recorder's address, 0 when memory is out. */
export function recordHeap(heap: usize, what: u32, expected: f64): usize {
  return changetype<usize>(Recorder.create(changetype<Heap>(heap), what, <u64>expected));
}

/** The last moment of a heap that is recorded. */
export function finishRecording(heap: usize): void {
  withAllocator<Finish>(changetype<Heap>(heap).id, heap);
}

export function isRecorderValid(recorder: usize): bool {
  return changetype<Recorder>(recorder).isValid();
}
