/** `checkAllocator`: tests a custom allocator against the claims that the kernel's allocators meet. */

import * as v from "valibot";
import { HEAP_PAGES } from "../../../assembly/abi/heap.js";
import { type ClaimVerdict, judgeClaims, PATIENCE_SECONDS, trialTurns } from "../../custom/check.js";
import { watcher } from "../../custom/watch.node.js";
import { allocatorCheckOptions } from "../../options/checks.js";
import { entriesOf, type OptionsOf } from "../../options/row.js";
import { validate } from "../../options/validate.js";
import { type PassOptions, type Progress, watchEntries } from "../../options/watch.js";
import { type AllocatorSpec, chooseCustomAllocator } from "../compared.js";
import { CLAIMS, type HeapCall } from "./claims.js";
import { ALLOCATOR } from "./definition.js";
import { type HeapMaker, TrialSystem } from "./heap-run.js";
import { type AllocatorCandidate, refute } from "./search.js";
import { CustomHeap } from "./simulation.js";

const schema = v.strictObject({ ...entriesOf(allocatorCheckOptions), ...watchEntries<Progress>() });
/** Options of `checkAllocator`. */
export interface CheckAllocatorOptions extends OptionsOf<typeof allocatorCheckOptions>, PassOptions {}

/** A claim that an allocator violates, with a short counterexample. */
export interface AllocatorFault {
  /** The claim that does not hold, as a sentence. */
  claim: string;
  /** The way in which it does not hold. */
  problem: string;
  /** `FILE:LINE`, if known. */
  place: string | undefined;
  /** The fewest calls found that show it, in order. */
  calls: readonly HeapCall[];
}

export interface AllocatorVerdict {
  /** The allocator's name, with the given parameters. */
  allocator: string;
  /** The claims that were tested: only the first if that one fails. */
  claims: readonly ClaimVerdict<Omit<AllocatorFault, "claim">>[];
}

/**
 * The claims that `allocator` violates; empty if there are none. Throws `UsageError`, or `InputError` for an invalid
 * definition.
 */
export async function checkAllocator(
  allocator: AllocatorSpec,
  options: CheckAllocatorOptions = {},
): Promise<AllocatorFault[]> {
  const { claims } = await judgeAllocator(allocator, options);
  return claims.flatMap(({ fault }) => fault ?? []);
}

/** As `checkAllocator`, with the claims that hold included. */
export async function judgeAllocator(
  spec: AllocatorSpec,
  options: CheckAllocatorOptions,
): Promise<AllocatorVerdict> {
  const { seed, trials, ...watch } = validate(ALLOCATOR.checker, schema, options);
  const turn = trialTurns(CLAIMS.length * trials, watch);
  const { source, parameters, name } = await chooseCustomAllocator(spec);
  const how = { mode: HEAP_PAGES, isUsed: false };
  const make: HeapMaker = (process) => new CustomHeap(process, source.definition, parameters, source, how);
  const candidate = await candidateOf(make, source.place);
  const claims = await judgeClaims(CLAIMS, (claim) => refute(claim, { ...candidate, turn }, seed, trials));
  return { allocator: name, claims };
}

/** Heaps created by `make`, for the search. `place`: their name in messages. */
export async function candidateOf(make: HeapMaker, place: string): Promise<AllocatorCandidate> {
  const system = await TrialSystem.create();
  const watch = await watcher(PATIENCE_SECONDS, place);
  return {
    start: async () => system.start(make),
    watch: (work) => {
      try {
        return watch(work);
      } finally {
        system.clear();
      }
    },
  };
}
