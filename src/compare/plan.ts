/**
 * Who simulates what next. A group is some of one trace's simulations that one decode feeds; the fewer groups, the
 * fewer decodes, and the more of them, the evener the threads' work and the sooner a row is finished.
 *
 *   thread 1  ├──────── two thirds of a fair share ────────┼──── an even part of the rest ────┤
 *   thread 2  ├──────── two thirds of a fair share ───────────┼── an even part of the rest ───┤
 *
 * What a policy costs and how fast a thread is are not known beforehand. The first groups are equal by guess, and mix
 * policies and sizes evenly; whoever is done with them sooner gets more of the rest. This is Hummel, Schonberg and Flynn,
 * "Factoring: a method for scheduling parallel loops", Communications of the ACM 35 (1992), with two steps where they
 * have many, since each group decodes the trace anew. Where decoding is dear, there is one step.
 */

/** A simulation, as far as its cost goes; `policyId` may be any kind's number. */
export interface Workload {
  readonly policyId: number;
  readonly parameters: readonly number[];
  readonly frames: number;
  readonly needsFuture: boolean;
}

/** What passes over a trace cost, in seconds. */
export interface PassCost {
  /** Decoding it once; infinite: it can be read only once. */
  decodeSeconds: number;
  /** A simulation, as a first guess. */
  serveSeconds: number;
}

export interface Group {
  readonly trace: number;
  /** Of the trace's plans, by index. */
  readonly indexes: readonly number[];
  /** What its simulations will take, as far as is known. */
  readonly seconds: number;
}

/** Of a fair share, what a thread gets first. */
const FIRST_PART = 2 / 3;
/** A group takes at least so many times as long as its decoding, where there is work enough. */
const LEAST_DECODES = 8;
/** No longer than this where that much is to be had, so that an interruption loses little. */
const PATIENCE_SECONDS = 30;
/** A rest that takes less than so many decodes, and this part of the group before it, is not worth one of its own. */
const REST_DECODES = 4;
const REST_PART = 1 / 4;
/** A policy that knows the future, and the pass that finds it, in simulations of other policies. */
const FUTURE_WEIGHT = 2.5;

interface Pending {
  readonly cost: PassCost;
  readonly plans: readonly Workload[];
  /** Indexes of plans that nobody has taken yet, in the order in which they are taken. */
  readonly order: number[];
}

export class Schedule {
  private readonly traces: Pending[] = [];
  private readonly running = new Map<Group, { start: number; duration: number }>();
  /** What plans took, in first guesses. */
  private readonly learned: { plan: Workload; factor: number }[] = [];

  constructor(private readonly threads: number) {}

  /** The next trace's simulations. */
  add(plans: readonly Workload[], cost: PassCost): void {
    this.traces.push({ plans, cost, order: takingOrder(plans) });
  }

  /** What a thread that is free at `now` (seconds) is to do; undefined when nothing is left. */
  next(now: number): Group | undefined {
    const amounts = this.traces.map((pending) => this.secondsOf(pending, pending.order));
    const left = amounts.reduce((sum, amount) => sum + amount, 0);
    const most = Math.max(...amounts.filter((_, n) => this.traces[n]?.order.length !== 0));
    const trace = this.traces.findIndex(({ order }, n) => order.length > 0 && amounts[n] === most);
    const pending = this.traces[trace];
    if (pending === undefined) return undefined;
    const fair = (left + this.stillRunning(now)) / this.threads;
    const indexes = this.take(pending, fair);
    const group = { trace, indexes, seconds: this.secondsOf(pending, indexes) };
    this.running.set(group, { start: now, duration: group.seconds + pending.cost.decodeSeconds });
    return group;
  }

  /** The group is done; what its simulations took makes the next guesses better. */
  finish(group: Group, outcomes: readonly { readonly seconds: number }[]): void {
    this.running.delete(group);
    const pending = this.traces[group.trace];
    if (pending === undefined || pending.cost.serveSeconds === 0) return;
    for (const [n, { seconds }] of outcomes.entries()) {
      const plan = pending.plans[group.indexes[n] ?? -1];
      const factor = seconds / pending.cost.serveSeconds;
      // Of a guess next to nothing nothing is learned.
      if (plan !== undefined && Number.isFinite(factor)) this.learned.push({ plan, factor });
    }
  }

  /** Removes from `pending` what makes a group, where `fair` seconds of work are due to each thread. */
  private take(pending: Pending, fair: number): number[] {
    const { decodeSeconds } = pending.cost;
    const least = LEAST_DECODES * decodeSeconds;
    const part = this.threads === 1 || fair <= least ? fair : Math.max(fair * FIRST_PART, least);
    const wanted = Math.min(part, Math.max(PATIENCE_SECONDS, least));
    let sum = 0;
    let count = 0;
    for (const index of pending.order) {
      const seconds = this.secondsOf(pending, [index]);
      // Plans that know the future stay together up to a fair share: each group of them reads the trace twice.
      const limit = pending.plans[index]?.needsFuture ? fair : wanted;
      if (count > 0 && sum + seconds / 2 > limit) break;
      sum += seconds;
      count++;
    }
    const rest = this.secondsOf(pending, pending.order.slice(count));
    const comesAlong = rest <= Math.min(REST_DECODES * decodeSeconds, REST_PART * sum);
    return pending.order.splice(0, comesAlong ? pending.order.length : count);
  }

  /** What simulations that are running have before them; their decoding aside, as it is where work is shared out. */
  private stillRunning(now: number): number {
    let left = 0;
    for (const [{ seconds }, { start, duration }] of this.running) {
      if (now - start < duration) left += seconds * (1 - (now - start) / duration);
    }
    return left;
  }

  private secondsOf({ plans, cost }: Pending, indexes: readonly number[]): number {
    return indexes.reduce((sum, index) => {
      const plan = plans[index];
      return plan === undefined ? sum : sum + cost.serveSeconds * this.factorOf(plan);
    }, 0);
  }

  /** What a plan takes, in first guesses: as the same policy with the nearest number of frames, if one is done. */
  private factorOf(plan: Workload): number {
    const distance = (other: Workload) => Math.abs(Math.log(other.frames / plan.frames));
    let nearest: (typeof this.learned)[number] | undefined;
    for (const one of this.learned) {
      if (!isSamePolicy(one.plan, plan)) continue;
      if (nearest === undefined || distance(one.plan) < distance(nearest.plan)) nearest = one;
    }
    return nearest?.factor ?? (plan.needsFuture ? FUTURE_WEIGHT : 1);
  }
}

function isSamePolicy(one: Workload, other: Workload): boolean {
  return one.policyId === other.policyId && one.parameters.every((value, n) => value === other.parameters[n]);
}

/**
 * Plans that know the future first, then the others, sorted by policy and frames and taken at strides of the golden
 * ratio: any run of them has its share of every policy and of every size.
 */
function takingOrder(plans: readonly Workload[]): number[] {
  const sorted = [...plans.keys()].sort((one, other) => {
    const [a, b] = [plans[one], plans[other]];
    return a === undefined || b === undefined ? 0 : a.policyId - b.policyId || a.frames - b.frames;
  });
  const future = sorted.filter((index) => plans[index]?.needsFuture);
  const others = sorted.filter((index) => !plans[index]?.needsFuture);
  const turn = (n: number) => (n * ((Math.sqrt(5) - 1) / 2)) % 1;
  const places = [...others.keys()].sort((one, other) => turn(one) - turn(other));
  return [...future, ...places.map((place) => others[place] ?? 0)];
}
