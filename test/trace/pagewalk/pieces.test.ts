import fc from "fast-check";
import { expect, test } from "vitest";
import type { BlockIndex } from "#pagewalk/trace/pagewalk/block-index.js";
import { BlockPieces } from "#pagewalk/trace/pagewalk/pieces.js";
import type { RandomAccess } from "#pagewalk/trace/source.js";
import { caseCount } from "../../build.js";

/** Blocks that a reader holds at most: the current one, and those that it reads ahead. */
const HELD = 5;
const START = 64;
const NO_COUNTS = { references: 1, instructionFetches: 0, loads: 1, stores: 0, modifies: 0 };

/** Sizes of blocks, many of which fit into a piece, or none. */
const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 900_000, max: 1_200_000 })),
  {
    minLength: 1,
    maxLength: 24,
    size: "max",
  },
);

function indexOf(lengths: readonly number[]): BlockIndex {
  let offset = START;
  const entries = lengths.map((length, firstReference) => {
    const entry = { offset, firstReference, counts: NO_COUNTS, calls: 0, pathBytes: 0 };
    offset += length;
    return entry;
  });
  return { entries, offset };
}

/** A file whose bytes differ from place to place, and the memory that reads of it have got. */
class File implements RandomAccess {
  readonly memory = new Set<ArrayBuffer>();
  reads = 0;

  constructor(readonly sizeBytes: number) {}

  static at(offset: number): number {
    return (Math.imul(offset, 0x9e3779b1) >>> 24) ^ (offset & 0xff);
  }

  async read(
    offset: number,
    length: number,
    memory?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const there = Math.max(0, Math.min(length, this.sizeBytes - offset));
    const bytes =
      memory !== undefined && memory.length >= length ? memory.subarray(0, there) : new Uint8Array(there);
    for (let at = 0; at < there; at++) bytes[at] = File.at(offset + at);
    this.memory.add(bytes.buffer);
    this.reads++;
    return bytes;
  }
}

function isAt(bytes: Uint8Array, offset: number): boolean {
  return bytes.every((byte, at) => byte === File.at(offset + at));
}

test("blocks that are read ahead have their bytes until they are released, also in a file that is cut off", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat({ max: 300_000 }), async (lengths, missing) => {
      const index = indexOf(lengths);
      const file = new File(Math.max(START, index.offset - missing));
      const pieces = new BlockPieces(file, index);
      const ahead: ReturnType<BlockPieces["read"]>[] = [];
      let next = 0;
      for (const [block, { offset }] of index.entries.entries()) {
        while (next < lengths.length && ahead.length < HELD) ahead.push(pieces.read(next++));
        const { bytes, release } = (await ahead.shift()) as Awaited<ReturnType<BlockPieces["read"]>>;
        const there = Math.max(0, Math.min(lengths[block] as number, file.sizeBytes - offset));
        expect(bytes.length).toBe(there);
        expect(isAt(bytes, offset)).toBe(true);
        release();
      }
      expect(file.reads).toBeLessThanOrEqual(lengths.length);
    }),
    { numRuns: caseCount(5) },
  );
});

test("small blocks share reads, and all reads share a few pieces of memory", async () => {
  const index = indexOf(Array.from({ length: 200 }, () => 100_000));
  const file = new File(index.offset);
  const pieces = new BlockPieces(file, index);
  for (let block = 0; block < 200; block++) (await pieces.read(block)).release();
  expect(file.reads).toBe(20);
  expect(file.memory.size).toBe(1);
});
