/**
 * The policies of operating systems and textbooks, written naively: arrays searched from end to end, every pass of a
 * hand in full, nothing remembered to make the next one shorter.
 */

export interface SystemOptions {
  /** Which requests write their page; without it, none does. */
  writes?: readonly boolean[];
  /** The policy's parameters where they are not the defaults. */
  parameters?: Readonly<Record<string, number>>;
}

/** Says for each request whether it hits. */
export type SystemModel = (pages: readonly number[], frames: number, options?: SystemOptions) => boolean[];

interface Frame {
  page: number;
  referenced: boolean;
  modified: boolean;
}

type Chosen = Readonly<Record<string, number>>;

/** What a policy that sees frames with two bits adds to them. */
interface Hooks<F extends Frame> {
  enter(frame: Frame): F;
  /** Takes a victim out of the frames, to make room for `wanted`. */
  evict(wanted: number): void;
  /** After each request; when it missed, before its page enters. */
  tick(): void;
}

function byBits<F extends Frame>(
  make: (resident: F[], frames: number, chosen: Chosen) => Hooks<F>,
): SystemModel {
  return (pages, frames, { writes = [], parameters = {} } = {}) => {
    const resident: F[] = [];
    const hooks = make(resident, frames, parameters);
    return pages.map((page, at) => {
      const modified = writes[at] ?? false;
      const found = resident.find((frame) => frame.page === page);
      if (found !== undefined) {
        found.referenced = true;
        found.modified ||= modified;
        hooks.tick();
        return true;
      }
      if (resident.length === frames) hooks.evict(page);
      hooks.tick();
      hooks.enter({ page, referenced: true, modified });
      return false;
    });
  };
}

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

function drop<T>(items: T[], item: T): void {
  items.splice(items.indexOf(item), 1);
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

function push<T>(items: T[], item: T): T {
  items.push(item);
  return item;
}

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

  /** The frame so many steps from the hand is free; the hand stands behind it. */
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

interface Listed extends Frame {
  active: boolean;
  seenBefore: boolean;
}

/** Heads of lists are at their end, tails at 0. */
const linuxLru = byBits<Listed>((resident, frames) => {
  const shadows = new Map<number, number>();
  const turn = Math.max(1, Math.min(32, Math.floor(frames / 32)));
  let age = 0;
  let refaults = 0;
  let left = 0;
  const list = (active: boolean) => resident.filter((frame) => frame.active === active);
  const move = (frame: Listed, active: boolean, seenBefore: boolean) => {
    if (resident.includes(frame)) drop(resident, frame);
    push(resident, Object.assign(frame, { active, seenBefore }));
  };
  const beginTurn = () => {
    const [active, inactive] = [list(true), list(false)];
    if (inactive.length < active.length || refaults > 0 || inactive.length === 0) {
      for (const frame of active.slice(0, turn)) {
        frame.referenced = false;
        move(frame, false, false);
      }
    }
    refaults = 0;
    left = turn;
  };
  const next = (): Listed => {
    if (left === 0 || list(false).length === 0) beginTurn();
    left--;
    return list(false)[0] as Listed;
  };
  return {
    enter: (frame) => {
      const entered = { ...frame, active: false, seenBefore: false };
      const shadow = shadows.get(frame.page);
      shadows.delete(frame.page);
      const comesBack = shadow !== undefined && age - shadow <= list(true).length;
      if (comesBack) {
        age++;
        refaults++;
      }
      move(entered, comesBack, false);
      return entered;
    },
    evict: () => {
      let frame = next();
      for (; frame.referenced; frame = next()) {
        frame.referenced = false;
        if (frame.seenBefore) age++;
        move(frame, frame.seenBefore, !frame.seenBefore);
      }
      drop(resident, frame);
      shadows.set(frame.page, age++);
    },
    tick: () => {},
  };
});

interface Generated extends Frame {
  generation: number;
  seenBefore: boolean;
  workingSet: boolean;
}

/** Generations by their sequence numbers, never modulo; tails of lists at 0. */
const mglru = byBits<Generated>((resident, frames) => {
  const lists = new Map<number, Generated[]>();
  const shadows = new Map<number, { min: number; workingSet: boolean }>();
  const tier = () => ({ refaulted: 0, total: 0, pastRefaulted: 0, pastTotal: 0 });
  const [others, working] = [tier(), tier()];
  const tierOf = ({ workingSet }: { workingSet: boolean }) => (workingSet ? working : others);
  let min = 0;
  let max = 1;
  const list = (sequence: number) => lists.get(sequence) ?? lists.set(sequence, []).get(sequence) ?? [];
  const advance = () => {
    const before = min;
    while (max - min >= 2 && list(min).length === 0) min++;
    if (min === before) return;
    for (const tier of [others, working]) {
      tier.pastRefaulted = Math.floor((tier.pastRefaulted + tier.refaulted) / 2);
      tier.pastTotal = Math.floor((tier.pastTotal + tier.total) / 2);
      tier.refaulted = tier.total = 0;
    }
  };
  /** R is set: clears it; true when the page joins the youngest generation for it. */
  const promote = (frame: Generated): boolean => {
    frame.referenced = false;
    const isFirst = !frame.seenBefore && !frame.workingSet;
    if (isFirst) frame.seenBefore = true;
    else Object.assign(frame, { generation: max, seenBefore: false, workingSet: true });
    return !isFirst;
  };
  const age = () => {
    for (const frame of resident) if (frame.referenced) promote(frame);
    max++;
  };
  const isProtected = (frame: Generated) => {
    const refaulted = working.refaulted + working.pastRefaulted;
    const share = refaulted / (working.total + working.pastTotal);
    const setPoint = (others.refaulted + others.pastRefaulted + 1) / (others.total + others.pastTotal + 64);
    return frame.workingSet && refaulted >= 64 && share > 1.5 * setPoint;
  };
  /** The victim, or undefined when the page looked at belongs elsewhere. */
  const look = (): Generated | undefined => {
    advance();
    while (max - min < 2) {
      age();
      advance();
    }
    const frame = list(min).shift() as Generated;
    if (frame.generation === min) {
      if (isProtected(frame)) {
        working.total++;
        frame.generation = min + 1;
        frame.seenBefore = false;
      } else if (!frame.referenced) return frame;
      else if (!promote(frame)) frame.generation = max - 1;
    }
    list(frame.generation).push(frame);
    return undefined;
  };
  return {
    enter: (frame) => {
      const shadow = shadows.get(frame.page);
      shadows.delete(frame.page);
      const comesBack = shadow !== undefined && max - shadow.min < 4;
      if (comesBack) tierOf(shadow).refaulted++;
      const workingSet = comesBack && shadow.workingSet;
      const generation = workingSet ? max : max - 1;
      const entered: Generated = { ...frame, generation, seenBefore: false, workingSet };
      list(generation).push(entered);
      return push(resident, entered);
    },
    evict: (wanted) => {
      let victim = look();
      while (victim === undefined) victim = look();
      drop(resident, victim);
      tierOf(victim).total++;
      const oldest = [...shadows.keys()].filter((page) => page !== wanted);
      while (shadows.size >= frames && oldest.length > 0) shadows.delete(oldest.shift() ?? 0);
      shadows.set(victim.page, { min, workingSet: victim.workingSet });
    },
    tick: () => {},
  };
});

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
