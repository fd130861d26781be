/** Naive models of the policies that learn: experts by sorting, histories as arrays, densities without packing. */
import { at, Draws, type Model } from "./classics.js";

interface Page {
  page: number;
  frequency: number;
  last: number;
}

interface Ghost extends Page {
  evicted: number;
  isNew: boolean;
}

/** The smallest element in the order of `compare`. */
function least<T>(list: readonly T[], compare: (a: T, b: T) => number): T {
  return at([...list].sort(compare), 0);
}

function take<T extends { page: number }>(list: T[], page: number): T | undefined {
  const index = list.findIndex((item) => item.page === page);
  return index < 0 ? undefined : list.splice(index, 1)[0];
}

const clampWeight = (weight: number) => Math.min(Math.max(weight, 0.01), 0.99);

/** Newest first in histories. */
const lecar =
  (rate: number, historyShare: number, seed: bigint): Model =>
  (pages, frames) => {
    const resident: Page[] = [];
    const histories: { lru: Ghost[]; lfu: Ghost[] } = { lru: [], lfu: [] };
    const room = Math.floor(frames * historyShare);
    const draws = new Draws(seed);
    let weight = 0.5;
    const evict = (now: number) => {
      const oldest = least(resident, (a, b) => a.last - b.last);
      const rarest = least(resident, (a, b) => a.frequency - b.frequency || a.last - b.last);
      if (oldest === rarest) {
        take(resident, oldest.page);
        return;
      }
      const byLru = draws.real() < weight;
      const victim = byLru ? oldest : rarest;
      const history = byLru ? histories.lru : histories.lfu;
      take(resident, victim.page);
      history.unshift({ ...victim, evicted: now, isNew: false });
      history.length = Math.min(history.length, room);
    };
    return pages.map((page, index) => {
      const now = index + 1;
      const found = resident.find((entry) => entry.page === page);
      if (found !== undefined) {
        found.frequency++;
        found.last = now;
        return true;
      }
      const lruGhost = take(histories.lru, page);
      const lfuGhost = take(histories.lfu, page);
      const ghost = lruGhost ?? lfuGhost;
      if (ghost !== undefined) {
        const gain = Math.exp(rate * Math.exp((Math.log(0.005) * (now - ghost.evicted)) / frames));
        const lru = weight * (lfuGhost === undefined ? 1 : gain);
        const lfu = (1 - weight) * (lruGhost === undefined ? 1 : gain);
        weight = clampWeight(lru / (lru + lfu));
      }
      if (resident.length === frames) evict(now);
      resident.push({ page, frequency: (ghost?.frequency ?? 0) + 1, last: now });
      return false;
    });
  };

/** A page of SR-LRU: `isDemoted` holds only in SR. */
interface Parted extends Page {
  isNew: boolean;
  isDemoted: boolean;
}

/** Requested or demoted last first in SR and R. */
const cacheus =
  (share: number, historyShare: number, seed: bigint): Model =>
  (pages, frames) => {
    const [sr, r]: [Parted[], Parted[]] = [[], []];
    const histories: { lru: Ghost[]; lfu: Ghost[] } = { lru: [], lfu: [] };
    const historyRoom = Math.floor(frames * historyShare);
    const draws = new Draws(seed);
    const learning = new Learning(frames, draws);
    let target = Math.max(Math.floor(frames * share + 0.5), 1);
    let weight = 0.5;
    const room = () => Math.max(frames - target, 0);
    const demoteBeyond = (most: number) => {
      for (const page of r.splice(most).reverse()) sr.unshift({ ...page, isDemoted: true });
    };
    const news = () => histories.lru.filter(({ isNew }) => isNew).length;
    const demoted = () => sr.filter(({ isDemoted }) => isDemoted).length;
    const step = (those: number, these: number) => Math.max(Math.floor(those / Math.max(these, 1) + 0.5), 1);
    const hit = (page: number, now: number): boolean => {
      const inR = take(r, page);
      const inSr = take(sr, page);
      const found = inR ?? inSr;
      if (found === undefined) return false;
      if (inSr?.isDemoted) target = Math.max(target - step(news(), demoted() + 1), 1);
      r.unshift({ ...found, frequency: found.frequency + 1, last: now, isDemoted: false });
      if (inSr !== undefined) demoteBeyond(room());
      return true;
    };
    const evict = () => {
      const oldest = at(sr.length > 0 ? sr : r, (sr.length > 0 ? sr : r).length - 1);
      const rarest = least([...sr, ...r], (a, b) => a.frequency - b.frequency || b.last - a.last);
      const byLru = oldest === rarest || draws.real() < weight;
      const victim = byLru ? oldest : rarest;
      take(sr, victim.page);
      take(r, victim.page);
      if (oldest === rarest) return;
      const history = byLru ? histories.lru : histories.lfu;
      history.unshift({ ...victim, evicted: 0, isNew: byLru && victim.isNew });
      history.length = Math.min(history.length, historyRoom);
    };
    return pages.map((page, index) => {
      const now = index + 1;
      const hits = [...sr, ...r].some((entry) => entry.page === page);
      learning.advance();
      if (hits) {
        learning.hits++;
        return hit(page, now);
      }
      const isFilling = sr.length + r.length < frames;
      const lruGhost = take(histories.lru, page);
      const ghost = lruGhost ?? take(histories.lfu, page);
      if (lruGhost?.isNew) target = Math.min(target + step(demoted(), news()), Math.max(frames - 1, 1));
      if (ghost !== undefined) {
        const loss = Math.exp(-learning.rate);
        const lru = weight * (lruGhost === undefined ? 1 : loss);
        const lfu = (1 - weight) * (lruGhost === undefined ? loss : 1);
        weight = clampWeight(lru / (lru + lfu));
      }
      if (!isFilling) evict();
      const entering = { page, frequency: ghost?.frequency ?? 1, last: now, isDemoted: false };
      if (ghost === undefined && isFilling && sr.length === 0 && r.length < room()) {
        r.unshift({ ...entering, isNew: false });
        return false;
      }
      const isFirst = ghost === undefined && isFilling && sr.length < target;
      if (ghost !== undefined) r.unshift({ ...entering, isNew: false });
      else sr.unshift({ ...entering, isNew: !isFirst });
      if (!isFirst) demoteBeyond(Math.max(room() - 1, 0));
      return false;
    });
  };

