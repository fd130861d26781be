import { expect, test } from "vitest";
import { chooseAllocators } from "#pagewalk/allocators/allocators.js";
import { spawn } from "#pagewalk/process/spawn.js";
import { HEAP_BYTES, HEAP_PAGES, HEAP_QUIET } from "../../assembly/abi/heap.js";
import { randomRecords } from "../../bench/heap/random-log.js";
import { isDebug } from "../build.js";

const OPERATIONS = isDebug ? 300 : 7000;
const PLACES = isDebug ? 60 : 400;

/** Each operation's answer, and the steps of all searches. */
async function serve(allocator: string, mode: number, records: Uint8Array) {
  const [choice] = await chooseAllocators([allocator]);
  if (choice === undefined) throw new Error(`there is no allocator ${allocator}`);
  const { space } = await spawn();
  const { id, parameters } = choice;
  const shape = { allocator: id, parameters, mode, isUsed: false, byAddress: false };
  const heap = space.kernel.createHeap(shape);
  const served = heap.serve(records, records.length / HEAP_BYTES);
  const answers = Array.from({ length: served }, (_, n) => heap.answer(n).answer);
  return { answers, steps: heap.counters.steps, isValid: heap.isValid() };
}

const names = ["first-fit", "next-fit", "best-fit", "worst-fit"].flatMap((name) =>
  ["coalesce=immediate", "coalesce=never", "tags=both", "tags=header", "alignment=8,header=8,split=100"].map(
    (parameters) => `${name}:${parameters}`,
  ),
);

// Quiet heaps walk their lists, because a program may have stored to them.
test.each(names)(
  "%s finds the same chunk in its mirror as a walk along the list, with as many steps",
  async (name) => {
    for (const seed of [1, 2]) {
      const records = randomRecords({ operations: OPERATIONS, places: PLACES, seed });
      const walked = await serve(name, HEAP_QUIET, records);
      expect(walked.answers.length).toBe(OPERATIONS);
      expect(await serve(name, HEAP_PAGES, records)).toEqual(walked);
    }
  },
);
