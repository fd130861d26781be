/**
 * Naive replacement policies: arrays with linear search, without code shared with the kernel. A model serves a whole
 * sequence of pages and returns for each request whether it hits.
 */

export type Model = (pages: readonly number[], frames: number) => boolean[];

/** Serves every request with `request`, which returns whether it hits. */
function serve(pages: readonly number[], request: (page: number, at: number) => boolean): boolean[] {
  return pages.map(request);
}

export function remove(list: number[], page: number): boolean {
  const at = list.indexOf(page);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** Oldest first. */
const fifo: Model = (pages, frames) => {
  const queue: number[] = [];
  return serve(pages, (page) => {
    if (queue.includes(page)) return true;
    if (queue.length === frames) queue.shift();
    queue.push(page);
    return false;
  });
};

const byRecency =
  (victim: (stack: number[]) => void): Model =>
  (pages, frames) => {
    const stack: number[] = []; // requested last at the end
    return serve(pages, (page) => {
      const hit = remove(stack, page);
      if (!hit && stack.length === frames) victim(stack);
      stack.push(page);
      return hit;
    });
  };

/** A ring of frames with a hand, as textbooks draw it. */
const clock: Model = (pages, frames) => {
  const ring: { page: number; referenced: boolean }[] = [];
  let hand = 0;
  return serve(pages, (page) => {
    const found = ring.find((frame) => frame.page === page);
    if (found !== undefined) {
      found.referenced = true;
      return true;
    }
    if (ring.length < frames) ring.push({ page, referenced: false });
    else {
      for (; ring[hand]?.referenced; hand = (hand + 1) % frames)
        ring[hand] = { ...at(ring, hand), referenced: false };
      ring[hand] = { page, referenced: false };
      hand = (hand + 1) % frames;
    }
    return false;
  });
};

export function at<T>(list: { readonly [index: number]: T }, index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
}

/** Oldest first; the hand is an index that walks towards the newest. */
const sieve: Model = (pages, frames) => {
  const queue: { page: number; visited: boolean }[] = [];
  let hand = 0;
  return serve(pages, (page) => {
    const found = queue.find((entry) => entry.page === page);
    if (found !== undefined) {
      found.visited = true;
      return true;
    }
    if (queue.length === frames) {
      while (at(queue, hand).visited) {
        at(queue, hand).visited = false;
        hand = (hand + 1) % queue.length;
      }
      queue.splice(hand, 1);
      if (hand === queue.length) hand = 0;
    }
    queue.push({ page, visited: false });
    return false;
  });
};

/** Figure 4 of the paper, step by step. Least recently used first in each list. */
const arc: Model = (pages, c) => {
  const [t1, t2, b1, b2]: [number[], number[], number[], number[]] = [[], [], [], []];
  let p = 0;
  const replace = (inB2: boolean) => {
    if (t1.length >= 1 && ((inB2 && t1.length === p) || t1.length > p)) b1.push(t1.shift() ?? 0);
    else b2.push(t2.shift() ?? 0);
  };
  return serve(pages, (x) => {
    if (remove(t1, x) || remove(t2, x)) {
      t2.push(x);
      return true;
    }
    if (b1.includes(x)) {
      p = Math.min(c, p + Math.max(b2.length / b1.length, 1));
      replace(false);
      remove(b1, x);
      t2.push(x);
    } else if (b2.includes(x)) {
      p = Math.max(0, p - Math.max(b1.length / b2.length, 1));
      replace(true);
      remove(b2, x);
      t2.push(x);
    } else {
      const all = t1.length + t2.length + b1.length + b2.length;
      if (t1.length + b1.length === c) {
        if (t1.length < c) {
          b1.shift();
          replace(false);
        } else t1.shift();
      } else if (all >= c) {
        if (all === 2 * c) b2.shift();
        replace(false);
      }
      t1.push(x);
    }
    return false;
  });
};

/** Evicts the page with the lowest frequency, then the least recently requested one. */
const lfu: Model = (pages, frames) => {
  let resident: { page: number; requests: number; last: number }[] = [];
  return serve(pages, (page, now) => {
    const found = resident.find((entry) => entry.page === page);
    if (found !== undefined) {
      found.requests++;
      found.last = now;
      return true;
    }
    if (resident.length === frames) {
      const victim = [...resident].sort((a, b) => a.requests - b.requests || a.last - b.last)[0];
      resident = resident.filter((entry) => entry !== victim);
    }
    resident.push({ page, requests: 1, last: now });
    return false;
  });
};

const opt: Model = (pages, frames) => {
  const resident: number[] = [];
  return serve(pages, (page, now) => {
    if (resident.includes(page)) return true;
    if (resident.length === frames) {
      const nextUse = (other: number) => {
        const next = pages.indexOf(other, now);
        return next < 0 ? Number.POSITIVE_INFINITY : next;
      };
      remove(
        resident,
        resident.reduce((far, other) => (nextUse(other) > nextUse(far) ? other : far)),
      );
    }
    resident.push(page);
    return false;
  });
};

/** Victims are drawn by xoshiro256**, seeded by SplitMix64 with 1, from an array without holes. */
const random: Model = (pages, frames) => {
  const draws = new Draws(1n);
  const seats: number[] = [];
  return serve(pages, (page) => {
    if (seats.includes(page)) return true;
    if (seats.length === frames) {
      const seat = draws.below(frames);
      const last = seats.pop() ?? 0;
      if (seat < seats.length) seats[seat] = last;
    }
    seats.push(page);
    return false;
  });
};

export class Draws {
  private readonly next: () => bigint;

  constructor(seed: bigint) {
    this.next = xoshiro256(seed);
  }

  /** In [0, 1). */
  real(): number {
    return Number(this.next() >> 11n) * 2 ** -53;
  }

  /** Whole, from 0 to below `bound`. */
  below(bound: number): number {
    for (;;) {
      const drawn = unbiased(this.next() >> 32n, BigInt(bound));
      if (drawn !== undefined) return drawn;
    }
  }

  /** `count` numbers like those of `below`, two from each output. */
  many(count: number, bound: number): number[] {
    const drawn: number[] = [];
    while (drawn.length < count) {
      const output = this.next();
      for (const half of [output >> 32n, output & 0xffffffffn]) {
        const number = unbiased(half, BigInt(bound));
        if (number !== undefined) drawn.push(number);
      }
    }
    return drawn.slice(0, count);
  }
}

function unbiased(half: bigint, bound: bigint): number | undefined {
  const product = half * bound;
  return (product & 0xffffffffn) < 0x100000000n % bound ? undefined : Number(product >> 32n);
}

const MASK = 0xffffffffffffffffn;
const rotated = (x: bigint, k: bigint) => ((x << k) | (x >> (64n - k))) & MASK;

export function xoshiro256(seed: bigint): () => bigint {
  const s = [1n, 2n, 3n, 4n].map((n) => splitMix64(seed, n));
  return () => {
    const [s0 = 0n, s1 = 0n, s2 = 0n, s3 = 0n] = s;
    const t2 = s2 ^ s0;
    const t3 = s3 ^ s1;
    s[0] = s0 ^ t3;
    s[1] = s1 ^ t2;
    s[2] = t2 ^ ((s1 << 17n) & MASK);
    s[3] = rotated(t3, 45n);
    return (rotated((s1 * 5n) & MASK, 7n) * 9n) & MASK;
  };
}

function splitMix64(seed: bigint, n: bigint): bigint {
  let z = (seed + n * 0x9e3779b97f4a7c15n) & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

export const MODELS: Readonly<Record<string, Model>> = {
  fifo,
  lru: byRecency((stack) => stack.shift()),
  mru: byRecency((stack) => stack.pop()),
  random,
  clock,
  sieve,
  arc,
  lfu,
  opt,
};
