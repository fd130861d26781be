/**
 * One custom policy with one number of frames. It keeps the set of resident pages, passes each request to the policy, and
 * checks its answers. The requests of a step come from the kernel all at once.
 */

import { KIND_LOAD } from "../../../assembly/abi/core.js";
import { REFERENCE_KINDS } from "../../../assembly/abi/names.js";
import { kindOf, parametersOf } from "../../custom/definition.js";
import { answerFault, type CustomPlace, hookFault } from "../../custom/fault.js";
import { randomFrom } from "../../custom/random.js";
import { InputError, UsageError } from "../../errors.js";
import type { KernelRequests, PageCounters } from "../../wasm/pages.js";
import {
  checkHooks,
  POLICY,
  type PolicyDefinition,
  type PolicyHooks,
  type RequestKind,
} from "./definition.js";
import { type Page, PageList } from "./page-list.js";

/** Limit of V8's sets and maps: 2^24 values. */
const MOST_FRAMES = 2 ** 24 - 1;
const MOST_HIGH_WORD = 0x1fffff; // of the largest page number that a JavaScript number represents exactly

export class CustomSimulation {
  readonly counters: PageCounters = {
    requests: 0,
    hits: 0,
    misses: 0,
    evictions: 0,
    residence: 0,
    writebacks: 0,
  };
  private readonly resident = new Set<Page>();
  /** Resident pages that were stored to. */
  private readonly dirty = new Set<Page>();
  private readonly hooks: PolicyHooks;
  /** The current hook, for messages. */
  private hook: keyof PolicyHooks | "create" = "create";

  /** `values` are those of the parameters, in the definition's order. */
  constructor(
    definition: PolicyDefinition,
    values: readonly number[],
    private readonly frames: number,
    private readonly from: CustomPlace,
  ) {
    if (frames > MOST_FRAMES) {
      const problem = `${frames} frames are more than a policy in JavaScript can have`;
      throw new UsageError(problem, `give at most ${MOST_FRAMES}`, from.place);
    }
    const parameters = Object.fromEntries(
      parametersOf(definition).map(({ name }, n) => [name, values[n] ?? 0]),
    );
    const hooks: unknown = this.watched(() =>
      definition.create({
        frames,
        parameters,
        list: () => new PageList(),
        random: (seed = 1) => randomFrom(seed),
      }),
    );
    checkHooks(hooks, from.place);
    this.hooks = hooks;
  }

  /** Serves the requests of `source`'s last step. */
  run(source: KernelRequests): void {
    const { words, kinds } = source.made;
    this.watched(() => {
      for (let n = 0; n < kinds.length; n++) {
        const low = words[n * 2] ?? 0;
        const high = words[n * 2 + 1] ?? 0;
        this.request(high === 0 ? low : wide(high, low), REFERENCE_KINDS[kinds[n] ?? KIND_LOAD] ?? "load");
      }
    });
  }

  /** Serves one request; returns whether it hits. */
  serve(page: Page, kind: RequestKind): boolean {
    return this.watched(() => this.request(page, kind));
  }

  /** At most `most` of the resident pages. */
  residentPages(most: number): bigint[] {
    return [...this.resident].slice(0, most).map(BigInt);
  }

  /** The policy's own check of its state. Most policies have none. */
  isValid(): boolean {
    this.hook = "isValid";
    return this.watched(() => this.hooks.isValid?.(this.resident) !== false);
  }

  private request(page: Page, kind: RequestKind): boolean {
    const { counters, hooks } = this;
    const now = counters.requests++;
    const isStore = kind === "store" || kind === "modify";
    if (!this.resident.has(page)) {
      this.fault(page, kind, now);
      if (isStore) this.dirty.add(page);
      return false;
    }
    if (isStore) this.dirty.add(page);
    counters.hits++;
    this.hook = "hit";
    hooks.hit?.(page, kind, now);
    return true;
  }

  private fault(page: Page, kind: RequestKind, now: number): void {
    const { counters, hooks, resident } = this;
    counters.misses++;
    this.hook = "miss";
    hooks.miss?.(page, kind, now);
    if (resident.size === this.frames) {
      this.hook = "evict";
      const victim: unknown = hooks.evict(page, kind, now);
      if (!resident.delete(victim as Page)) throw this.victimFault(victim, now);
      counters.evictions++;
      if (this.dirty.delete(victim as Page)) counters.writebacks++;
    }
    this.hook = "insert";
    hooks.insert(page, kind, now);
    resident.add(page);
  }

  private victimFault(victim: unknown, now: number): InputError {
    const remedy = "return a page that insert was given and that is still there";
    return answerFault(wrongVictim(victim, now), remedy, this.from, POLICY);
  }

  /** Turns what the policy throws into an error that names it. */
  private watched<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (error instanceof InputError && error.place === this.from.place) throw error;
      const at = this.hook === "create" ? "" : ` at request ${this.counters.requests - 1}`;
      throw hookFault(`${this.hook}${at}`, error, this.from, POLICY);
    }
  }
}

/** A page number of more than 32 bits. */
function wide(high: number, low: number): Page {
  return high <= MOST_HIGH_WORD ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);
}

function wrongVictim(victim: unknown, now: number): string {
  const isPage = typeof victim === "number" || typeof victim === "bigint";
  return `evict returns ${isPage ? `page ${victim}, which is not resident,` : kindOf(victim)} at request ${now}`;
}
