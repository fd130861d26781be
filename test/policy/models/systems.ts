/**
 * Naive policies of operating systems and textbooks: arrays with linear search, and every pass of a hand in full.
 */

import { byBits, type Chosen, drop, type Frame, push, type SystemModel } from "./bits.js";
import { linuxLru, mglru } from "./linux.js";

/** Calls `act` at every `interval`th call; 0: four times as many as there are frames. */
function clock(interval: number | undefined, frames: number, act: () => void): () => void {
  let since = 0;
  return () => {
    if (++since < (interval || frames * 4)) return;
    since = 0;
    act();
  };
}

function least<T>(items: readonly T[], rank: (item: T) => number): T {
  return items.reduce((best, item) => (rank(item) < rank(best) ? item : best));
}

const nru = byBits<Frame>((resident, frames, { interval }) => ({
  enter: (frame) => push(resident, frame),
  evict: () =>
    drop(
      resident,
      least(resident, ({ referenced, modified }) => 2 * +referenced + +modified),
    ),
  tick: clock(interval, frames, () => {
    for (const frame of resident) frame.referenced = false;
  }),
}));

interface Counted extends Frame {
  counter: number;
}

/** `count` gives a page's counter after a tick. */
const byCounters = (
  initial: (chosen: Chosen) => number,
  count: (frame: Counted, chosen: Chosen) => number,
): SystemModel =>
  byBits<Counted>((resident, frames, chosen) => ({
    enter: (frame) => push(resident, { ...frame, counter: initial(chosen) }),
    evict: () =>
      drop(
        resident,
        least(resident, ({ counter }) => counter),
      ),
    tick: clock(chosen.interval, frames, () => {
      for (const frame of resident) {
        frame.counter = count(frame, chosen);
        frame.referenced = false;
      }
    }),
  }));

const foremost = ({ bits = 8 }: Chosen) => 2 ** (bits - 1);
const aging = byCounters(foremost, ({ counter, referenced }, chosen) => {
  return Math.floor(counter / 2) + (referenced ? foremost(chosen) : 0);
});
const nfu = byCounters(
  () => 0,
  ({ counter, referenced }) => counter + +referenced,
);

/** A ring of frames with a hand; the newcomer takes the victim's frame. */
class Ring<F> {
  hand = 0;
  private empty: number | undefined;

  constructor(private readonly ring: F[]) {}

  at(steps: number): F {
    return this.ring[(this.hand + steps) % this.ring.length] as F;
  }

  get size(): number {
    return this.ring.length;
  }

  /** Frees the frame at this number of steps from the hand, and moves the hand behind it. */
  free(steps: number): void {
    this.empty = (this.hand + steps) % this.ring.length;
    this.hand = (this.empty + 1) % this.ring.length;
  }

  enter(frame: F): F {
    if (this.empty === undefined) this.ring.push(frame);
    else this.ring[this.empty] = frame;
    return frame;
  }
}

const range = (length: number) => [...Array(length).keys()];

const secondChanceEnhanced = byBits<Frame>((resident) => {
  const ring = new Ring(resident);
  const find = (modified: boolean, clears: boolean): number => {
    for (const steps of range(ring.size)) {
      const frame = ring.at(steps);
      if (!frame.referenced && frame.modified === modified) return steps;
      if (clears) frame.referenced = false;
    }
    return -1;
  };
  return {
    enter: (frame) => ring.enter(frame),
    evict: () => {
      const found = [() => find(false, false), () => find(true, true)];
      const passes = [...found, ...found].reduce((steps, pass) => (steps >= 0 ? steps : pass()), -1);
      ring.free(passes);
    },
    tick: () => {},
  };
});

interface Timed extends Frame {
  time: number;
}

