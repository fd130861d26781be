/**
 * Cacheus's learning rate, by which a mistake changes the experts' weights. It is adapted by hill climbing on the hit rate:
 * when the last change of the rate improved the hit rate, it changes further in the same direction, otherwise in the
 * other. When it no longer changes and the hit rate does not improve, it restarts at a random value. Rodriguez and others,
 * "Learning cache replacement with Cacheus", FAST (2021), section 4.
 *
 * As in the authors' program the first rate is √(2 ln 2 / frames), and rates and hit rates are rounded to thousandths for
 * comparison, so that the rate can converge. As in the paper a restart is anywhere between 0.001 and 1.
 */
import { make } from "../../core/arena";
import { Rng } from "../../core/rng";

const MIN_RATE: f64 = 0.001;
/** Periods without improvement after which the rate is drawn anew. */
const MAX_PERIODS_AT_REST: u32 = 10;

@final
@unmanaged
export class LearningRate {
  rate: f64;
  private ratePeriodAgo: f64;
  private hitRate: f64; // of the last period
  private hits: u32; // of this one
  private requests: u32;
  private periodsAtRest: u32;
  private rng: Rng;

  /** Null when memory is out. */
  static create(rng: Rng): LearningRate {
    const rate = make<LearningRate>();
    if (changetype<usize>(rate) != 0) rate.rng = rng;
    return rate;
  }

  /** Sets the first rate for `frames`, before the first request. */
  start(frames: u32): void {
    this.rate = clamp(Math.sqrt((2 * Math.LN2) / <f64>frames));
  }

  /** Counts a request. Adapts the rate after every `period` requests. */
  @inline
  count(isHit: bool, period: u32): void {
    if (isHit) this.hits++;
    if (++this.requests >= period) this.adapt();
  }

  private adapt(): void {
    const hitRate = thousandths(<f64>this.hits / <f64>this.requests);
    const gain = hitRate - this.hitRate;
    const change = thousandths(this.rate) - thousandths(this.ratePeriodAgo);
    this.ratePeriodAgo = this.rate;
    this.hitRate = hitRate;
    this.hits = 0;
    this.requests = 0;
    if (change != 0) {
      const step = abs(this.rate * change);
      this.rate = clamp(gain * change > 0 ? this.rate + step : this.rate - step);
      this.periodsAtRest = 0;
    } else if (hitRate == 0 || gain <= 0) {
      if (++this.periodsAtRest < MAX_PERIODS_AT_REST) return;
      this.periodsAtRest = 0;
      this.rate = MIN_RATE + (1 - MIN_RATE) * this.rng.real();
    }
  }

  isValid(): bool {
    return (this.rate == 0 || this.rate >= MIN_RATE) && this.rate <= 1 && this.hits <= this.requests;
  }
}

function clamp(rate: f64): f64 {
  return min(max(rate, MIN_RATE), 1);
}

function thousandths(value: f64): f64 {
  return Math.round(value * 1000) / 1000;
}
