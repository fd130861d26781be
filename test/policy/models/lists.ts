/**
 * Naive models of the policies with several lists, clocks or ranks, a key for each policy and for each choice of
 * parameters to be compared: their papers step by step, on arrays searched from end to end.
 */
import { at, Draws, type Model, remove } from "./classics.js";
import { car, cart, clockPro } from "./clocks.js";

/** Segments lowest first, each with the least recently used first. */
const slru =
  (count: number): Model =>
  (pages, frames) => {
    const segments = Array.from({ length: count }, (): number[] => []);
    const room = segments.map((_, n) => Math.floor(frames / count) + (n < frames % count ? 1 : 0));
    return pages.map((page) => {
      const from = segments.findIndex((segment) => segment.includes(page));
      if (from >= 0) {
        const to = Math.min(from + 1, count - 1);
        remove(at(segments, from), page);
        at(segments, to).push(page);
        for (let n = to; n > 0 && at(segments, n).length > at(room, n); n--) {
          at(segments, n - 1).push(at(segments, n).shift() ?? 0);
        }
        return true;
      }
      if (segments.flat().length === frames) segments.find((segment) => segment.length > 0)?.shift();
      const open = segments.findIndex((segment, n) => segment.length < at(room, n));
      at(segments, Math.max(open, 0)).push(page);
      return false;
    });
  };

/** The full version's pseudo-code. Oldest first in each list. */
const twoQ =
  (kinShare: number, koutShare: number): Model =>
  (pages, frames) => {
    const [a1in, a1out, am]: [number[], number[], number[]] = [[], [], []];
    const kin = Math.floor(kinShare * frames);
    const kout = Math.floor(koutShare * frames);
    const reclaim = () => {
      if (a1in.length + am.length < frames) return;
      if (a1in.length > kin || am.length === 0) {
        a1out.push(a1in.shift() ?? 0);
        if (a1out.length > kout) a1out.shift();
      } else am.shift();
    };
    return pages.map((page) => {
      if (a1in.includes(page)) return true;
      if (remove(am, page)) {
        am.push(page);
        return true;
      }
      const target = remove(a1out, page) ? am : a1in;
      reclaim();
      target.push(page);
      return false;
    });
  };

/** The stack's top, and what was evicted or requested last, is at the end. */
const lirs =
  (hirShare: number, stack: number): Model =>
  (pages, frames) => {
    const most = frames - Math.max(1, Math.floor(hirShare * frames));
    const [s, q, ghosts]: [number[], number[], number[]] = [[], [], []];
    const lir = new Set<number>();
    const prune = () => {
      while (s.length > 0 && !lir.has(at(s, 0))) remove(ghosts, s.shift() ?? 0);
    };
    const demote = () => {
      const bottom = s.shift() ?? 0;
      lir.delete(bottom);
      q.push(bottom);
      prune();
    };
    const promote = (page: number) => {
      remove(s, page);
      s.push(page);
      lir.add(page);
      if (lir.size > most) demote();
      prune();
    };
    const serve = (page: number): boolean => {
      if (lir.has(page)) {
        remove(s, page);
        s.push(page);
        prune();
        return true;
      }
      if (remove(q, page)) {
        if (s.includes(page)) promote(page);
        else {
          q.push(page);
          s.push(page);
        }
        return true;
      }
      const isGhost = remove(ghosts, page);
      if (lir.size + q.length === frames) {
        const victim = q.shift() ?? 0;
        if (s.includes(victim)) ghosts.push(victim);
      }
      if (isGhost) promote(page);
      else {
        s.push(page);
        if (lir.size < most) lir.add(page);
        else q.push(page);
      }
      prune();
      return false;
    };
    return pages.map((page) => {
      const hit = serve(page);
      while (s.length > Math.floor(stack * frames) && ghosts.length > 0) remove(s, ghosts.shift() ?? 0);
      return hit;
    });
  };

/** Evicts the lowest key; of equal ones the one requested longest ago. */
const lfuda: Model = (pages, frames) => {
  let resident: { page: number; requests: number; key: number; last: number }[] = [];
  let age = 0;
  return pages.map((page, now) => {
    const found = resident.find((entry) => entry.page === page);
    if (found === undefined && resident.length === frames) {
      const victim = at(
        [...resident].sort((a, b) => a.key - b.key || a.last - b.last),
        0,
      );
      resident = resident.filter((entry) => entry !== victim);
      age = victim.key;
    }
    const entry = found ?? { page, requests: 0, key: 0, last: 0 };
    entry.requests++;
    entry.key = entry.requests + age;
    entry.last = now;
    if (found === undefined) resident.push(entry);
    return found !== undefined;
  });
};

/** Figure 5: the head of each queue is checked after each request. */
const mq =
  (count: number, lifetimeShare: number, historyShare: number): Model =>
  (pages, frames) => {
    type Entry = { page: number; requests: number; expires: number };
    const queues = Array.from({ length: count }, (): Entry[] => []);
    let out: Entry[] = [];
    const lifetime = Math.floor(lifetimeShare * frames);
    const evict = () => {
      const victim = queues.find((queue) => queue.length > 0)?.shift();
      if (victim !== undefined) out.push(victim);
      if (out.length > Math.floor(historyShare * frames)) out.shift();
    };
    const adjust = (now: number) => {
      for (let n = 1; n < count; n++) {
        const [head] = at(queues, n);
        if (head === undefined || head.expires >= now) continue;
        at(queues, n).shift();
        at(queues, n - 1).push({ ...head, expires: now + lifetime });
      }
    };
    return pages.map((page, now) => {
      const queue = queues.find((entries) => entries.some((entry) => entry.page === page));
      const found = [...(queue ?? out)].find((entry) => entry.page === page);
      if (queue !== undefined) queue.splice(queue.indexOf(found ?? at(queue, 0)), 1);
      else {
        out = out.filter((entry) => entry !== found);
        if (queues.flat().length === frames) evict();
      }
      const requests = (found?.requests ?? 0) + 1;
      const to = Math.min(Math.floor(Math.log2(requests)), count - 1);
      at(queues, to).push({ page, requests, expires: now + lifetime });
      adjust(now + 1);
      return queue !== undefined;
    });
  };

