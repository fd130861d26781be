/**
 * Schedules simulations. A group is a set of one trace's simulations that one decode feeds. Fewer groups mean fewer
 * decodes; more groups mean a more even load of threads and earlier rows.
 *
 *   thread 1  ├──────── two thirds of a fair share ────────┼──── an even part of the rest ────┤
 *   thread 2  ├──────── two thirds of a fair share ───────────┼── an even part of the rest ───┤
 *
 * The cost of a policy and the speed of a thread are not known in advance. The first groups are equal by estimate, and
 * mix policies and sizes evenly; a thread that finishes them early gets more of the rest. This is Hummel, Schonberg and
 * Flynn, "Factoring: a method for scheduling parallel loops", Communications of the ACM 35 (1992), with two steps
 * instead of many, since each group decodes the trace again. If decoding is expensive, there is one step.
 */

/** The properties of a simulation that affect its cost; `policyId` may be any identifier of its kind. */
export interface Workload {
  readonly policyId: number;
  readonly parameters: readonly number[];
  readonly frames: number;
  readonly needsFuture: boolean;
  /** Those of one policy are served together (simulate/together). */
  readonly servesSizes?: boolean | undefined;
}

/** Costs of passes over a trace, in seconds. */
export interface PassCost {
  /** Decoding it once; infinite if it can be read only once. */
  decodeSeconds: number;
  /** A simulation, by first estimate. */
  serveSeconds: number;
}

export interface Group {
  readonly trace: number;
  /** Indexes of plans of the trace. */
  readonly indexes: readonly number[];
  /** Estimated seconds of its simulations. */
  readonly seconds: number;
}

/** Share of a thread's fair share in its first group. */
const FIRST_PART = 2 / 3;
/** A group takes at least this many times as long as its decoding, if there is enough work. */
const LEAST_DECODES = 8;
/** Longest group in seconds if the minimum above allows it, so that rows come and an interruption loses little. */
const PATIENCE_SECONDS = 5;
/** A remainder that takes less than this many decodes, and this part of the previous group, is joined to that group. */
const REST_DECODES = 4;
const REST_PART = 1 / 4;
/** Cost of a policy that needs the future, and of the pass that finds it, in simulations of other policies. */
const FUTURE_WEIGHT = 2.5;
/** Cost of each number of frames of a policy whose sizes are served together, in simulations of other policies. */
const SIZES_WEIGHT = 0.25;

interface Pending {
  readonly cost: PassCost;
  readonly plans: readonly Workload[];
  /** Indexes of plans not yet assigned, in order of assignment. */
  readonly order: number[];
}

export class Schedule {
  private readonly traces: Pending[] = [];
  private readonly running = new Map<Group, { start: number; duration: number }>();
  /** Measured costs of plans, relative to first estimates. */
  private readonly learned: { plan: Workload; factor: number }[] = [];

  constructor(private readonly threads: number) {}

  /** The next trace's simulations. */
  add(plans: readonly Workload[], cost: PassCost): void {
    this.traces.push({ plans, cost, order: takingOrder(plans) });
  }

  /** The group for a thread that is free at `now` (seconds); undefined if nothing is left. */
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

  /** Called when a group is done. The measured times improve later estimates. */
  finish(group: Group, outcomes: readonly { readonly seconds: number }[]): void {
    this.running.delete(group);
    const pending = this.traces[group.trace];
    if (pending === undefined || pending.cost.serveSeconds === 0) return;
    for (const [n, { seconds }] of outcomes.entries()) {
      const plan = pending.plans[group.indexes[n] ?? -1];
      const factor = seconds / pending.cost.serveSeconds;
      // Skip: an estimate near zero gives a meaningless ratio.
      if (plan !== undefined && Number.isFinite(factor)) this.learned.push({ plan, factor });
    }
  }

  /** Removes a group from `pending`; `fair` is the number of seconds of work due to each thread. */
  private take(pending: Pending, fair: number): number[] {
    const { decodeSeconds } = pending.cost;
    const least = LEAST_DECODES * decodeSeconds;
    const part = this.threads === 1 || fair <= least ? fair : Math.max(fair * FIRST_PART, least);
    const wanted = Math.min(part, Math.max(PATIENCE_SECONDS, least));
    let sum = 0;
    let count = 0;
    let before: Workload | undefined;
    for (const index of pending.order) {
      const seconds = this.secondsOf(pending, [index]);
      const plan = pending.plans[index];
      // Plans that need the future stay together up to a fair share, because each of their groups reads the trace
      // twice; those that are served together always do, because they cost little more than one.
      const limit = plan?.needsFuture ? fair : wanted;
      const isTogether = plan?.servesSizes && before !== undefined && isSamePolicy(before, plan);
      if (count > 0 && !isTogether && sum + seconds / 2 > limit) break;
      before = plan;
      sum += seconds;
      count++;
    }
    const rest = this.secondsOf(pending, pending.order.slice(count));
    const takesRest = rest <= Math.min(REST_DECODES * decodeSeconds, REST_PART * sum);
    return pending.order.splice(0, takesRest ? pending.order.length : count);
  }

  /** Remaining work of running simulations, without their decoding, which the division of work does not count. */
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

  /**
   * The cost of a plan relative to its first estimate: that of the same policy with the nearest number of frames, if
   * one is done.
   */
  private factorOf(plan: Workload): number {
    const distance = (other: Workload) => Math.abs(Math.log(other.frames / plan.frames));
    let nearest: (typeof this.learned)[number] | undefined;
    for (const one of this.learned) {
      if (!isSamePolicy(one.plan, plan)) continue;
      if (nearest === undefined || distance(one.plan) < distance(nearest.plan)) nearest = one;
    }
    return nearest?.factor ?? weightOf(plan);
  }
}

/** Cost of a plan by first estimate, in simulations of usual policies. */
export function weightOf(plan: Workload | undefined): number {
  return (plan?.needsFuture ? FUTURE_WEIGHT : 1) * (plan?.servesSizes ? SIZES_WEIGHT : 1);
}

function isSamePolicy(one: Workload, other: Workload): boolean {
  return one.policyId === other.policyId && one.parameters.every((value, n) => value === other.parameters[n]);
}

/**
 * Plans that need the future first, then those that are served together, then the others, sorted by policy and frames and taken at strides
 * of the golden ratio: any run of them has its share of every policy and of every size.
 */
export function takingOrder(plans: readonly Workload[]): number[] {
  const sorted = [...plans.keys()].sort((one, other) => {
    const [a, b] = [plans[one], plans[other]];
    return a === undefined || b === undefined ? 0 : a.policyId - b.policyId || a.frames - b.frames;
  });
  const future = sorted.filter((index) => plans[index]?.needsFuture);
  const together = sorted.filter((index) => !plans[index]?.needsFuture && plans[index]?.servesSizes);
  const others = sorted.filter((index) => !plans[index]?.needsFuture && !plans[index]?.servesSizes);
  const turn = (n: number) => (n * ((Math.sqrt(5) - 1) / 2)) % 1;
  const places = [...others.keys()].sort((one, other) => turn(one) - turn(other));
  return [...future, ...together, ...places.map((place) => others[place] ?? 0)];
}