class Learning {
  rate: number;
  hits = 0;
  private readonly firstRate: number;
  private before = 0;
  private hitRate = 0;
  private requests = 0;
  private bad = 0;
  private worse = 0;

  constructor(
    private readonly period: number,
    private readonly draws: Draws,
  ) {
    this.rate = Math.sqrt((2 * Math.LN2) / period);
    this.firstRate = Math.min(Math.max(this.rate, 0.001), 1);
  }

  advance(): void {
    this.requests++;
    if (this.requests < this.period) return;
    const thousandths = (value: number) => Math.round(value * 1000) / 1000;
    const hitRate = thousandths(this.hits / this.requests);
    const gain = hitRate - this.hitRate;
    const change = thousandths(this.rate) - thousandths(this.before);
    [this.before, this.hitRate, this.hits, this.requests] = [this.rate, hitRate, 0, 0];
    const step = Math.abs(this.rate * change);
    if (gain * change > 0) this.rate = Math.min(this.rate + step, 1);
    if (gain * change < 0) this.rate = Math.max(this.rate - step, 0.001);
    if (gain * change !== 0) this.bad = this.worse = 0;
    else if (gain < 0 || (gain === 0 && hitRate === 0)) this.rest(gain < 0);
  }

  private rest(fell: boolean): void {
    this.bad++;
    this.worse += fell ? 1 : 0;
    const restarts = this.bad >= 10;
    if (restarts) this.bad = 0;
    else if (fell && this.worse >= 10) this.worse = 0;
    else {
      if (fell) this.step();
      return;
    }
    this.rate = this.firstRate;
  }

  private step(): void {
    if (this.rate >= 1) this.rate = 0.9;
    else if (this.rate <= 0.001) this.rate = 0.005;
    else if (this.draws.real() < 0.5) this.rate = Math.min(this.rate * 1.25, 1);
    else this.rate = Math.max(this.rate * 0.75, 0.001);
  }
}

const AGES = 20000;
const LOWEST = -Math.fround(3.4028234663852886e38);
const DECAY = Math.fround(0.9);

interface Seat {
  page: number;
  last: number;
  ages: number;
  hitAge: number;
  explores: boolean;
}

