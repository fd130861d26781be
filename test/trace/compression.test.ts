import { execFileSync } from "node:child_process";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { caseCount } from "../build.js";
import { bytesOf, inPieces, readAll } from "./records.js";

/** A frame of zstd made of raw blocks: magic, a frame header with a 1 MiB window, blocks of at most 128 KiB. */
function zstdStored(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50])];
  for (let at = 0; at === 0 || at < bytes.length; at += 65536) {
    const block = bytes.subarray(at, at + 65536);
    const header = (block.length << 3) | (at + 65536 >= bytes.length ? 1 : 0);
    parts.push(new Uint8Array([header & 0xff, (header >> 8) & 0xff, header >> 16]), block);
  }
  return Buffer.concat(parts);
}

/** Whether the program is installed. */
function runs(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const pack = (program: string) => (bytes: Uint8Array) =>
  new Uint8Array(execFileSync(program, ["-c"], { input: bytes, maxBuffer: 2 ** 30 }));

const SKIPPABLE = new Uint8Array([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

const codecs = [
  { name: "gzip", compress: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)), there: true },
  { name: "zstd of raw blocks", compress: zstdStored, there: true },
  { name: "zstd", compress: pack("zstd"), there: runs("zstd") },
  { name: "xz", compress: pack("xz"), there: runs("xz") },
].filter(({ there }) => there);

const trace = (references: number, from = 0) =>
  Array.from({ length: references }, (_, i) => ` L ${(from + i * 8).toString(16).padStart(8, "0")},8\n`).join(
    "",
  );

describe.each(codecs)("$name", ({ name, compress }) => {
  const text = bytesOf(trace(20_000));
  const packed = compress(text);

  test("is detected from the first bytes, with any name", async () => {
    expect(await readAll(packed, { name: "trace.txt" })).toEqual(await readAll(text));
  });

  test("of several parts, one after another, is read to the end", async () => {
    const half = bytesOf(trace(10_000, 20_000 * 8));
    const both = Buffer.concat([packed, compress(half)]);
    expect(await readAll(both)).toEqual([...(await readAll(text)), ...(await readAll(half))]);
  });

  test("can be read in pieces of any size", async () => {
    const wanted = await readAll(text);
    const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        expect(await readAll(inPieces(packed, lengths))).toEqual(wanted);
      }),
      { numRuns: caseCount(10) },
    );
    expect(await readAll(inPieces(compress(bytesOf(trace(50))), [1]))).toHaveLength(50);
  });

  test("truncated anywhere is an error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 8, max: packed.length - 1 }), async (length) => {
        const reading = readAll(packed.subarray(0, length), { name: "T" });
        await expect(reading).rejects.toBeInstanceOf(InputError);
        await expect(reading).rejects.toThrow(
          new RegExp(`^T:${length}: the ${name.split(" ")[0]} data is cut off`),
        );
      }),
      { numRuns: caseCount(30) },
    );
  });

  test("with changed bytes is an error or another text, never a crash", async () => {
    const change = fc.record({
      at: fc.integer({ min: 6, max: packed.length - 1 }),
      by: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, by }) => {
        const wrong = packed.slice();
        wrong[at] = (wrong[at] ?? 0) ^ by;
        const outcome = await readAll(wrong).catch((error: unknown) => error);
        expect(Array.isArray(outcome) || outcome instanceof InputError).toBe(true);
      }),
      { numRuns: caseCount(50) },
    );
  });
});

test("zstd's skippable frames are skipped, in front too", async () => {
  const packed = zstdStored(bytesOf(trace(100)));
  const all = Buffer.concat([SKIPPABLE, packed, SKIPPABLE, packed]);
  expect(await readAll(all)).toHaveLength(200);
  expect(await readAll(inPieces(all, [1, 2]))).toHaveLength(200);
});

describe("Huffman weights of a zstd block", () => {
  /** A frame with one compressed block, whose literals have a tree with this FSE table of weights, from the low bit on. */
  const frame = (table: string) => {
    const bits = table.replaceAll(" ", "").match(/.{1,8}/g) ?? [];
    const bytes = bits.map((byte) => Number.parseInt([...byte].reverse().join(""), 2));
    const tree = [bytes.length + 2, ...bytes, 0x55, 0x80];
    const literals = 2 | (64 << 4) | ((tree.length + 8) << 14);
    const block = [
      literals & 0xff,
      (literals >> 8) & 0xff,
      literals >> 16,
      ...tree,
      ...Array(8).fill(0x81),
      0,
    ];
    return new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0, 0x50, (block.length << 3) | 5, 0, 0, ...block]);
  };
  const read = (table: string) => readAll(frame(table), { format: "lirs", name: "T" });

  test.each([
    ["the first", "0000 111111"],
    ["the second", "0000 10000 00 111111"],
    ["one behind a long run", "0000 10000 11 11 10 111111"],
    ["one of a larger table", "1000 100000 10 1111111"],
  ])("are endless if %s symbol has all of the probability, which is an error", async (_, table) => {
    await expect(read(table)).rejects.toThrow("the weights of a block's huffman tree have no end");
  });

  test("are finite if two symbols share it", async () => {
    await expect(read("0000 100001 000010")).rejects.not.toThrow("have no end");
  });
});

