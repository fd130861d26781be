/**
 * Finds an order of overlapping calls that explains their answers: one in which each mapping goes where the log has it.
 * A call comes after all calls that had returned before it began. Among the others the order is searched for depth
 * first, on a trial copy of the process's regions. Candidates are, in this order: calls whose mapping would now go to
 * its recorded address, calls that free such an address, and other calls that free memory. The regions depend on the
 * set of served calls and not on their order, so a set that failed is not tried again.
 *
 * This is a check of linearizability: J. M. Wing and C. Gong, Testing and Verifying Concurrent Objects, Journal of
 * Parallel and Distributed Computing 17, 1993. Remembering failed sets is from G. Lowe, Testing for Linearizability,
 * Concurrency and Computation 29, 2017.
 */

import type { Process } from "../../process.js";
import type { Trial } from "../../trial.js";
import type { Call } from "../calls/call.js";
import type { Task } from "../calls/tasks.js";
import type { CallEntry } from "../parse/entry.js";
import { type Effect, effectOf } from "./effect.js";

/** A call with its answer. */
export interface Answered {
  readonly task: Task;
  readonly entry: CallEntry;
  readonly call: Call;
}

/** Moments at which the call began and returned, as counters. */
export interface Waiting extends Answered {
  readonly began: number;
  readonly ended: number;
}

/** Limit on tried calls per order. */
const MOST_TRIED = 1 << 14;
const LEAST_TRIED = 1 << 6;

interface Candidate {
  readonly call: Waiting;
  /** Its position in the order of answers. */
  readonly index: number;
  readonly effect: Effect | undefined;
}

/**
 * Finds orders. Each failure lowers the limit, for logs whose answers fit no order, such as those with unknown regions.
 */
export class Orders {
  private patience = MOST_TRIED;

  /**
   * Sorts `waiting`, given in order of answers, into the order of service. If no order fits, into the one that fits
   * longest.
   */
  of(waiting: readonly Waiting[], process: Process): readonly Waiting[] {
    if (waiting.length < 2 || !process.isAlive) return waiting;
    const candidates = waiting.map((call, index) => ({ call, index, effect: effectOf(process, call.call) }));
    if (!candidates.some(({ effect }) => effect?.address !== undefined)) return waiting;
    const search = new Search(process.trial(), this.patience);
    const order = search.order(candidates);
    this.patience = search.hasFound ? MOST_TRIED : Math.max(LEAST_TRIED, this.patience >> 1);
    return order.map(({ call }) => call);
  }
}

class Search {
  /** True if the order explains every address. */
  hasFound = false;
  private tried = 0;
  private readonly deadEnds = new Set<string>();
  private readonly served: Candidate[] = [];
  private best: readonly Candidate[] = [];

  constructor(
    private readonly trial: Trial,
    private readonly mostTried: number,
  ) {}

  order(candidates: readonly Candidate[]): readonly Candidate[] {
    this.hasFound = this.seek(candidates);
    if (this.hasFound) return this.served;
    const rest = candidates.filter((candidate) => !this.best.includes(candidate));
    return [...this.best, ...rest];
  }

  /** Serves all remaining calls, in the order of their answers; false, with nothing served, if that is impossible. */
  private seek(left: readonly Candidate[]): boolean {
    const [first] = left;
    if (first === undefined) return true;
    if (this.served.length > this.best.length) this.best = [...this.served];
    if (this.tried >= this.mostTried) return false;
    const key = this.keyOf(left);
    if (this.deadEnds.has(key)) return false;
    const next = left.filter(({ call }) => call.began <= first.call.ended);
    if (this.choices(next).some((one) => this.serve(one, left))) return true;
    this.deadEnds.add(key);
    return false;
  }

  /** Key of the set of served calls, made from those not served. */
  private keyOf(left: readonly Candidate[]): string {
    const last = this.served.reduce((most, { index }) => Math.max(most, index), -1);
    return `${last}:${left.flatMap(({ index }) => (index < last ? [index] : [])).join()}`;
  }

  /** The candidates, most likely first. A call that does not choose an address is served at once. */
  private choices(next: readonly Candidate[]): readonly Candidate[] {
    const neutral = next.find(({ effect }) => effect === undefined);
    if (neutral !== undefined) return [neutral];
    const fitting: Candidate[] = [];
    const waiting: Effect[] = [];
    const freeing: Candidate[] = [];
    for (const candidate of next) {
      const effect = candidate.effect as Effect;
      if (effect.address === undefined) freeing.push(candidate);
      else if (this.fits(effect)) fitting.push(candidate);
      else waiting.push(effect);
    }
    const isWanted = ({ effect }: Candidate) => waiting.some((one) => overlap(effect as Effect, one));
    return [...fitting, ...freeing.filter(isWanted), ...freeing.filter((one) => !isWanted(one))];
  }

  private fits(effect: Effect): boolean {
    this.tried++;
    const mark = this.trial.mark();
    const address = this.trial.run(effect.name, effect.args);
    this.trial.undo(mark);
    return address === effect.address;
  }

  private serve(one: Candidate, left: readonly Candidate[]): boolean {
    const mark = this.trial.mark();
    if (one.effect !== undefined) this.trial.run(one.effect.name, one.effect.args);
    this.served.push(one);
    if (this.seek(left.filter((other) => other !== one))) return true;
    this.served.pop();
    this.trial.undo(mark);
    return false;
  }
}

/** True if the range that `freeing` frees overlaps the other's recorded mapping. */
function overlap({ args: [start = 0n, bytes = 0n] }: Effect, { name, args, address = 0n }: Effect): boolean {
  const size = (name === "mremap" ? args[2] : args[1]) ?? 0n;
  return start < address + size && address < start + bytes;
}
