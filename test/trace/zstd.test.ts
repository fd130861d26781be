import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { wasmDecoder } from "#pagewalk/trace/zstd/wasm.js";
import { platformDecoder } from "#pagewalk/trace/zstd/zlib.node.js";
import { unzstd } from "#pagewalk/trace/zstd/zstd.js";
import { caseCount } from "../build.js";
import { runs, SKIPPABLE, zstdStored } from "./compressed.js";
import { bytesOf, inPieces, readAll } from "./records.js";

const pack = (bytes: Uint8Array, ...options: string[]): Uint8Array =>
  execFileSync("zstd", ["-c", ...options], { input: bytes, maxBuffer: 2 ** 30 });

/** Numbers, one a line, in an order that repeats only after 5003 of them. */
const digits = (count: number, from = 0) =>
  bytesOf(Array.from({ length: count }, (_, i) => `${((from + i) * 7919) % 5003}\n`).join(""));

/** More than a block, and more than the decoders give at a time. */
const TEXT = Buffer.concat([digits(20_000), Buffer.alloc(700_000, "7\n"), digits(60_000, 20_000)]);

const platform = await platformDecoder();
platform?.close();

const decoders = [
  { name: "WebAssembly", decoderOf: wasmDecoder, there: true },
  {
    name: "the platform",
    decoderOf: async () => (await platformDecoder()) ?? wasmDecoder(),
    there: platform !== undefined,
  },
].filter(({ there }) => there);

