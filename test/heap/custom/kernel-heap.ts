/** The kernel's allocators, for the claims about custom allocators. */

import { chooseAllocators } from "#pagewalk/allocators/allocators.js";
import { candidateOf } from "#pagewalk/heap/custom/check.js";
import type { HeapMaker } from "#pagewalk/heap/custom/heap-run.js";
import type { AllocatorCandidate } from "#pagewalk/heap/custom/search.js";
import { HEAP_PAGES } from "../../../assembly/abi/heap.js";

/** `allocator`: `best-fit:order=size`. */
export async function kernelCandidate(allocator: string): Promise<AllocatorCandidate> {
  const [choice] = await chooseAllocators([allocator]);
  if (choice === undefined) throw new Error(`there is no allocator ${allocator}`);
  const { id, parameters } = choice;
  const make: HeapMaker = ({ space }) => {
    const how = { mode: HEAP_PAGES, isUsed: false, byAddress: false };
    const heap = space.kernel.createHeap({ allocator: id, parameters, ...how });
    return {
      heap,
      serve: (records, count) => heap.serve(records, count),
      get stopped() {
        return heap.stopped;
      },
    };
  };
  return candidateOf(make, allocator);
}