/** A member as bgzip writes it: with its length in the header. */
function bgzipMember(bytes: Uint8Array): Buffer {
  const deflated = deflateRawSync(bytes);
  const member = Buffer.alloc(18 + deflated.length + 8);
  Buffer.from("1f8b08040000000000ff0600424302000000", "hex").copy(member);
  member.writeUInt16LE(member.length - 1, 16);
  deflated.copy(member, 18);
  member.writeUInt32LE(crc32(bytes), member.length - 8);
  member.writeUInt32LE(bytes.length, member.length - 4);
  return member;
}

test("a bgzip file truncated between members is an error", async () => {
  const [one, two] = [trace(40), trace(60)].map((text) => bgzipMember(bytesOf(text))) as [Buffer, Buffer];
  const whole = Buffer.concat([one, two, bgzipMember(new Uint8Array(0))]);
  for (const lengths of [[1], [7, 40], [100_000]]) {
    expect(await readAll(inPieces(whole, lengths))).toHaveLength(100);
    for (const cut of [one, Buffer.concat([one, two]), whole.subarray(0, -1)]) {
      await expect(readAll(inPieces(cut, lengths))).rejects.toThrow(/gzip data is cut off or corrupt/);
    }
  }
});

test("a compressed empty file is an error", async () => {
  await expect(readAll(new Uint8Array(gzipSync(""))).then()).rejects.toThrow(
    "holds no bytes once decompressed",
  );
});

describe("checksums of zstd frames", () => {
  /** Published hashes of XXH64, their lower halves: of nothing, and of "abc". */
  const frame = (text: string, sum: number) =>
    Buffer.concat([
      new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x24, text.length, (text.length << 3) | 1, 0, 0]),
      bytesOf(text),
      new Uint8Array([sum & 0xff, (sum >> 8) & 0xff, (sum >> 16) & 0xff, sum >>> 24]),
    ]);
  const abc = frame("abc", 0xad770999);
  const nothing = frame("", 0x51d8e999);

  test("are verified for each frame", async () => {
    const digits = zstdStored(bytesOf("4711\n"));
    const options = { format: "lirs", name: "T" };
    expect(await readAll(Buffer.concat([digits, nothing, abc]), options)).toHaveLength(1);
    for (const wrong of [frame("abc", 0xad770998), frame("abd", 0xad770999)]) {
      await expect(readAll(Buffer.concat([digits, wrong]), options)).rejects.toThrow(
        "a frame has another checksum",
      );
    }
  });

  test.runIf(runs("zstd"))("no bit of a compressed file can change without an error", async () => {
    await expectEveryBitCounts(pack("zstd"));
  });

  test.runIf(runs("xz"))("nor one of an xz file", async () => {
    await expectEveryBitCounts(pack("xz"));
  });
});

/** Flips bits: the text is refused or unchanged. */
async function expectEveryBitCounts(compress: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const text = bytesOf(Array.from({ length: 3000 }, (_, i) => `${(i * 7919) % 5003}\n`).join(""));
  const packed = compress(text);
  const wanted = await readAll(text);
  const bit = fc.integer({ min: 0, max: packed.length * 8 - 1 });
  await fc.assert(
    fc.asyncProperty(bit, async (at) => {
      const wrong = packed.slice();
      wrong[at >> 3] = (wrong[at >> 3] ?? 0) ^ (1 << (at & 7));
      const outcome = await readAll(wrong, { format: "lirs" }).catch((error: unknown) => error);
      if (!(outcome instanceof InputError)) expect(outcome).toEqual(wanted);
    }),
    { numRuns: caseCount(100) },
  );
}

describe("gzip after its last member", () => {
  const member = gzipSync("1\n2\n");
  const read = (...parts: Uint8Array[]) => readAll(Buffer.concat(parts), { format: "lirs", name: "T" });

  test("may have only zeros", async () => {
    expect(await read(member, new Uint8Array(600))).toHaveLength(2);
    await expect(read(member, new Uint8Array([0, 0x8b, 8, 1]))).rejects.toThrow(
      "bytes follow the last member",
    );
    await expect(read(member, new Uint8Array(70_000), new Uint8Array([1]))).rejects.toThrow("bytes follow");
    await expect(read(member, bytesOf("garbage"))).rejects.toThrow("the gzip data is cut off or corrupt");
  });

  test("must have the end block of a bgzip file before it", async () => {
    // A member with the extra field of BGZF, whose size is not checked here.
    const block = Buffer.concat([
      new Uint8Array([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 0x42, 0x43, 2, 0, 0, 0]),
      member.subarray(10),
    ]);
    const end = Buffer.from("1f8b08040000000000ff0600424302001b0003000000000000000000", "hex");
    expect(await read(block, block, end)).toHaveLength(4);
    await expect(read(block, block)).rejects.toThrow("the block that ends the file is missing");
  });
});
