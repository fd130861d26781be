import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStructures, get, put, type Structures } from "../structures.js";
import { expand, parse, type Sequence, write } from "./lz4.js";

const PADDING = 32; // LZ4_PADDING, which the first test compares

/** The bytes of a block; undefined when the kernel finds it damaged. */
function decode(structures: Structures, block: Uint8Array, rawLength: number): Uint8Array | undefined {
  const input = put(structures, block, PADDING);
  const output = structures.allocate(BigInt(rawLength + PADDING));
  return structures.decodeLz4(input, block.length, output, rawLength)
    ? get(structures, output, rawLength)
    : undefined;
}

function encode(structures: Structures, encoder: number, bytes: Uint8Array): Uint8Array {
  const input = put(structures, bytes);
  const output = structures.allocate(structures.lz4Bound(BigInt(bytes.length)));
  return get(structures, output, structures.encodeLz4(encoder, input, bytes.length, output));
}

const byte = fc.nat(255);
const sequence: fc.Arbitrary<Sequence> = fc.record({
  literals: fc.oneof(
    fc.array(byte, { maxLength: 5 }),
    fc.array(byte, { minLength: 10, maxLength: 300, size: "max" }),
  ),
  offset: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 400 })),
  match: fc.oneof(fc.integer({ min: 4, max: 40 }), fc.integer({ min: 4, max: 600 })),
});
const last: fc.Arbitrary<Sequence> = fc.record({ literals: fc.array(byte, { maxLength: 20, size: "max" }) });
const sequences = fc
  .tuple(fc.array(sequence, { maxLength: 12, size: "max" }), last)
  .map(([before, end]): Sequence[] => [{ literals: [1, 2, 3], offset: 3, match: 400 }, ...before, end]);

describe("the decoder", () => {
  test("writes at most LZ4_PADDING bytes too many", async () => {
    const structures = await createStructures();
    expect(structures.LZ4_PADDING.valueOf()).toBe(PADDING);
    const block = write([{ literals: [7], offset: 1, match: 17 }, { literals: [9] }]);
    const input = put(structures, block, PADDING);
    const output = structures.allocate(100n);
    new Uint8Array(structures.memory.buffer, output, 100).fill(0xaa);
    expect(structures.decodeLz4(input, block.length, output, 19)).toBe(true);
    expect(get(structures, output, 100).lastIndexOf(9)).toBe(18);
    expect(get(structures, output + 19 + PADDING, 100 - 19 - PADDING)).toEqual(
      new Uint8Array(100 - 19 - PADDING).fill(0xaa),
    );
  });

  test("expands any sequences as a byte-by-byte copy does", async () => {
    const structures = await createStructures();
    fc.assert(
      fc.property(sequences, (list) => {
        const raw = expand(list) as Uint8Array;
        expect(decode(structures, write(list), raw.length)).toEqual(raw);
      }),
    );
  });

  test("accepts a damaged block only if it still expands to the same number of bytes", async () => {
    const structures = await createStructures();
    const damage = fc.array(fc.tuple(fc.nat(4000), byte), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(sequences, damage, fc.nat(30), (list, changes, cut) => {
        const { length } = expand(list) as Uint8Array;
        const block = write(list);
        for (const [at, value] of changes) block[at % block.length] = value;
        const damaged = block.subarray(0, Math.max(1, block.length - (cut > 15 ? 0 : cut)));
        const parsed = parse(damaged);
        const raw = parsed === undefined ? undefined : expand(parsed);
        expect(decode(structures, damaged, length)).toEqual(raw?.length === length ? raw : undefined);
      }),
    );
  });

  test("refuses an empty block, an offset of 0 and one before the first byte", async () => {
    const structures = await createStructures();
    expect(decode(structures, Uint8Array.of(), 0)).toBeUndefined();
    expect(decode(structures, Uint8Array.of(0x10, 5, 0, 0, 0x50, 1, 2, 3, 4, 5), 10)).toBeUndefined();
    expect(decode(structures, Uint8Array.of(0x10, 5, 2, 0, 0x50, 1, 2, 3, 4, 5), 10)).toBeUndefined();
    expect(decode(structures, Uint8Array.of(0x10, 5, 1, 0, 0x50, 1, 2, 3, 4, 5), 10)).toEqual(
      Uint8Array.of(5, 5, 5, 5, 5, 1, 2, 3, 4, 5),
    );
  });
});

/** Bytes with repetitions near and far. */
const repetitive = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 40, size: "max" }),
    fc.tuple(byte, fc.nat(400)).map(([value, length]) => new Uint8Array(length).fill(value)),
    fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(30)).map(([part, times]) => {
      return Uint8Array.from({ length: part.length * times }, (_, n) => part[n % part.length] as number);
    }),
  ),
  { maxLength: 12, size: "max" },
);

describe("the encoder", () => {
  test("writes blocks that the naive decoder reads, within the bound and the rules for their end", async () => {
    const structures = await createStructures();
    const encoder = structures.createLz4Encoder();
    fc.assert(
      fc.property(repetitive, (parts) => {
        const raw = Uint8Array.from(parts.flatMap((part) => [...part]));
        const block = encode(structures, encoder, raw);
        expect(BigInt(block.length)).toBeLessThanOrEqual(structures.lz4Bound(BigInt(raw.length)));
        const list = parse(block) as Sequence[];
        expect(expand(list)).toEqual(raw);
        expect(decode(structures, block, raw.length)).toEqual(raw);
        expectSoundEnd(list, raw.length);
      }),
    );
  });

  /** The last five bytes are literals, and the last match starts at least twelve bytes before the end. */
  function expectSoundEnd(list: readonly Sequence[], length: number): void {
    const tail = list.at(-1)?.literals.length ?? 0;
    const { match } = list.at(-2) ?? {};
    if (match === undefined) return;
    expect(tail).toBeGreaterThanOrEqual(5);
    expect(tail + match).toBeGreaterThanOrEqual(12);
    expect(tail + match).toBeLessThanOrEqual(length);
  }

  test("finds repetitions at distances of up to 64 KiB, and none beyond", async () => {
    const structures = await createStructures();
    const encoder = structures.createLz4Encoder();
    const rng = structures.createRng();
    structures.seedRng(rng, 1n);
    const random = Uint8Array.from({ length: 70_000 }, () => Number(structures.nextRandom(rng) & 255n));
    const again = (distance: number) => {
      const raw = new Uint8Array(distance + 1000);
      raw.set(random.subarray(0, distance));
      raw.set(random.subarray(0, 1000), distance);
      const block = encode(structures, encoder, raw);
      expect(Buffer.compare(raw, decode(structures, block, raw.length) as Uint8Array)).toBe(0);
      return raw.length - block.length;
    };
    expect(again(65_535)).toBeGreaterThan(500);
    expect(again(65_536)).toBeLessThan(0);
  });

  test("compresses a page of zeros to less than a hundredth, and nothing to one byte", async () => {
    const structures = await createStructures();
    const encoder = structures.createLz4Encoder();
    expect(encode(structures, encoder, new Uint8Array(4096)).length).toBeLessThan(41);
    expect(encode(structures, encoder, Uint8Array.of()).length).toBe(1);
  });
});
