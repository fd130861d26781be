import { execFileSync } from "node:child_process";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { caseCount } from "../build.js";
import { runs, zstdStored } from "./compressed.js";
import { bytesOf, inPieces, readAll } from "./records.js";

const pack = (program: string) => (bytes: Uint8Array) =>
  new Uint8Array(execFileSync(program, ["-c"], { input: bytes, maxBuffer: 2 ** 30 }));

const codecs = [
  { name: "gzip", compress: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)), there: true },
  { name: "zstd of raw blocks", compress: zstdStored, there: !runs("zstd") },
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

test.runIf(runs("xz"))("no bit of an xz file can change without an error", async () => {
  const text = bytesOf(Array.from({ length: 3000 }, (_, i) => `${(i * 7919) % 5003}\n`).join(""));
  const packed = pack("xz")(text);
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
});

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