const lhd =
  (candidates: number, period: number, seed: bigint): Model =>
  (pages, frames) => {
    const seats: Seat[] = [];
    const admissions: (Seat | undefined)[] = Array(8).fill(undefined);
    const densities = new Densities(frames);
    const draws = new Draws(seed);
    let admitted = 0;
    let victimDensity = 0;
    let since = 0;
    const ageOf = (seat: Seat, now: number) => densities.age(now - seat.last);
    const densityOf = (seat: Seat, now: number) => {
      if (ageOf(seat, now) === AGES - 1) return LOWEST;
      const density = at(densities.of(seat.ages).densities, ageOf(seat, now));
      return seat.explores ? Math.fround(density + 1) : density;
    };
    /** Records a request; true if the draw would make the page an explorer. */
    const request = (seat: Seat, now: number): boolean => {
      seat.last = now;
      const draw = draws.below(32) === 0;
      seat.explores = false;
      const explorers = seats.filter(({ explores }) => explores).length;
      seat.explores = draw && explorers < Math.floor(frames * 0.01) && densities.reconfigurations < 50;
      return draw;
    };
    const endRequest = () => {
      since++;
      if (since < Math.max(period * frames, 1024)) return;
      since = 0;
      densities.reconfigure();
    };
    const evict = (now: number) => {
      const drawn = draws.many(candidates, seats.length).map((index) => at(seats, index));
      const all = [...drawn, ...admissions.filter((seat) => seat !== undefined)];
      const lowest = Math.min(...all.map((seat) => densityOf(seat, now)));
      const victim = all.find((seat) => densityOf(seat, now) === lowest) ?? at(seats, 0);
      victimDensity = Math.fround(
        Math.fround(DECAY * victimDensity) + Math.fround(Math.fround(1 - DECAY) * lowest),
      );
      const { evictions } = densities.of(victim.ages);
      evictions[ageOf(victim, now)] = at(evictions, ageOf(victim, now)) + 1;
      const index = seats.indexOf(victim);
      const last = seats.pop();
      if (last !== undefined && last !== victim) seats[index] = last;
      const place = admissions.indexOf(victim);
      if (place >= 0) admissions[place] = undefined;
    };
    return pages.map((page, now) => {
      const found = seats.find((seat) => seat.page === page);
      if (found !== undefined) {
        const age = ageOf(found, now);
        const { hits } = densities.of(found.ages);
        hits[age] = at(hits, age) + 1;
        found.ages = age + found.hitAge;
        found.hitAge = age;
        request(found, now);
        endRequest();
        return true;
      }
      if (seats.length === frames) evict(now);
      const entering = { page, last: now, ages: AGES, hitAge: 0, explores: false };
      seats.push(entering);
      if (!request(entering, now) && densityOf(entering, now) < victimDensity) {
        admissions[admitted] = entering;
        admitted = (admitted + 1) % 8;
      }
      endRequest();
      return false;
    });
  };

interface DensityClass {
  hits: Float32Array;
  evictions: Float32Array;
  densities: Float32Array;
}

class Densities {
  reconfigurations = 0;
  private readonly classes: DensityClass[];
  private readonly unit: number;

  /** The greatest age of 20,000 units is at least a hundred times the frames. */
  constructor(frames: number) {
    let unit = 2;
    while (unit < frames / 200) unit *= 2;
    this.unit = unit;
    this.classes = Array.from({ length: 16 }, (_, n) => ({
      hits: new Float32Array(AGES),
      evictions: new Float32Array(AGES),
      densities: Float32Array.from({ length: AGES }, (_, age) => (n + 1) / (age + 1)),
    }));
  }

  age(requests: number): number {
    return Math.min(Math.floor(requests / this.unit), AGES - 1);
  }

  /** The number of times that the sum of the last ages can be doubled before it is the largest, at most 15. */
  of(ages: number): DensityClass {
    let doublings = 0;
    for (let sum = ages; sum < AGES && doublings < 15; sum *= 2) doublings++;
    return at(this.classes, doublings);
  }

  reconfigure(): void {
    this.reconfigurations++;
    for (const group of this.classes) {
      let [hits, events, lifetime] = [0, 0, 0];
      for (let age = AGES - 1; age >= 0; age--) {
        const hitsHere = Math.fround(at(group.hits, age) * DECAY);
        const evictionsHere = Math.fround(at(group.evictions, age) * DECAY);
        group.hits[age] = hitsHere;
        group.evictions[age] = evictionsHere;
        hits = Math.fround(hits + hitsHere);
        events = Math.fround(events + Math.fround(hitsHere + evictionsHere));
        lifetime = Math.fround(lifetime + events);
        group.densities[age] = events > 1e-5 ? hits / lifetime : 0;
      }
    }
  }
}

export const LEARNING: Readonly<Record<string, Model>> = {
  lecar: lecar(0.45, 0.5, 1n),
  "lecar:rate=3,history=1.5,seed=5": lecar(3, 1.5, 5n),
  "lecar:history=0": lecar(0.45, 0, 1n),
  cacheus: cacheus(0.01, 0.5, 1n),
  "cacheus:sr=0.5,history=2,seed=9": cacheus(0.5, 2, 9n),
  "cacheus:sr=1,history=0.3": cacheus(1, 0.3, 1n),
  lhd: lhd(32, 8, 1n),
  "lhd:candidates=3,period=1,seed=4": lhd(3, 1, 4n),
};
