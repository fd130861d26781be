/**
 * Watermarks of free frames, between which background reclaim works, as Linux sets them (mm/page_alloc.c,
 * __setup_per_zone_wmarks): min is 4 sqrt(KiB) KiB, here at most a sixteenth of all frames.
 */
import { make } from "../../core/arena";

@final
@unmanaged
export class Watermarks {
  /** In frames: background reclaim starts below `low` and stops at `high`. All are 0 when memory has no limit. */
  minimum: u32;
  low: u32;
  high: u32;
  /** The last background reclaim could not evict anything. */
  hasReclaimFailed: bool;

  /** For `frames` frames of 2^pageShift bytes, 0: no limit. Null when memory is out. */
  static create(frames: u32, pageShift: u32): Watermarks {
    const marks = make<Watermarks>();
    if (changetype<usize>(marks) == 0 || frames == 0) return marks;
    const frameKib = (<u64>1) << (pageShift - 10);
    const kib = <u64>frames * frameKib;
    const minimum = <u32>(<u64>max(128, min(262144, Math.sqrt(<f64>(kib * 16)))) / frameKib);
    marks.minimum = min(minimum, frames >> 4);
    const gap = max(marks.minimum >> 2, frames / 1000);
    marks.low = marks.minimum + gap;
    marks.high = marks.low + gap;
    return marks;
  }

  /** Is true when background reclaim would stop no lower than it starts. */
  isValid(): bool {
    return this.minimum <= this.low && this.low <= this.high;
  }
}
