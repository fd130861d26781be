import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { decompress } from "fzstd";
import { describe, expect, test } from "vitest";
import { unzstd } from "#pagewalk/trace/zstd.js";
import { bytesOf, inPieces } from "./records.js";

async function unpack(packed: Uint8Array, lengths: readonly number[] = [65536]): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for await (const block of unzstd(inPieces(packed, lengths))) blocks.push(new Uint8Array(block));
  return new Uint8Array(Buffer.concat(blocks));
}

function hasZstd(): boolean {
  try {
    execFileSync("zstd", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const pack = (bytes: Uint8Array, ...options: string[]) =>
  new Uint8Array(execFileSync("zstd", ["-q", "-c", ...options], { input: bytes, maxBuffer: 2 ** 30 }));

// `seq 1 400 | zstd -19`, with its checksum: Huffman-coded literals in one stream, packed tables, repeated offsets.
const NUMBERS = Array.from({ length: 400 }, (_, i) => `${i + 1}\n`).join("");
const PACKED_NUMBERS = Buffer.from(
  "KLUv/QRodRMASl2kCQugxQ1k22RPVe8eApYAlgCWABtwh+3apu3Zlu3Y7ja3tw22A9gFNoE9YAvYAXbBJtgDG4AdwhWm8IQlHOGGGV4YhENdNdVTSx11a9arQR3oookeWuigS5MeDegw10zzzDLH3JnzZjAHuWSSRxY55MqUJwM5xBVTPLHEETdmvBjEoVenPl169Hb2ddADL058uPDg5eTjgIddm/Zs2bG7ubfBDtf0LMedL+Md5/jGwXgAvAAnwAdwATwAL+AEfIADwEPYFTaFPWFL2BF2w2bYCxuEHWpXbao9taV21G5t1l5tUDvQLtpEe2gL7aBd2qQ92oB2mF2zafbMltkxu7M5e7PB7CC7ZJPskS2yQ3ZlU/ZkA9khdsWm2BNbYkfsxmbsxQaxQ3d1U/d0S3d0t5vd6wbdgbu4iXu4hTu4y03uMQT6gC6gB+gFnaAPdAB6CLwCp8AncAk8Am/gDHyBg8BD8SpOxae4FI/iLc7iKw6KB+JFnIgPcSEexEucxEccEA/DazgNn+EyPIZ3OIdvOBgehJdwEj7CRXgIr3AKn3AgPASv4BR8gkvwCN7gDL7gIHgor3Iqn3Ipj/KWs3zloDyQFzmRD7mQB3nJST5yQB7Ga5zGZ1zGIwMQh9ArdAp9QpfQI/SGztAXOgg9VK/qVH2qS/Wo3uqsvuqgeqBe1In6UBfqQb3USX3UAfUwvabT9Jku02N6p3P6poPpQXpJJ+kjXaSH9Eqn9EkH0kP0ik7RJ7pEj+iNzuiLDqKH9mqn9mmX9mhvO9vXDtoDe7ET+7ALe7CXnexjB+xhvdZpfdZlPda7zvWtg/UAeoEeADugOAg=",
  "base64",
);

describe("a recorded frame", () => {
  test("unpacks to what was packed, in pieces of any size", async () => {
    for (const length of [1, 2, 3, 7, 1000]) {
      expect(await unpack(PACKED_NUMBERS, [length])).toEqual(bytesOf(NUMBERS));
    }
  });

  test("with any one bit changed is an error: the checksum sees what nothing else does", async () => {
    const bit = fc.integer({ min: 0, max: PACKED_NUMBERS.length * 8 - 1 });
    await fc.assert(
      fc.asyncProperty(bit, async (at) => {
        const wrong = new Uint8Array(PACKED_NUMBERS);
        wrong[at >> 3] = (wrong[at >> 3] ?? 0) ^ (1 << (at & 7));
        const outcome = await unpack(wrong).catch((error: unknown) => error);
        // A few bits, such as those of the window's size, may change without changing what is unpacked.
        if (outcome instanceof Uint8Array) expect(outcome).toEqual(bytesOf(NUMBERS));
        else expect(outcome).toBeInstanceOf(Error);
      }),
      { numRuns: 150 },
    );
  });

  test("cut off anywhere is an error", async () => {
    for (let length = 1; length < PACKED_NUMBERS.length; length += 5) {
      await expect(unpack(PACKED_NUMBERS.subarray(0, length))).rejects.toThrow("unexpected end");
    }
  });
});

describe("a frame that cannot be unpacked says why", () => {
  const frame = (descriptor: number, ...rest: number[]) =>
    new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...rest, 0, 0, 0, 0, 0, 0, 0, 0]);

  test.each([
    ["no frame where one is due", new Uint8Array([0x28, 0xb5, 0x2f, 0xfc, 0, 0, 0, 0])],
    ["bad frame header", frame(0x08)],
    ["it needs a dictionary", frame(0x01, 0x50, 7)],
    ["its window is larger than 1 GiB", frame(0x00, 0xff)],
    ["bad block header", frame(0x00, 0x50, 0x07, 0, 0)],
    ["bad literals", frame(0x00, 0x50, 0x0d, 0, 0, 0xff)],
  ])("%s", async (message, packed) => {
    await expect(unpack(packed)).rejects.toThrow(message);
  });
});

describe.runIf(hasZstd())("what the zstd program packs", () => {
  const word = fc.string({ minLength: 1, maxLength: 12 });
  const phrase = fc
    .array(word, { minLength: 1, maxLength: 30 })
    .chain((words) =>
      fc
        .array(fc.constantFrom(...words), { maxLength: 4000, size: "max" })
        .map((text) => bytesOf(text.join(" "))),
    );
  // Rows whose columns repeat at distances of their own: what repeated offsets are for.
  const table = fc
    .array(fc.tuple(fc.nat(5), fc.nat(300), fc.nat(20)), { minLength: 100, maxLength: 4000, size: "max" })
    .map((rows) =>
      bytesOf(rows.map(([a, b, c]) => `${a * 7919} ${(b * 104729).toString(16)},${c}\n`).join("")),
    );
  const run = fc
    .tuple(fc.nat(255), fc.nat(400_000))
    .map(([byte, length]) => new Uint8Array(length).fill(byte));
  const noise = fc.uint8Array({ maxLength: 3000, size: "max" });
  const content = fc
    .array(fc.oneof(table, phrase, run, noise), { maxLength: 4 })
    .map((parts) => Buffer.concat(parts));
  const level = fc.constantFrom("-1", "-3", "-9", "-19");

  test("is unpacked to the last byte, at any level", async () => {
    await fc.assert(
      fc.asyncProperty(
        content,
        level,
        fc.integer({ min: 1, max: 100_000 }),
        async (bytes, option, length) => {
          const unpacked = await unpack(pack(bytes, option), [length]);
          expect(Buffer.compare(unpacked, bytes)).toBe(0);
        },
      ),
      { numRuns: 40, endOnFailure: true },
    );
  });

  test("agrees with another implementation also after damage, where both accept it", async () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(phrase, damage, async (bytes, changes) => {
        const wrong = pack(bytes, "-19", "--no-check");
        for (const [where, by] of changes) {
          const at = 6 + (where % (wrong.length - 6));
          wrong[at] = (wrong[at] ?? 0) ^ by;
        }
        const ours = await unpack(wrong).catch(() => undefined);
        const theirs = attempt(() => decompress(wrong));
        if (ours !== undefined && theirs !== undefined) expect(Buffer.compare(ours, theirs)).toBe(0);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  test("with a window smaller than the content still reaches back as far as it says", async () => {
    const half = new Uint8Array(300_000).map((_, i) => (i * i * 31) >> 7);
    const bytes = Buffer.concat([half, half, half, half, half]);
    const packed = pack(bytes, "--zstd=wlog=19", "-9");
    expect(packed.length).toBeLessThan(450_000);
    expect(Buffer.compare(await unpack(packed, [4096]), bytes)).toBe(0);
  });
});

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
