/** Properties of mallocng's heap after each call, independent of addresses: blocks, chunks and contents. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { System } from "#pagewalk/process/system.js";
import {
  CHUNK_FREE,
  CHUNK_MAPPED,
  CHUNK_META,
  CHUNK_USED,
  HEAP_CALLOC,
  HEAP_COMMITTED,
  HEAP_FREE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_QUIET,
  HEAP_REALLOC,
  HEAP_STOPPED,
  HEAP_USABLE_SIZE,
} from "../../assembly/abi/heap.js";
import { caseCount } from "../build.js";
import { RawHeap } from "./replay-log.js";

interface Block {
  address: bigint;
  bytes: bigint;
}

type Step =
  | readonly ["malloc" | "calloc", bytes: number]
  | readonly ["memalign", bytes: number, shift: number]
  | readonly ["realloc", bytes: number, which: number]
  | readonly ["free", which: number];

const bytes = fc.oneof(fc.nat(200), fc.nat(3000), fc.nat(40_000), fc.integer({ min: 131_000, max: 300_000 }));
const which = fc.nat(1000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant("malloc" as const), bytes) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("calloc" as const), bytes) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("memalign" as const), bytes, fc.nat(14)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("realloc" as const), bytes, which) },
  { weight: 6, arbitrary: fc.tuple(fc.constant("free" as const), which) },
);

class Checked {
  readonly blocks: Block[] = [];
  private constructor(readonly heap: RawHeap) {}

  static async create(): Promise<Checked> {
    const system = await System.create({});
    return new Checked(new RawHeap(system.start(), "musl", HEAP_QUIET, true));
  }

  private call(op: number, ...args: bigint[]): bigint {
    const served = this.heap.serve([{ line: 1, text: "", thread: 0, op, args, result: 0n, errno: 0 }]);
    return served[0]?.answer ?? 0n;
  }

  take(step: Step): void {
    const size = BigInt(step[0] === "free" ? 0 : step[1]);
    if (step[0] === "malloc") this.keep(this.call(HEAP_MALLOC, size), size);
    else if (step[0] === "calloc") this.keep(this.call(HEAP_CALLOC, 1n, size), size);
    else if (step[0] === "memalign") {
      const alignment = 1n << BigInt(step[2]);
      const address = this.call(HEAP_MEMALIGN, alignment, size);
      expect(address % alignment).toBe(0n);
      this.keep(address, size);
    } else if (this.blocks.length > 0) {
      const chosen = (step[0] === "free" ? step[1] : step[2]) ?? 0;
      const [{ address }] = this.blocks.splice(chosen % this.blocks.length, 1) as [Block];
      if (step[0] === "free") this.call(HEAP_FREE, address);
      else this.keep(this.call(HEAP_REALLOC, address, size), size);
    }
  }

  private keep(address: bigint, bytes: bigint): void {
    expect(address % 16n).toBe(0n);
    expect(this.call(HEAP_USABLE_SIZE, address)).toBe(bytes);
    this.blocks.push({ address, bytes });
  }

  check(): void {
    expect(this.heap.isValid).toBe(true);
    expect(this.heap.memoryWord(HEAP_STOPPED)).toBe(0);
    const chunks = this.heap.chunks();
    for (const [n, { address }] of chunks.entries()) {
      const before = chunks[n - 1];
      if (before !== undefined) expect(address).toBeGreaterThanOrEqual(before.address + before.bytes);
    }
    const used = chunks.filter(({ state }) => state === CHUNK_USED || state === CHUNK_MAPPED);
    const blocks = [...this.blocks].sort((a, b) => (a.address < b.address ? -1 : 1));
    expect(used.length).toBe(blocks.length);
    for (const [n, { address, bytes }] of blocks.entries()) {
      const chunk = used[n];
      expect(chunk && address >= chunk.address && address + bytes <= chunk.address + chunk.bytes - 4n).toBe(
        true,
      );
    }
    const committed = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0n);
    expect(this.heap.memoryField(HEAP_COMMITTED)).toBe(Number(committed));
  }
}

test("blocks are disjoint, have the requested length and a chunk each, and chunks tile the heap", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const checked = await Checked.create();
      for (const step of steps) {
        checked.take(step);
        checked.check();
      }
    }),
    { numRuns: caseCount(40) },
  );
});

test("nested groups are walked within their slots", async () => {
  const checked = await Checked.create();
  for (let n = 0; n < 200; n++) checked.take(["malloc", 40]);
  checked.check();
  const states = new Set(checked.heap.chunks().map(({ state }) => state));
  expect(states).toEqual(new Set([CHUNK_META, CHUNK_USED, CHUNK_FREE]));
});
