/**
 * Naive models of the policies with several lists, clocks or ranks, a key for each policy and for each choice of
 * parameters to be compared: their papers step by step, on arrays searched from end to end.
 */
import { at, type Model, remove, xoshiro256 } from "./models.js";

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

/** The least key goes; of equal ones the one requested longest ago. */
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

/** Figure 5: the head of each queue is looked at after each request. */
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

interface Clocked {
  page: number;
  referenced: boolean;
  isLong: boolean;
}

const take = (list: Clocked[], page: number): Clocked | undefined => {
  const found = list.find((entry) => entry.page === page);
  if (found !== undefined) list.splice(list.indexOf(found), 1);
  return found;
};

/** Figure 2. The head of each clock, and the least recent ghost, comes first. */
const car: Model = (pages, c) => {
  const [t1, t2, b1, b2]: [Clocked[], Clocked[], Clocked[], Clocked[]] = [[], [], [], []];
  let p = 0;
  const replace = () => {
    for (;;) {
      const [clock, ghosts] = t1.length >= Math.max(1, p) ? [t1, b1] : [t2, b2];
      const head = at(clock, 0);
      clock.shift();
      if (!head.referenced) {
        ghosts.push(head);
        return;
      }
      t2.push({ ...head, referenced: false });
    }
  };
  return pages.map((page) => {
    const found = [...t1, ...t2].find((entry) => entry.page === page);
    if (found !== undefined) {
      found.referenced = true;
      return true;
    }
    const isGhost = [...b1, ...b2].some((entry) => entry.page === page);
    if (t1.length + t2.length === c) {
      replace();
      if (!isGhost && t1.length + b1.length === c) b1.shift();
      else if (!isGhost && t1.length + t2.length + b1.length + b2.length === 2 * c) b2.shift();
    }
    const entry = { page, referenced: false, isLong: false };
    if (!isGhost) t1.push(entry);
    else if (b1.some((ghost) => ghost.page === page)) {
      p = Math.min(p + Math.max(1, b2.length / b1.length), c);
      take(b1, page);
      t2.push(entry);
    } else {
      p = Math.max(p - Math.max(1, b1.length / b2.length), 0);
      take(b2, page);
      t2.push(entry);
    }
    return false;
  });
};

/** Figure 3. */
const cart: Model = (pages, c) => {
  const [t1, t2, b1, b2]: [Clocked[], Clocked[], Clocked[], Clocked[]] = [[], [], [], []];
  let [p, q] = [0, 0];
  const short = () => t1.filter(({ isLong }) => !isLong).length;
  const long = () => t1.length + t2.length - short();
  const growQ = () => {
    if (t2.length + b2.length + t1.length - short() >= c) q = Math.min(q + 1, 2 * c - t1.length);
  };
  const replace = () => {
    while (t2[0]?.referenced) {
      t1.push({ ...at(t2, 0), referenced: false });
      t2.shift();
      growQ();
    }
    while (t1[0]?.isLong || t1[0]?.referenced) {
      const head = at(t1, 0);
      if (head.referenced) {
        const isLong = head.isLong || t1.length >= Math.min(p + 1, b1.length);
        t1.shift();
        t1.push({ ...head, referenced: false, isLong });
      } else {
        t1.shift();
        t2.push(head);
        q = Math.max(q - 1, c - t1.length);
      }
    }
    if (t1.length >= Math.max(1, p)) b1.push(t1.shift() ?? at(t1, 0));
    else b2.push(t2.shift() ?? at(t2, 0));
  };
  return pages.map((page) => {
    const found = [...t1, ...t2].find((entry) => entry.page === page);
    if (found !== undefined) {
      found.referenced = true;
      return true;
    }
    const isGhost = [...b1, ...b2].some((entry) => entry.page === page);
    if (t1.length + t2.length === c) {
      replace();
      if (!isGhost && b1.length + b2.length === c + 1) {
        if (b1.length > Math.max(0, q) || b2.length === 0) b1.shift();
        else b2.shift();
      }
    }
    if (b1.some((entry) => entry.page === page)) {
      p = Math.min(p + Math.max(1, short() / b1.length), c);
      take(b1, page);
      t1.push({ page, referenced: false, isLong: true });
    } else if (isGhost) {
      p = Math.max(p - Math.max(1, long() / b2.length), 0);
      take(b2, page);
      t1.push({ page, referenced: false, isLong: true });
      growQ();
    } else t1.push({ page, referenced: false, isLong: false });
    return false;
  });
};