describe.each(decoders)("zstd by $name", ({ decoderOf }) => {
  const decoded = async (packed: Uint8Array, lengths = [65_536]): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of unzstd(inPieces(packed, lengths), decoderOf))
      chunks.push(new Uint8Array(chunk));
    return Buffer.concat(chunks);
  };
  const stored = zstdStored(digits(3000));

  test("frames of raw blocks, skippable frames, in pieces of any size", async () => {
    const all = Buffer.concat([
      SKIPPABLE,
      stored,
      SKIPPABLE,
      zstdStored(new Uint8Array(0)),
      stored,
      SKIPPABLE,
    ]);
    const wanted = Buffer.concat([digits(3000), digits(3000)]);
    for (const lengths of [[1], [7, 40], [all.length]]) {
      expect((await decoded(all, lengths)).equals(wanted)).toBe(true);
    }
  });

  test("a run of one byte that is far longer than its block", async () => {
    const runs = Array.from({ length: 40 }, (_, i) => [2 | (131_072 << 3) | (i === 39 ? 1 : 0), 0x37]);
    const blocks = runs.flatMap(([header = 0, byte = 0]) => [
      header & 255,
      (header >> 8) & 255,
      header >> 16,
      byte,
    ]);
    const text = await decoded(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0, 0x50, ...blocks]));
    expect(text.equals(Buffer.alloc(40 * 131_072, 0x37))).toBe(true);
  });

  test("bytes behind the last frame are an error", async () => {
    for (const garbage of [bytesOf("garbage"), new Uint8Array(8)]) {
      await expect(decoded(Buffer.concat([stored, garbage]))).rejects.toThrow("invalid magic number");
    }
    await expect(decoded(Buffer.concat([stored, stored.subarray(0, 3)]))).rejects.toThrow("is cut off");
  });

  test.each([
    [0, "window of more than 128 MiB", [0x00, 0x91]],
    [0, "window of more than 128 MiB", [0x00, 0xff]],
    [0, "needs a dictionary", [0x01, 0x50, 0x2a]],
    [0, "header of a frame is invalid", [0x08, 0x50]],
    [7, "a block is invalid", [0x00, 0x50]],
  ])("a block of type %i >> 1: %s", async (type, fault, header) => {
    const frame = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, ...header, (1 << 3) | type | 1, 0, 0, 0x37]);
    await expect(decoded(frame)).rejects.toThrow(fault);
  });

  test("a window of 128 MiB is decoded", async () => {
    const frame = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, (1 << 3) | 1, 0, 0, 0x37]);
    expect(`${await decoded(frame)}`).toBe("7");
  });

  describe("checksums", () => {
    /** Published hashes of XXH64, their lower halves: of nothing, and of "abc". */
    const frame = (text: string, sum: number) =>
      Buffer.concat([
        new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x24, text.length, (text.length << 3) | 1, 0, 0]),
        bytesOf(text),
        new Uint8Array([sum & 0xff, (sum >> 8) & 0xff, (sum >> 16) & 0xff, sum >>> 24]),
      ]);

    test("are verified, of each frame", async () => {
      const nothing = frame("", 0x51d8e999);
      const all = Buffer.concat([stored, nothing, frame("abc", 0xad770999)]);
      expect((await decoded(all)).equals(Buffer.concat([digits(3000), bytesOf("abc")]))).toBe(true);
      for (const wrong of [frame("abc", 0xad770998), frame("abd", 0xad770999), frame("", 0x51d8e998)]) {
        await expect(decoded(Buffer.concat([stored, wrong]))).rejects.toThrow("a frame has another checksum");
      }
    });
  });

  describe.runIf(runs("zstd"))("as the program compresses", () => {
    test.each([["-1"], ["-9"], ["-19"], ["--ultra", "--long=27"], ["--no-check"], ["-B4096"]])(
      "with %s",
      async (...options) => {
        const packed = pack(TEXT, ...options);
        expect((await decoded(Buffer.concat([packed, packed]))).equals(Buffer.concat([TEXT, TEXT]))).toBe(
          true,
        );
      },
    );

    test("in pieces of any size", async () => {
      const packed = Buffer.concat([pack(digits(3000)), pack(digits(2000, 3000))]);
      const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(sizes, async (lengths) => {
          expect((await decoded(packed, lengths)).equals(digits(5000))).toBe(true);
        }),
        { numRuns: caseCount(20) },
      );
    });

    test("and cut off anywhere, is an error", async () => {
      const packed = Buffer.concat([pack(digits(3000)), pack(digits(2000, 3000))]);
      const first = pack(digits(3000)).length;
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: packed.length - 1 }), async (length) => {
          if (length !== first) {
            await expect(decoded(packed.subarray(0, length))).rejects.toThrow("a frame is cut off");
          }
        }),
        { numRuns: caseCount(30) },
      );
    });

    test("no bit can change without an error", async () => {
      const packed = pack(digits(3000));
      const bit = fc.integer({ min: 0, max: packed.length * 8 - 1 });
      await fc.assert(
        fc.asyncProperty(bit, async (at) => {
          const wrong = packed.slice();
          wrong[at >> 3] = (wrong[at >> 3] ?? 0) ^ (1 << (at & 7));
          const outcome = await decoded(wrong).catch((error: unknown) => error);
          // A bit of the descriptor or of the first sequence may have no meaning.
          if (!(outcome instanceof Error))
            expect(digits(3000).every((byte, i) => (outcome as Buffer)[i] === byte)).toBe(true);
        }),
        { numRuns: caseCount(100) },
      );
    });
  });

  describe("Huffman weights of a block", () => {
    /** A frame with one compressed block, whose literals have a tree with this FSE table of weights, from the low bit on. */
    const frame = (table: string) => {
      const bits = table.replaceAll(" ", "").match(/.{1,8}/g) ?? [];
      const bytes = bits.map((byte) => Number.parseInt([...byte].reverse().join(""), 2));
      const tree = [bytes.length + 2, ...bytes, 0x55, 0x80];
      const literals = 2 | (64 << 4) | ((tree.length + 8) << 14);
      const head = [literals & 0xff, (literals >> 8) & 0xff, literals >> 16];
      const block = [...head, ...tree, ...Array(8).fill(0x81), 0];
      return new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0, 0x50, (block.length << 3) | 5, 0, 0, ...block]);
    };

    test.each([
      ["the first", "0000 111111"],
      ["the second", "0000 10000 00 111111"],
      ["one behind a long run", "0000 10000 11 11 10 111111"],
      ["one of a larger table", "1000 100000 10 1111111"],
    ])("have no end if %s symbol has all of the probability, which is an error", async (_, table) => {
      await expect(decoded(frame(table))).rejects.toThrow("a block is invalid");
    });
  });
});

test("several zstd traces are read at the same time", async () => {
  const numbers = [3000, 4000, 5000];
  const traces = await Promise.all(
    numbers.map((count) => readAll(zstdStored(digits(count)), { format: "lirs" })),
  );
  expect(traces.map(({ length }) => length)).toEqual(numbers);
});

test("zstd data that cannot be decoded here is an error with a remedy", async () => {
  const wide = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, (2 << 3) | 1, 0, 0, 0x37, 0x0a]);
  const reading = readAll(wide, { name: "T" });
  await expect(reading).rejects.toBeInstanceOf(InputError);
  await expect(reading).rejects.toThrow(
    "T: the zstd data has a window of more than 128 MiB; pass it through zstd -dc --long=31",
  );
});
