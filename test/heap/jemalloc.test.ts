/**
 * jemalloc: the sizes in its manual, the answers of the library, and properties of any heap. The recordings are
 * described in `test/recorded/heap/README.md`.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type HeapRow, heap } from "#pagewalk/index.js";
import { CHUNK_CACHED, CHUNK_META } from "../../assembly/abi/heap.js";
import { TestHeap } from "./operate.js";
import { jemallocUnit, placesOf } from "./places.js";

const recorded = (name: string) =>
  gunzipSync(readFileSync(new URL(`../recorded/heap/${name}.log.gz`, import.meta.url))).toString("latin1");

/** A row of `heap` for a log of these lines or this text. */
async function rowOf(log: string | readonly string[], allocator: string): Promise<HeapRow> {
  const text = typeof log === "string" ? log : `${log.join("\n")}\n`;
  const { results } = await heap(new TextEncoder().encode(text), { allocators: allocator, jobs: 1 });
  const [row] = results;
  if (row === undefined) throw new Error(allocator);
  return row;
}

/** Requested and usable bytes, by malloc_usable_size of Debian's libjemalloc2 5.3.0. */
const USABLE: readonly (readonly [asked: number, usable: number])[] = [
  ...([
    [0, 8],
    [1, 8],
    [8, 8],
    [9, 16],
    [16, 16],
    [24, 32],
    [40, 48],
    [48, 48],
    [49, 64],
    [64, 64],
  ] as const),
  ...([
    [65, 80],
    [100, 112],
    [200, 224],
    [512, 512],
    [1000, 1024],
    [1024, 1024],
    [1025, 1280],
  ] as const),
  ...([
    [4096, 4096],
    [4097, 5120],
    [5000, 5120],
    [8192, 8192],
    [14336, 14336],
    [14337, 16384],
  ] as const),
  ...([
    [16384, 16384],
    [20000, 20480],
    [32768, 32768],
    [32769, 40960],
    [100000, 114688],
  ] as const),
  ...([
    [300000, 327680],
    [1000000, 1048576],
    [8388608, 8388608],
    [20000000, 20971520],
  ] as const),
];

test("blocks have the sizes of their classes", async () => {
  const heap = await TestHeap.of("jemalloc");
  const usable = USABLE.map(([asked]) => [asked, heap.usableSize(heap.malloc(asked))]);
  expect(usable).toEqual(USABLE);
});

/** Alignment, requested and usable bytes, likewise. */
const ALIGNED: readonly (readonly [alignment: number, asked: number, usable: number])[] = [
  [64, 100, 128],
  [4096, 1, 4096],
  [4096, 5000, 8192],
  [4096, 14000, 16384],
  [8192, 100, 16384],
  [1048576, 1, 16384],
  [128, 130, 256],
  [2048, 20000, 20480],
  [1024, 9000, 10240],
];

test("aligned blocks have the smallest class with that alignment", async () => {
  const heap = await TestHeap.of("jemalloc");
  for (const [alignment, asked, usable] of ALIGNED) {
    const block = heap.memalign(alignment, asked);
    expect([heap.usableSize(block), block % BigInt(alignment)], `${alignment} ${asked}`).toEqual([
      usable,
      0n,
    ]);
  }
});

test("memalign of 0 bytes does not align, as in the library", async () => {
  const heap = await TestHeap.of("jemalloc");
  const blocks = [1, 2].map(() => heap.memalign(32, 0));
  expect(blocks.map((block) => heap.usableSize(block))).toEqual([8, 8]);
  expect(blocks.some((block) => block % 32n !== 0n)).toBe(true);
});

/** Small classes, the regions of a slab and its bytes: `arenas.bin.N` as the library's mallctl returns them. */
const SLABS: readonly (readonly [bytes: number, regions: number, slabBytes: number])[] = [
  ...([
    [8, 512, 4096],
    [16, 256, 4096],
    [32, 128, 4096],
    [48, 256, 12288],
    [64, 64, 4096],
  ] as const),
  ...([
    [80, 256, 20480],
    [96, 128, 12288],
    [112, 256, 28672],
    [128, 32, 4096],
    [160, 128, 20480],
  ] as const),
  ...([
    [192, 64, 12288],
    [224, 128, 28672],
    [256, 16, 4096],
    [320, 64, 20480],
    [384, 32, 12288],
  ] as const),
  ...([
    [448, 64, 28672],
    [512, 8, 4096],
    [640, 32, 20480],
    [768, 16, 12288],
    [896, 32, 28672],
  ] as const),
  ...([
    [1024, 4, 4096],
    [1280, 16, 20480],
    [1536, 8, 12288],
    [1792, 16, 28672],
    [2048, 2, 4096],
  ] as const),
  ...([
    [2560, 8, 20480],
    [3072, 4, 12288],
    [3584, 8, 28672],
    [4096, 1, 4096],
    [5120, 4, 20480],
  ] as const),
  ...([
    [6144, 2, 12288],
    [7168, 4, 28672],
    [8192, 1, 8192],
    [10240, 2, 20480],
    [12288, 1, 12288],
  ] as const),
  [14336, 2, 28672],
];

test("slabs have the published sizes, and a thread's cache is filled by half", async () => {
  const heap = await TestHeap.of("jemalloc");
  for (const [bytes] of SLABS) heap.malloc(bytes);
  const chunks = heap.chunks;
  for (const [bytes, regions, slabBytes] of SLABS) {
    const own = chunks.filter((chunk) => chunk.bytes === bytes && chunk.state !== CHUNK_META);
    // Twice the regions of a slab have a slot, 20 to 200.
    const filled = Math.min(Math.max(2 * regions, 20), 200) / 2;
    expect(own, `${bytes}`).toHaveLength(Math.ceil(filled / regions) * regions);
    expect(regions * bytes, `${bytes}`).toBe(slabBytes);
    expect(
      own.filter(({ state }) => state === CHUNK_CACHED),
      `${bytes}`,
    ).toHaveLength(filled - 1);
  }
});

