/**
 * Zipf's law without a table: rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates
 * from monotone discrete distributions", 1996). Exact, and its memory does not grow with the number of ranks.
 *
 * Rank k (1 … ranks) has probability proportional to h(k) = k^-alpha. H is an antiderivative of h, so that a uniform
 * u in (H(1.5) - 1, H(ranks + 0.5)] inverts to an x whose nearest integer k has at least h(k) of the line to
 * itself; u is drawn again when it falls outside that part. At most one draw in five is.
 *
 *   H(x) = (x^(1 - alpha) - 1) / (1 - alpha)        log x at alpha = 1
 *
 * Differences: H is computed with expm1 and log1p and, near 0, by series, as in Apache Commons' sampler, so it stays
 * smooth where alpha is close to 1.
 */
import { Rng } from "../core/rng";

@final
@unmanaged
export class Zipf {
  private alpha: f64;
  private ranks: f64;
  private lowest: f64; // H(1.5) - 1
  private width: f64; // H(ranks + 0.5) - lowest
  private sure: f64; // k - x up to which k is accepted without asking

  prepare(ranks: u64, alpha: f64): void {
    this.alpha = alpha;
    this.ranks = <f64>ranks;
    this.lowest = this.integral(1.5) - 1.0;
    this.width = this.integral(this.ranks + 0.5) - this.lowest;
    this.sure = 2.0 - this.inverse(this.integral(2.5) - this.density(2.0));
  }

  /** A rank, from 0: the most frequent is 0. */
  draw(rng: Rng): u64 {
    while (true) {
      const u = this.lowest + this.width * (1.0 - rng.real());
      const x = this.inverse(u);
      const k = min(max(Math.floor(x + 0.5), 1.0), this.ranks);
      if (k - x <= this.sure || u >= this.integral(k + 0.5) - this.density(k)) return <u64>k - 1;
    }
  }

  private density(x: f64): f64 {
    return Math.exp(-this.alpha * Math.log(x));
  }

  private integral(x: f64): f64 {
    const log = Math.log(x);
    return expOverX((1.0 - this.alpha) * log) * log;
  }

  private inverse(u: f64): f64 {
    const t = max(u * (1.0 - this.alpha), -1.0); // rounding may pass the pole
    return Math.exp(logOverX(t) * u);
  }
}

/** (e^x - 1) / x, 1 at 0. */
function expOverX(x: f64): f64 {
  if (Math.abs(x) > 1e-8) return Math.expm1(x) / x;
  return 1.0 + x * 0.5 * (1.0 + (x / 3.0) * (1.0 + 0.25 * x));
}

/** log(1 + x) / x, 1 at 0. */
function logOverX(x: f64): f64 {
  if (Math.abs(x) > 1e-8) return Math.log1p(x) / x;
  return 1.0 - x * (0.5 - x * (1.0 / 3.0 - 0.25 * x));
}