/** Figure 2.1, every resident page looked at for a victim. Times start at 1; 0 is none. */
const lruK =
  (k: number, correlated: number, retainedShare: number): Model =>
  (pages, frames) => {
    type Entry = { page: number; last: number; hist: number[] };
    let resident: Entry[] = [];
    let ghosts: Entry[] = [];
    const victimOf = (now: number): Entry => {
      const eligible = resident.filter((entry) => now - entry.last > correlated);
      const pool = eligible.length > 0 ? eligible : resident;
      const farther = (a: Entry, b: Entry) =>
        eligible.length === 0 ? a.last - b.last : at(a.hist, k - 1) - at(b.hist, k - 1) || a.last - b.last;
      return at([...pool].sort(farther), 0);
    };
    return pages.map((page, n) => {
      const now = n + 1;
      const found = resident.find((entry) => entry.page === page);
      if (found !== undefined) {
        if (now - found.last > correlated) {
          const period = found.last - at(found.hist, 0);
          found.hist = [now, ...found.hist.slice(0, k - 1).map((time) => (time === 0 ? 0 : time + period))];
        }
        found.last = now;
        return true;
      }
      const known = ghosts.find((entry) => entry.page === page);
      ghosts = ghosts.filter((entry) => entry !== known);
      if (resident.length === frames) {
        const victim = victimOf(now);
        resident = resident.filter((entry) => entry !== victim);
        ghosts.push(victim);
        if (ghosts.length > Math.floor(retainedShare * frames)) ghosts.shift();
      }
      const older = known?.hist.slice(0, k - 1) ?? new Array<number>(k - 1).fill(0);
      resident.push({ page, last: now, hist: [now, ...older] });
      return false;
    });
  };

/** Draws from an array without holes. */
const hyperbolic =
  (samples: number, leeway: number, seed: bigint): Model =>
  (pages, frames) => {
    const draws = new Draws(seed);
    const seats: { page: number; requests: number; entered: number }[] = [];
    let last = 0;
    return pages.map((page, now) => {
      const found = seats.find((seat) => seat.page === page);
      if (found !== undefined) {
        found.requests++;
        return true;
      }
      if (seats.length === frames) {
        const drawn = draws.many(samples, frames).map((index) => at(seats, index));
        const age = (seat: (typeof drawn)[number]) => now - seat.entered;
        const less = (least: (typeof drawn)[number], seat: (typeof drawn)[number]) =>
          seat.requests * age(least) < least.requests * age(seat) ? seat : least;
        const lanes = [0, 1].map((lane) => drawn.filter((_, place) => place % 2 === lane));
        const victim = lanes
          .filter(({ length }) => length > 0)
          .map((lane) => lane.reduce(less))
          .reduce(less);
        last = victim.requests / age(victim);
        const moved = seats.pop() ?? victim;
        if (moved !== victim) seats[seats.indexOf(victim)] = moved;
      }
      const requests = last === 0 ? 1 : leeway + (1 - leeway) * last;
      seats.push({ page, requests, entered: now });
      return false;
    });
  };

/** A request for the page requested just before is a hit, and the model does not see it. */
const withoutRepeats =
  (model: Model): Model =>
  (pages, frames) => {
    const isRepeat = (page: number, at: number) => at > 0 && page === pages[at - 1];
    const hits = model(
      pages.filter((page, at) => !isRepeat(page, at)),
      frames,
    ).values();
    return pages.map((page, at) => isRepeat(page, at) || hits.next().value === true);
  };

export const LISTS: Readonly<Record<string, Model>> = {
  slru: slru(4),
  "slru:segments=2": slru(2),
  "2q": twoQ(0.25, 0.5),
  "2q:kin=0.6,kout=1.3": twoQ(0.6, 1.3),
  lirs: lirs(0.01, 2),
  "lirs:hir=0.4,stack=1.5": lirs(0.4, 1.5),
  "lirs:hir=0.3,stack=2500,repeats=0": withoutRepeats(lirs(0.3, 2500)),
  lfuda,
  mq: mq(8, 4, 1),
  "mq:queues=3,lifetime=0.7,history=2.5": mq(3, 0.7, 2.5),
  "lru-k": lruK(2, 0, 1),
  "lru-k:k=3,retained=4": lruK(3, 0, 4),
  "lru-k:correlated=2": lruK(2, 2, 1),
  car,
  cart,
  "clock-pro": clockPro(0, true),
  "clock-pro:cold=0.3": clockPro(0.3, true),
  "clock-pro:cold=0.2,spare=0,repeats=0": withoutRepeats(clockPro(0.2, false)),
  "gdsf-unit": lfuda,
  hyperbolic: hyperbolic(64, 0.1, 1n),
  "hyperbolic:samples=3,leeway=1,seed=7": hyperbolic(3, 1, 7n),
  "hyperbolic:samples=7,leeway=0.6,seed=2": hyperbolic(7, 0.6, 2n),
};