/** One list, the page entered or spared last at the end; hands are found by looking. */
const clockPro: Model = (pages, frames) => {
  type Entry = { page: number; kind: "hot" | "cold" | "ghost"; inTest: boolean; referenced: boolean };
  const list: Entry[] = [];
  let cold = Math.max(Math.floor(frames / 100), 1);
  const count = (kind: Entry["kind"]) => list.filter((entry) => entry.kind === kind).length;
  const adjust = (by: number) => {
    cold = Math.max(Math.min(cold + by, frames - 1), 1);
  };
  const unlink = (entry: Entry) => list.splice(list.indexOf(entry), 1);
  const toFront = (entry: Entry) => {
    unlink(entry);
    list.push(entry);
  };
  const endTest = (entry: Entry) => {
    if (!entry.inTest) return;
    adjust(entry.referenced ? 1 : -1);
    entry.inTest = false;
    if (entry.kind === "ghost") unlink(entry);
  };
  /** No page behind the last hot one is in its test. */
  const passTests = () => {
    const last = list.find(({ kind }) => kind === "hot");
    if (last !== undefined) for (const entry of list.slice(0, list.indexOf(last))) endTest(entry);
  };
  const cool = () => {
    for (;;) {
      passTests();
      const last = list.find(({ kind }) => kind === "hot");
      if (last === undefined) return;
      toFront(last);
      if (!last.referenced) {
        last.kind = "cold";
        return;
      }
      last.referenced = false;
    }
  };
  const promote = (entry: Entry) => {
    adjust(1);
    Object.assign(entry, { kind: "hot", inTest: false, referenced: false });
    toFront(entry);
    while (count("hot") > frames - cold) cool();
  };
  const evict = () => {
    for (;;) {
      if (count("cold") === 0) cool();
      const last = at(
        list.filter(({ kind }) => kind === "cold"),
        0,
      );
      if (!last.referenced) {
        if (last.inTest) last.kind = "ghost";
        else unlink(last);
        break;
      }
      if (last.inTest) promote(last);
      else {
        Object.assign(last, { inTest: true, referenced: false });
        toFront(last);
      }
    }
    while (count("ghost") > frames) {
      endTest(
        at(
          list.filter(({ inTest }) => inTest),
          0,
        ),
      );
    }
  };
  return pages.map((page) => {
    const found = list.find((entry) => entry.page === page);
    if (found !== undefined && found.kind !== "ghost") {
      found.referenced = true;
      return true;
    }
    if (found !== undefined) unlink(found);
    if (count("hot") + count("cold") === frames) evict();
    const isHot = count("hot") + count("cold") < frames - cold;
    const entry: Entry = { page, kind: isHot ? "hot" : "cold", inTest: !isHot, referenced: false };
    list.push(entry);
    if (found !== undefined) promote(entry);
    passTests();
    return false;
  });
};

/** Draws of xoshiro256** among pages kept in the order that leaves no holes. */
const hyperbolic =
  (samples: number, seed: bigint): Model =>
  (pages, frames) => {
    const next = xoshiro256(seed);
    const below = (bound: bigint): number => {
      for (;;) {
        const product = (next() >> 32n) * bound;
        if ((product & 0xffffffffn) >= (0x100000000n - bound) % bound) return Number(product >> 32n);
      }
    };
    const seats: { page: number; requests: number; entered: number }[] = [];
    return pages.map((page, now) => {
      const found = seats.find((seat) => seat.page === page);
      if (found !== undefined) {
        found.requests++;
        return true;
      }
      if (seats.length === frames) {
        const drawn = Array.from({ length: samples }, () => at(seats, below(BigInt(frames))));
        const priority = (seat: (typeof drawn)[number]) => seat.requests / (now - seat.entered);
        const victim = drawn.reduce((least, seat) => (priority(seat) < priority(least) ? seat : least));
        const last = seats.pop() ?? victim;
        if (last !== victim) seats[seats.indexOf(victim)] = last;
      }
      seats.push({ page, requests: 1, entered: now });
      return false;
    });
  };

export const LISTS: Readonly<Record<string, Model>> = {
  slru: slru(4),
  "slru:segments=2": slru(2),
  "2q": twoQ(0.25, 0.5),
  "2q:kin=0.6,kout=1.3": twoQ(0.6, 1.3),
  lirs: lirs(0.01, 2),
  "lirs:hir=0.4,stack=1.5": lirs(0.4, 1.5),
  lfuda,
  mq: mq(8, 4, 1),
  "mq:queues=3,lifetime=0.7,history=2.5": mq(3, 0.7, 2.5),
  "lru-k": lruK(2, 0, 1),
  "lru-k:k=3,retained=4": lruK(3, 0, 4),
  "lru-k:correlated=2": lruK(2, 2, 1),
  car,
  cart,
  "clock-pro": clockPro,
  "gdsf-unit": lfuda,
  hyperbolic: hyperbolic(64, 1n),
  "hyperbolic:samples=3,seed=7": hyperbolic(3, 7n),
};