test("a full thread cache returns the older half", async () => {
  const heap = await TestHeap.of("jemalloc");
  const blocks = Array.from({ length: 300 }, () => heap.malloc(100));
  const cached = () => heap.chunks.filter(({ state }) => state === CHUNK_CACHED).length;
  expect(cached()).toBe(0);
  for (const block of blocks.slice(0, 200)) heap.free(block);
  expect(cached()).toBe(200);
  heap.free(blocks[200] as bigint);
  expect(cached()).toBe(101);
  // The last one freed comes first.
  expect(heap.malloc(100)).toBe(blocks[200]);
});

test("large blocks begin at a random cache line of their first page, small ones at their place in the slab", async () => {
  const heap = await TestHeap.of("jemalloc");
  const places = Array.from({ length: 40 }, () => Number(heap.malloc(50_000) & 4095n));
  expect(places.every((place) => place % 64 === 0)).toBe(true);
  expect(new Set(places).size).toBeGreaterThan(20);
});

test("blocks of 8 MiB have an arena that keeps no memory; threads have arenas of their own", async () => {
  const heap = await TestHeap.of("jemalloc:cores=2");
  const resident = () => heap.process.system.counters.minor;
  const block = heap.malloc(9_000_000);
  heap.process.poke(block, new Uint8Array(4096).fill(1));
  const before = resident();
  heap.free(block);
  expect(heap.process.peek(block, 8).every((byte) => byte === 0)).toBe(true);
  expect(resident()).toBe(before);
  const arenas = new Set(heap.chunks.map(({ arena }) => arena));
  expect([...arenas].sort()).toEqual([0, 8]);
});

test("threads have arenas of their own, as many as the log's cores allow", async () => {
  const lines = ["[pid 1] malloc(10) = 0x10", "[pid 2] malloc(10) = 0x20", "[pid 3] malloc(10) = 0x30"];
  const mappings = async (cores: number) =>
    (await rowOf([`# cores ${cores}`, ...lines], "jemalloc")).mmapCalls;
  // A base block and a mapping for extents each, and a block for the radix tree; others are mapped again to be aligned.
  expect(await mappings(1)).toBeLessThan(await mappings(2));
});

describe("free memory is returned to the system", () => {
  /** A hundred blocks of 40 KB each, freed; then others are allocated and freed for a while. */
  const lines = [
    ...Array.from({ length: 100 }, (_, n) => `malloc(40000) = 0x${(n + 1).toString(16)}00000`),
    ...Array.from({ length: 100 }, (_, n) => `free(0x${(n + 1).toString(16)}00000) = <void>`),
    ...Array.from({ length: 2000 }, () => ["malloc(50000) = 0x10", "free(0x10) = <void>"]).flat(),
  ];
  const decaying = (milliseconds: number, rate: number) =>
    rowOf(lines, `jemalloc:dirty_decay_ms=${milliseconds},calls_per_second=${rate}`);

  test("within the decay time", async () => {
    const [past, early] = await Promise.all([decaying(1000, 1000), decaying(1000, 1_000_000)]);
    expect(past.madviseCalls).toBeGreaterThan(0);
    expect(early.madviseCalls).toBe(0);
    // 100 blocks of 40,960 bytes, padded by a page.
    expect(early.finalResidentBytes - past.finalResidentBytes).toBeGreaterThan(3_500_000);
    expect(past.peakResidentBytes).toBe(early.peakResidentBytes);
    expect(past.finalHeapBytes).toBe(early.finalHeapBytes);
  });

  test("immediately or never, by parameter", async () => {
    const [atOnce, never] = await Promise.all([decaying(0, 1000), decaying(-1, 1000)]);
    expect(atOnce.madviseCalls).toBeGreaterThan(2000);
    expect(never.madviseCalls).toBe(0);
    expect(never.finalResidentBytes).toBe(never.peakResidentBytes);
    expect(atOnce.finalResidentBytes).toBeLessThan(never.finalResidentBytes / 10);
  });
});

test.each([
  ["jemalloc-1", "jemalloc"],
  ["jemalloc-2", "jemalloc"],
  ["jemalloc-3", "jemalloc:dirty_decay_ms=-1"],
])("%s: every block has jemalloc's offset in its mapping", async (name, allocator) => {
  const { blocks, distances, differing, heap } = await placesOf(recorded(name), allocator, jemallocUnit);
  expect(blocks).toBeGreaterThan(1000);
  expect(differing).toEqual([]);
  expect([...distances.values()]).toEqual([blocks]);
  expect(heap.isValid).toBe(true);
});

test("with fewer arenas blocks have other addresses: the comparison can fail", async () => {
  const { distances } = await placesOf(recorded("jemalloc-2"), "jemalloc:cores=1", jemallocUnit);
  expect(distances.size).toBeGreaterThan(10);
});

/**
 * The peaks of the library's mapped and resident bytes for these logs, from bench/heap/replayer.c after each call:
 * `setarch -R env LD_PRELOAD=libjemalloc.so.2 ./replayer LOG 1`.
 */
test.each([
  ["glibc-2", 20_979_712, 1_069_056],
  ["glibc-4", 49_291_264, 19_439_616],
])("%s uses %i bytes of address space and %i of memory, within a tenth", async (name, mapped, resident) => {
  const row = await rowOf(recorded(name), "jemalloc");
  expect(Math.abs(row.peakHeapBytes / mapped - 1)).toBeLessThan(0.1);
  expect(Math.abs(row.peakResidentBytes / resident - 1)).toBeLessThan(0.1);
});
