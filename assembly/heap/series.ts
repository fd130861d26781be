/**
 * A heap over time: its sums at moments, 64 bytes each.
 *
 *   0            8      16       24          32         40         48         56       64
 *   ├ operations ┼ live ┼ blocks ┼ footprint ┼ committed ┼ resident ┼ faults ──┼ ┄┄┄┄┄┄┤      u64 each, as abi/heap's SAMPLE_…
 */
import {
  SAMPLE_BLOCKS,
  SAMPLE_BYTES,
  SAMPLE_COMMITTED,
  SAMPLE_FAULTS,
  SAMPLE_FOOTPRINT,
  SAMPLE_LIVE,
  SAMPLE_OPERATIONS,
  SAMPLE_RESIDENT,
  SERIES_SAMPLES,
} from "../abi/heap-recorder";
import { allocate, make } from "../core/arena";
import { Heap } from "./heap";
import { Moments } from "./moments";

@final
@unmanaged
export class Series {
  moments: Moments;
  samples: usize;

  /** Null when memory is out. */
  static create(): Series {
    const nothing = changetype<Series>(0);
    const series = make<Series>();
    if (changetype<usize>(series) == 0) return nothing;
    series.moments = Moments.create(SERIES_SAMPLES);
    series.samples = allocate(SERIES_SAMPLES * SAMPLE_BYTES);
    return changetype<usize>(series.moments) == 0 || series.samples == 0 ? nothing : series;
  }

  /** A moment is due. */
  take(heap: Heap): void {
    if (this.moments.areFull) this.thin();
    if (this.moments.isMoment(heap.operations)) this.keep(heap);
  }

  /** Keeps what the heap is at its end. */
  finish(heap: Heap): void {
    if (!this.moments.isKept(heap.operations)) this.keep(heap);
  }

  private keep(heap: Heap): void {
    const moments = this.moments;
    const at = this.samples + <usize>moments.add(heap.operations) * SAMPLE_BYTES;
    store<u64>(at, heap.operations, SAMPLE_OPERATIONS);
    store<u64>(at, heap.liveBytes, SAMPLE_LIVE);
    store<u64>(at, heap.liveBlocks, SAMPLE_BLOCKS);
    store<u64>(at, heap.liveFootprint, SAMPLE_FOOTPRINT);
    store<u64>(at, heap.memory.committed, SAMPLE_COMMITTED);
    store<u64>(at, heap.residentBytes, SAMPLE_RESIDENT);
    store<u64>(at, heap.faults, SAMPLE_FAULTS);
  }

  private thin(): void {
    const moments = this.moments;
    moments.thin();
    for (let n: usize = 0; n < moments.count; n++) {
      const from = this.samples + (n * 2 + 1) * SAMPLE_BYTES;
      memory.copy(this.samples + n * SAMPLE_BYTES, from, SAMPLE_BYTES);
    }
  }
}
