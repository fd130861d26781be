/** `checkAllocator`: holds an own allocator to the claims that the kernel's allocators are held to. */
import { HEAP_PAGES } from "../../../assembly/abi/heap.js";
import {
  type CheckOptions,
  type ClaimVerdict,
  checkedOptions,
  judgeClaims,
  PATIENCE_SECONDS,
} from "../../own/check.js";
import { watcher } from "../../own/watch.js";
import { type AllocatorSpec, chooseOwnAllocator } from "../contenders.js";
import { CLAIMS, type HeapCall } from "./claims.js";
import { ALLOCATOR } from "./definition.js";
import { type HeapMaker, TrialSystem } from "./heap-run.js";
import { type AllocatorCandidate, refute } from "./search.js";
import { OwnHeap } from "./simulation.js";

/** Trials are random programs; without a number, 60. */
export type CheckAllocatorOptions = CheckOptions;

/** A claim that an allocator does not keep to, and a short case of it. */
export interface AllocatorFault {
  claim: string;
  problem: string;
  /** `FILE:LINE`, where that is known. */
  place: string | undefined;
  calls: readonly HeapCall[];
}

export interface AllocatorVerdict {
  /** The allocator's name, with the parameters that were given. */
  allocator: string;
  /** The claims that were tried: the first alone, where that one is broken. */
  claims: readonly ClaimVerdict<Omit<AllocatorFault, "claim">>[];
}

const USUAL_TRIALS = 60;

/** The claims that `allocator` breaks: none, if all is well. Throws `UsageError`, or `InputError` for what is none. */
export async function checkAllocator(
  allocator: AllocatorSpec,
  options: CheckAllocatorOptions = {},
): Promise<AllocatorFault[]> {
  const { claims } = await judgeAllocator(allocator, options);
  return claims.flatMap(({ fault }) => fault ?? []);
}

/** As `checkAllocator`, with the claims that hold. */
export async function judgeAllocator(
  spec: AllocatorSpec,
  options: CheckAllocatorOptions,
): Promise<AllocatorVerdict> {
  const { seed, trials } = checkedOptions(options, USUAL_TRIALS, ALLOCATOR);
  const { source, parameters, name } = await chooseOwnAllocator(spec);
  const how = { mode: HEAP_PAGES, isUsed: false };
  const make: HeapMaker = (process) => new OwnHeap(process, source.definition, parameters, source, how);
  const candidate = await candidateOf(make, source.place);
  const claims = await judgeClaims(CLAIMS, (claim) => refute(claim, candidate, seed, trials));
  return { allocator: name, claims };
}

/** Heaps by `make`, for the search. `place`: what messages call them. */
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
