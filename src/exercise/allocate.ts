/** `allocate`: calls of malloc and free on a small heap with one free list. Solved by a process's allocator. */
import { freeLists } from "../process/heap/view.js";
import type { Process } from "../process/process.js";
import { spawn } from "../process/spawn.js";
import { type ExerciseQuestion, itemsText } from "./answer.js";
import type { Draw } from "./draw.js";
import { type Difficulty, type Exercise, type Generator, paragraph } from "./exercise.js";

const HEAP_BYTES = 100;
/** Least and most bytes of the blocks that fill the heap, and of those that are put between them. */
const FILLING = [4, 28] as const;
const BETWEEN = [4, 18] as const;
/** The share of the calls that fill the heap. */
const FILLING_CALLS = 0.5;
/** The calls of free that make holes. */
const FIRST_FREES = 2;

/** The rule of each allocator, and why it takes a chunk. */
const ALLOCATORS: Readonly<Record<string, readonly [rule: string, reason: string]>> = {
  "first-fit": ["the first that is large enough", "the first that is large enough"],
  "best-fit": [
    "the smallest that is large enough, and of equals the first",
    "the smallest that is large enough",
  ],
  "worst-fit": ["the largest, and of equals the first, if it is large enough", "the largest"],
};

export const allocate: Generator = async (draw: Draw, difficulty: Difficulty) => {
  const rule = difficulty.allocator ?? draw.one(Object.keys(ALLOCATORS));
  // Without headers, and no byte of the heap taken by tags: the addresses are those of a textbook.
  const allocator = `${rule}:header=0,alignment=1,tags=table,size=${HEAP_BYTES}`;
  const heap = new Heap(await spawn({ allocator }));
  const lines: string[] = [];
  const questions: ExerciseQuestion[] = [];
  const steps: number[] = [];
  const live: { name: string; address: bigint }[] = [];
  for (let n = 1; n <= difficulty.length; n++) {
    const filling = n <= Math.floor(difficulty.length * FILLING_CALLS);
    const holes = lines.filter((line) => line.startsWith("free")).length;
    if (!filling && live.length > 1 && (holes < FIRST_FREES || draw.chance(0.3))) {
      const [block] = live.splice(draw.whole(0, live.length - 1), 1);
      if (block === undefined) continue;
      heap.free(block.address);
      lines.push(`free(${block.name})`);
    } else {
      const sizes = filling ? FILLING : BETWEEN;
      const bytes = draw.whole(sizes[0], sizes[1]);
      const name = `p${questions.length + 1}`;
      const before = heap.freeList;
      const address = heap.malloc(bytes);
      lines.push(`${name} = malloc(${bytes})`);
      if (address !== undefined) live.push({ name, address });
      questions.push(questionOf(name, bytes, heap.offset(address), before, rule));
      steps.push(lines.length);
    }
  }
  questions.push({
    prompt: "the free list at the end",
    form: "list",
    choices: ["none"],
    answer: itemsText(heap.freeList),
    reason: `blocks in use: ${itemsText(live.map(({ name }) => name))}`,
  });
  steps.push(lines.length);
  return { parts: partsOf(rule, lines), questions, input: { type: "calls", log: lines, allocator, steps } };
};

/** The heap of a process, in offsets from its start. */
class Heap {
  private start: bigint | undefined;

  constructor(private readonly process: Process) {}

  /** The address of the block; undefined if no chunk is large enough. */
  malloc(bytes: number): bigint | undefined {
    const { value, error } = this.process.malloc(bytes);
    this.start ??= this.process.heap()?.chunks[0]?.address;
    return error === undefined ? value : undefined;
  }

  free(address: bigint): void {
    this.process.free(address);
  }

  offset(address: bigint | undefined): number | undefined {
    return address === undefined ? undefined : Number(address - (this.start ?? 0n));
  }

  /** `OFFSET:BYTES` of each free chunk, in the order of the list. */
  get freeList(): string[] {
    const view = this.process.heap();
    if (view === undefined || this.start === undefined) return [`0:${HEAP_BYTES}`];
    return freeLists(view)
      .flatMap(({ chunks }) => chunks)
      .map(({ address, bytes }) => `${this.offset(address)}:${bytes}`);
  }
}

function questionOf(
  name: string,
  bytes: number,
  offset: number | undefined,
  before: readonly string[],
  rule: string,
): ExerciseQuestion {
  const list = `the free list was ${itemsText(before)}`;
  const taken = before.find((chunk) => chunk.startsWith(`${offset}:`));
  return {
    prompt: `${name} = malloc(${bytes})`,
    form: "number",
    choices: ["NULL"],
    answer: offset === undefined ? "NULL" : `${offset}`,
    reason: `${list}: ${taken === undefined ? `no chunk has ${bytes} bytes` : `${taken} is ${ALLOCATORS[rule]?.[1]}`}`,
  };
}

function partsOf(rule: string, lines: readonly string[]): Exercise["parts"] {
  return [
    paragraph(
      `A heap of ${HEAP_BYTES} bytes is one free chunk at offset 0. Blocks have no headers, and sizes are not rounded. ` +
        "The free list is in order of address, and free neighbours are joined at once. " +
        `The allocator is ${rule}: of the free chunks it takes ${ALLOCATORS[rule]?.[0]}; the rest of the chunk stays free.`,
    ),
    { type: "code", lines },
    paragraph(
      "For each malloc, the answer is the offset of the block, or NULL. The free list is OFFSET:BYTES for each chunk, " +
        "such as 0:16 40:60, or none.",
    ),
  ];
}
