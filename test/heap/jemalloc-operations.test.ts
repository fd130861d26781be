/** jemalloc under random operations: a consistent heap, disjoint blocks that keep their contents; and corrupt heaps. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHUNK_META, CHUNK_USED, HEAP_FREE, HEAP_MALLOC, HEAP_REALLOC } from "../../assembly/abi/heap.js";
import { TestHeap } from "./operate.js";

const IS_DEBUG = process.env.PAGEWALK_TEST_BUILD === "debug";

describe("any operations", () => {
  type Step = readonly [
    kind: "malloc" | "calloc" | "memalign" | "realloc" | "free",
    which: number,
    bytes: number,
  ];
  const bytes = fc.oneof(fc.nat(300), fc.nat(20_000), fc.nat(300_000), fc.constant(0));
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.constantFrom(
      "malloc",
      "malloc",
      "malloc",
      "calloc",
      "memalign",
      "realloc",
      "realloc",
      "free",
      "free",
      "free",
    ),
    fc.nat(1000),
    bytes,
  );

  /** A block's bytes at its ends, which identify it. */
  const MARK = 16;
  interface Block {
    address: bigint;
    bytes: number;
    mark: number;
  }

  function mark({ process }: TestHeap, { address, bytes, mark }: Block): void {
    const ends = new Uint8Array(Math.min(bytes, MARK)).fill(mark);
    process.poke(address, ends);
    process.poke(address + BigInt(bytes - ends.length), ends);
  }

  function expectMarked({ process }: TestHeap, { address, bytes, mark }: Block, kept = bytes): void {
    const length = Math.min(bytes, kept, MARK);
    expect([...process.peek(address, length)]).toEqual(Array(length).fill(mark));
    if (kept < bytes) return;
    expect([...process.peek(address + BigInt(bytes - length), length)]).toEqual(Array(length).fill(mark));
  }

  function run(heap: TestHeap, blocks: Block[], [kind, which, bytes]: Step, n: number): void {
    const at = which % Math.max(blocks.length, 1);
    const old = blocks[at];
    if ((kind === "realloc" || kind === "free") && old === undefined) return;
    const alignment = 1 << (which % 15);
    const address =
      kind === "malloc"
        ? heap.malloc(bytes)
        : kind === "calloc"
          ? heap.calloc(1, bytes)
          : kind === "memalign"
            ? heap.memalign(alignment, bytes)
            : kind === "realloc"
              ? heap.realloc((old as Block).address, bytes)
              : 0n;
    if (kind === "free") heap.free((old as Block).address);
    if (kind === "realloc" || kind === "free") {
      if (kind === "realloc" && bytes > 0) expectMarked(heap, { ...(old as Block), address }, bytes);
      blocks.splice(at, 1);
    }
    if (kind === "free" || (kind === "realloc" && bytes === 0)) return;
    expect(address).not.toBe(0n);
    if (kind === "calloc") expect(heap.process.peek(address, bytes).every((byte) => byte === 0)).toBe(true);
    if (kind === "memalign" && bytes > 0) expect(Number(address % BigInt(alignment))).toBe(0);
    const made = { address, bytes, mark: (n % 255) + 1 };
    mark(heap, made);
    blocks.push(made);
  }

  /** Chunks tile each mapping, and each block in use lies in a chunk of its own. */
  function expectApart(heap: TestHeap, blocks: readonly Block[]): void {
    const used = heap.chunks.filter(({ state }) => state === CHUNK_USED);
    const owners = blocks.map(({ address, bytes }) =>
      used.findIndex(
        (chunk) =>
          chunk.address <= address &&
          address + BigInt(Math.max(bytes, 1)) <= chunk.address + BigInt(chunk.bytes),
      ),
    );
    expect(owners).not.toContain(-1);
    expect(new Set(owners).size).toBe(blocks.length);
    expect(used).toHaveLength(blocks.length);
  }

  test("leave a consistent heap with disjoint blocks, and do not change the blocks' contents", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 120, size: "max" }), async (steps) => {
        const heap = await TestHeap.of("jemalloc:dirty_decay_ms=5,calls_per_second=2000");
        const blocks: Block[] = [];
        for (const [n, step] of steps.entries()) run(heap, blocks, step, n);
        expect(heap.heap.isValid()).toBe(true);
        expectApart(heap, blocks);
        for (const block of blocks) expectMarked(heap, block);
      }),
      { numRuns: IS_DEBUG ? 5 : 20, seed: 5 },
    );
  });
});

test("overwritten descriptions of extents end the process by SIGSEGV, or have no effect", async () => {
  const word = fc.oneof(fc.constantFrom(0n, 1n, 2n ** 64n - 1n), fc.bigInt({ min: 0n, max: 2n ** 48n - 1n }));
  const overwritten = fc.tuple(fc.nat(40 * 16), word);
  const overwrites = fc.array(overwritten, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      overwrites,
      fc.array(fc.nat(60_000), { minLength: 60, maxLength: 60 }),
      async (words, sizes) => {
        const heap = await TestHeap.of("jemalloc");
        const blocks = sizes.map((bytes) => heap.malloc(bytes));
        for (const block of blocks.slice(0, 30)) heap.free(block);
        // Of the first arena's base block, the last that was mapped below the libraries, what is behind the arena.
        const base = heap.chunks.findLast(({ state, bytes }) => state === CHUNK_META && bytes === 2 << 20);
        for (const [place, value] of words)
          heap.process.poke(
            (base?.address ?? 0n) + 0x16500n + BigInt(8 * place),
            new Uint8Array(new BigUint64Array([value]).buffer),
          );
        heap.callAll(blocks.slice(30).map((block) => [HEAP_FREE, block]));
        if (heap.heap.stopped === undefined) heap.callAll(sizes.map((bytes) => [HEAP_MALLOC, bytes]));
        expect([undefined, 11]).toContain(heap.heap.stopped?.signal);
        heap.heap.isValid();
        // 4 MiB for extents at most and as much for the radix tree, in chunks of 8 bytes at least.
        expect(heap.chunks.length).toBeLessThan(1 << 20);
      },
    ),
    { numRuns: IS_DEBUG ? 5 : 20, seed: 7 },
  );
});

test("a free of a wild pointer ends the process by SIGSEGV", async () => {
  for (const call of [HEAP_FREE, HEAP_REALLOC]) {
    const heap = await TestHeap.of("jemalloc");
    const block = heap.malloc(100_000);
    heap.callAll([[call, block + 0x40000000n, 10]]);
    expect(heap.heap.stopped).toMatchObject({ signal: 11 });
  }
});