const wsclock = byBits<Timed>((resident, frames, { window }) => {
  const tau = window || frames;
  const ring = new Ring(resident);
  let now = 0;
  let crowded = 0;
  const sample = (frame: Timed) => {
    if (frame.referenced) frame.time = now;
    frame.referenced = false;
    return now - frame.time > tau;
  };
  const round = (): number => {
    const written: number[] = [];
    for (const steps of range(ring.size)) {
      const frame = ring.at(steps);
      if (!sample(frame)) continue;
      if (!frame.modified) return steps;
      frame.modified = false;
      written.push(steps);
    }
    if (written.length === 0) crowded = ring.size;
    return written[0] ?? -1;
  };
  const unreferenced = (): number => {
    for (let steps = 0; ; steps++) {
      crowded = Math.max(0, crowded - 1);
      const { referenced } = ring.at(steps);
      if (!referenced) return steps;
      sample(ring.at(steps));
    }
  };
  return {
    enter: (frame) => ring.enter({ ...frame, time: now }),
    evict: () => {
      const steps = crowded === 0 ? round() : -1;
      ring.free(steps >= 0 ? steps : unreferenced());
    },
    tick: () => now++,
  };
});

const gclock: SystemModel = (pages, frames, { parameters = {} } = {}) => {
  const { initial = 1, step = 1, most = 5 } = parameters;
  const resident: { page: number; counter: number }[] = [];
  const ring = new Ring(resident);
  return pages.map((page) => {
    const found = resident.find((frame) => frame.page === page);
    if (found !== undefined) {
      found.counter = Math.min(found.counter + step, most);
      return true;
    }
    if (resident.length === frames) {
      let steps = 0;
      for (; ring.at(steps).counter > 0; steps++) ring.at(steps).counter--;
      ring.free(steps);
    }
    ring.enter({ page, counter: Math.min(initial, most) });
    return false;
  });
};

/** Each resident page's last request, from 1 on. */
type Stamps = Map<number, number>;

function dropOldest(stamps: Stamps): void {
  stamps.delete(least([...stamps], ([, time]) => time)[0]);
}

function dropBefore(stamps: Stamps, time: number): void {
  for (const [page, last] of stamps) if (last < time) stamps.delete(page);
}

const workingSet: SystemModel = (pages, frames, { parameters = {} } = {}) => {
  const stamps: Stamps = new Map();
  return pages.map((page, at) => {
    dropBefore(stamps, at - (parameters.window || frames) + 1);
    const hit = stamps.has(page);
    if (!hit && stamps.size === frames) dropOldest(stamps);
    stamps.set(page, at + 1);
    return hit;
  });
};

const pff: SystemModel = (pages, frames, { parameters = {} } = {}) => {
  const stamps: Stamps = new Map();
  let before = 0;
  return pages.map((page, at) => {
    const now = at + 1;
    const hit = stamps.has(page);
    if (!hit && stamps.size === frames) dropOldest(stamps);
    stamps.set(page, now);
    if (hit) return true;
    if (now - before > (parameters.threshold || frames)) dropBefore(stamps, before);
    before = now;
    return false;
  });
};

const vmin: SystemModel = (pages, frames, { parameters = {} } = {}) => {
  const resident = new Set<number>();
  const nextAfter = (page: number, at: number) => {
    const next = pages.indexOf(page, at + 1);
    return next < 0 ? Number.POSITIVE_INFINITY : next;
  };
  return pages.map((page, at) => {
    const hit = resident.has(page);
    if (!hit && resident.size === frames)
      resident.delete(least([...resident], (other) => -nextAfter(other, at)));
    resident.add(page);
    if (nextAfter(page, at) - at > (parameters.window || frames)) resident.delete(page);
    return hit;
  });
};

export const SYSTEM_MODELS: Readonly<Record<string, SystemModel>> = {
  nru,
  gclock,
  "second-chance-enhanced": secondChanceEnhanced,
  aging,
  nfu,
  wsclock,
  "working-set": workingSet,
  pff,
  vmin,
  "linux-lru": linuxLru,
  mglru,
};
