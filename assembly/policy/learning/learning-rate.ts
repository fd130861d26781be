/**
 * Cacheus's learning rate, by which a mistake changes the experts' weights. It is adapted by hill climbing on the hit rate:
 * when the last change of the rate improved the hit rate, it changes further in the same direction, otherwise in the
 * other. When it no longer changes and the hit rate falls, it takes a random step, or the first rate again. Rodriguez and
 * others, "Learning cache replacement with Cacheus", FAST (2021), section 4, and the authors' program.
 *
 * As in the program the first rate is √(2 ln 2 / frames), and rates and hit rates are rounded to thousandths for comparison,
 * so that the rate can converge; a random step is a quarter of the rate. In the paper a restart is anywhere.
 */
import { make } from "../../core/arena";
import { Rng } from "../../core/rng";

const MIN_RATE: f64 = 0.001;
/** The number of bad periods without a change of the rate after which it starts again. */
const MAX_BAD_PERIODS: u32 = 10;

@final
@unmanaged
export class LearningRate {
  rate: f64;
  private firstRate: f64;
  private ratePeriodAgo: f64;
  private hitRate: f64; // of the last period
  private hits: u32; // of this one
  private requests: u32;
  /** Periods in which the hit rate fell, or was still 0; and those in which it fell. */
  private bad: u32;
  private worse: u32;
  private rng: Rng;

  /** Null when memory is out. */
  static create(rng: Rng): LearningRate {
    const rate = make<LearningRate>();
    if (changetype<usize>(rate) != 0) rate.rng = rng;
    return rate;
  }

  /** Sets the first rate for `frames`, before the first request. */
  start(frames: u32): void {
    this.rate = Math.sqrt((2 * Math.LN2) / <f64>frames);
    this.firstRate = clamp(this.rate);
  }

  /** Called at every request, before the hit is counted. Adapts the rate at every `period`th. */
  @inline
  advance(period: u32): void {
    if (++this.requests >= period) this.adapt();
  }

  @inline
  countHit(): void {
    this.hits++;
  }

  private adapt(): void {
    const before = this.rate;
    const hitRate = thousandths(<f64>this.hits / <f64>this.requests);
    const gain = hitRate - this.hitRate;
    const change = thousandths(before) - thousandths(this.ratePeriodAgo);
    if (gain * change != 0) this.climb(change, gain);
    else if (gain < 0 || (gain == 0 && hitRate == 0)) this.rest(gain < 0);
    this.ratePeriodAgo = before;
    this.hitRate = hitRate;
    this.hits = 0;
    this.requests = 0;
  }

  private climb(change: f64, gain: f64): void {
    const step = abs(this.rate * change);
    this.rate = gain * change > 0 ? min(this.rate + step, 1) : max(this.rate - step, MIN_RATE);
    this.bad = 0;
    this.worse = 0;
  }

  /** The rate or the hit rate did not change, or the hit rate fell without a change of the rate. */
  private rest(fell: bool): void {
    this.bad++;
    if (fell) this.worse++;
    if (this.bad >= MAX_BAD_PERIODS) {
      this.rate = this.firstRate;
      this.bad = 0;
    } else if (fell && this.worse >= MAX_BAD_PERIODS) {
      this.rate = this.firstRate;
      this.worse = 0;
    } else if (fell) this.stepAtRandom();
  }

  private stepAtRandom(): void {
    if (this.rate >= 1) this.rate = 0.9;
    else if (this.rate <= MIN_RATE) this.rate = 5 * MIN_RATE;
    else if (this.rng.real() < 0.5) this.rate = min(this.rate * 1.25, 1);
    else this.rate = max(this.rate * 0.75, MIN_RATE);
  }

  isValid(): bool {
    return this.rate >= 0 && this.rate < 1.2 && this.hits <= this.requests + 1;
  }
}

function clamp(rate: f64): f64 {
  return min(max(rate, MIN_RATE), 1);
}

function thousandths(value: f64): f64 {
  return Math.round(value * 1000) / 1000;
}
