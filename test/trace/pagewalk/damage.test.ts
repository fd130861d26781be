import { crc32 } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { InputError, UsageError } from "#pagewalk/errors.js";
import type { PagewalkReader } from "#pagewalk/trace/pagewalk/reader.js";
import { createPagewalkWriter } from "#pagewalk/trace/pagewalk/writer.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { SECTION_PAGES } from "../../../assembly/trace/pagewalk/format.js";
import { caseCount } from "../../build.js";
import {
  fileOf,
  type Item,
  items,
  open,
  openFile,
  openStream,
  options,
  readItems,
  readTouches,
} from "./files.js";
import { opened, sealed } from "./tamper.js";

const MIB = 2 ** 20;

const kernel = await Kernel.create();
kernel.allocate(8);
const untouched = kernel.snapshot();
/** The kernel as it was made: one for thousands of readers. */
const freshKernel = () => {
  kernel.restore(untouched);
  return kernel;
};

type Way = (bytes: Uint8Array) => Promise<unknown>;
const openWays: Record<string, (bytes: Uint8Array, kernel: Kernel) => Promise<PagewalkReader>> = {
  file: openFile,
  stream: (bytes, kernel) => openStream(bytes, [64, 1, 1000], kernel),
};
const readWays = { records: readItems, pages: readTouches };
const WAYS: Way[] = Object.values(openWays).flatMap((openWay) =>
  Object.values(readWays).map((read) => async (bytes: Uint8Array) => {
    const kernel = freshKernel();
    return read(kernel, await openWay(bytes, kernel));
  }),
);

/** The result of reading, or the message of its `InputError`; any other error fails the test. */
async function outcome(way: Way, bytes: Uint8Array): Promise<unknown> {
  try {
    return await way(bytes);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^t\.pagewalk:\d+: [^;]+; [^;]+$/);
    return error.message;
  }
}

/** A small file with everything: kinds, crossings, calls, several blocks. */
const SMALL: Item[] = [
  { kind: 0, address: 0x401000n, size: 4 },
  { kind: 1, address: 0x1fff000758n, size: 8 },
  "brk(NULL) = 0x4000",
  { kind: 0, address: 0x401004n, size: 2 },
  { kind: 2, address: 0x1fff000ffcn, size: 8 },
  { kind: 0, address: 0x401000n, size: 4 },
  { kind: 3, address: 0x1fff001000n, size: 8 },
  { kind: 0, address: 0x401004n, size: 2 },
];

test("a file with any bit flipped is refused, also if the bit is not needed", async () => {
  const bytes = await fileOf(SMALL, { unit: "address", blockReferences: 4 });
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    // In turn, so that each way of reading covers each byte.
    const way = WAYS[bit % WAYS.length] as Way;
    expect(await outcome(way, flipped), `bit ${bit}`).toBeTypeOf("string");
  }
});

describe.each(["address", "page"] as const)("a file of unit %s", (unit) => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = await fileOf(SMALL, { unit, blockReferences: 4 });
  });

  test("truncated anywhere is refused, and the message gives the complete part", async () => {
    for (let length = 0; length < bytes.length; length++) {
      const result = await outcome(WAYS[length % WAYS.length] as Way, bytes.slice(0, length));
      expect(result, `cut at ${length}`).toMatch(/t\.pagewalk:\d+: .* complete/);
    }
    const last = await outcome(WAYS[0] as Way, bytes.slice(0, -1));
    expect(last).toMatch(/the first 7 references are complete/);
  });

  test("that has bytes after its end is refused", async () => {
    for (const way of WAYS) {
      expect(await outcome(way, Buffer.concat([bytes, bytes]))).toMatch(/has bytes after its end/);
    }
  });
});

describe("a false file with right checksums", () => {
  const lie = fc.oneof(
    // A field of a block's header, or a byte of a section.
    fc.record({
      what: fc.constant("field" as const),
      at: fc.constantFrom(4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48),
      value: fc.oneof(fc.nat(9), fc.constantFrom(0xffffffff, 0x7fffffff, 65536, 65537, 4194304), fc.nat()),
    }),
    fc.record({
      what: fc.constant("bytes" as const),
      section: fc.nat(5),
      at: fc.nat(),
      values: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    }),
    fc.record({
      what: fc.constant("length" as const),
      section: fc.nat(5),
      length: fc.oneof(fc.nat(20), fc.nat(3000)),
    }),
    fc.record({
      what: fc.constant("forged" as const),
      section: fc.nat(5),
      stored: fc.uint8Array({ maxLength: 60 }),
      rawBytes: fc.oneof(fc.nat(200), fc.nat()),
    }),
  );

  test("is refused or read, without a trap, an endless loop or much memory", async () => {
    const lies = fc.array(fc.tuple(fc.nat(), lie), { minLength: 1, maxLength: 4 });
    let refused = 0;
    let read = 0;
    await fc.assert(
      fc.asyncProperty(items, options, lies, async (all, how, changes) => {
        const file = opened(await fileOf(all, how));
        for (const [number, change] of changes) {
          const block = file.blocks[number % file.blocks.length];
          if (block === undefined) continue;
          if (change.what === "field") block.header.writeUInt32LE(change.value, change.at);
          else if (change.what === "forged") {
            const { stored, rawBytes } = change;
            block.forged.set(change.section, { stored: Buffer.from(stored), rawBytes });
          } else {
            const old = block.sections[change.section] ?? Buffer.alloc(0);
            if (change.what === "bytes") Buffer.from(change.values).copy(old, change.at % (old.length + 1));
            else block.sections[change.section] = Buffer.concat([old, Buffer.alloc(3000, 1)], change.length);
          }
        }
        const bytes = sealed(file);
        const kinds = new Set<string>();
        for (const way of WAYS) {
          const before = freshKernel().memory.buffer.byteLength;
          const result = await outcome(way, bytes);
          kinds.add(typeof result);
          if (typeof result === "string") refused++;
          else read++;
          // The arena grows by a half.
          expect(kernel.memory.buffer.byteLength - before).toBeLessThan(64 * MIB + before / 2);
        }
        // Its blocks are small, so a reader of pages checks everything that a reader of records does.
        expect(kinds.size).toBe(1);
      }),
      { numRuns: caseCount(150) },
    );
    expect(refused).toBeGreaterThan(50);
    expect(read).toBeGreaterThan(5);
  });

  test("with an empty page path is refused by every reader", async () => {
    const file = opened(await fileOf(SMALL, { unit: "address", blockReferences: 4 }));
    file.blocks[0]?.forged.set(SECTION_PAGES, { stored: Buffer.alloc(0), rawBytes: 0 });
    const bytes = sealed(file);
    for (const way of WAYS) expect(await outcome(way, bytes)).toMatch(/the section "page path" of the block/);
  });

  test("with false kinds of references is refused with that reason, for any part that is read", async () => {
    const file = opened(await fileOf(SMALL, { unit: "address", blockReferences: 4 }));
    const header = file.blocks[1]?.header as Buffer;
    const [fetches, loads, stores, modifies] = [16, 20, 24, 28];
    for (const [from, to] of [
      [modifies, loads],
      [fetches, stores],
    ] as const) {
      header.writeUInt32LE(header.readUInt32LE(from) - 1, from);
      header.writeUInt32LE(header.readUInt32LE(to) + 1, to);
      for (const way of WAYS) {
        expect(await outcome(way, sealed(file))).toMatch(
          /counts other kinds of references than the block has/,
        );
      }
      header.writeUInt32LE(header.readUInt32LE(from) + 1, from);
      header.writeUInt32LE(header.readUInt32LE(to) - 1, to);
    }
  });

  test("with a false index is refused, for any part that is read", async () => {
    const bytes = Buffer.from(sealed(opened(await fileOf(SMALL, { unit: "address", blockReferences: 4 }))));
    const index = Number(bytes.readBigUInt64LE(bytes.length - 24));
    const entries = bytes.readUInt32LE(index + 4);
    for (const field of [0, 8, 16, 24, 32, 36]) {
      const lying = Buffer.from(bytes);
      lying.writeUInt32LE(lying.readUInt32LE(index + 8 + field) ^ 1, index + 8 + field);
      const end = index + 8 + 40 * entries;
      lying.writeUInt32LE(crc32(lying.subarray(index, end)), end);
      for (const way of WAYS)
        expect(await outcome(way, new Uint8Array(lying)), `${field}`).toMatch(/(index|header) is damaged/);
    }
  });

  test("without a false field is read", async () => {
    const bytes = sealed(opened(await fileOf(SMALL, { unit: "address", blockReferences: 3 })));
    for (const way of WAYS) expect(typeof (await outcome(way, bytes))).toBe("object");
  });
});

describe("a header is refused", () => {
  async function refusal(change: (head: Buffer) => void): Promise<unknown> {
    const bytes = Buffer.from(await fileOf(SMALL, { unit: "address" }));
    change(bytes);
    bytes.writeUInt32LE(
      crc32(bytes.subarray(24, 24 + bytes.readUInt32LE(16)), crc32(bytes.subarray(0, 20))),
      20,
    );
    return outcome(WAYS[0] as Way, bytes);
  }

  test("of a later version, with a remedy", async () => {
    const message = await refusal((head) => head.writeUInt16LE(2, 8));
    expect(message).toMatch(/has version 2 of the pagewalk format; this Pagewalk reads version 1: update it/);
  });

  test("whose line ends were changed by a transfer as text", async () => {
    expect(await refusal((head) => head.writeUInt8(0x0a, 4))).toMatch(
      /changed by a transfer in text mode.*binary mode/,
    );
  });

  test("with an unknown unit, or blocks of 0 or too many references", async () => {
    expect(await refusal((head) => head.writeUInt8(2, 10))).toMatch(/the file's header is damaged/);
    expect(await refusal((head) => head.writeUInt32LE(0, 12))).toMatch(/the file's header is damaged/);
    expect(await refusal((head) => head.writeUInt32LE(2 ** 22 + 1, 12))).toMatch(/header is damaged/);
  });

  test("whose metadata is not a JSON object", async () => {
    expect(await refusal((head) => head.write("]", 24))).toMatch(/its metadata is not a JSON object/);
  });

  test("whose metadata is nested too deep, valid JSON or not", async () => {
    for (const metadata of [`{"a":${"[".repeat(500_000)}${"]".repeat(500_000)}}`, `{"a":`.repeat(200_000)]) {
      const head = Buffer.from(await fileOf(SMALL, { unit: "address" })).subarray(0, 24);
      const text = Buffer.from(metadata);
      head.writeUInt32LE(text.length, 16);
      head.writeUInt32LE(crc32(text, crc32(head.subarray(0, 20))), 20);
      const message = await outcome(WAYS[0] as Way, Buffer.concat([head, text]));
      expect(message).toMatch(/its metadata is nested deeper than 64 levels/);
    }
  });

  test("of another format", async () => {
    expect(await outcome(WAYS[0] as Way, Buffer.alloc(200, 7))).toMatch(/is not a pagewalk file/);
  });
});

test("a damaged file can be opened, and is reported when it is read", async () => {
  const bytes = await fileOf(SMALL, { unit: "address" });
  const trace = await open(bytes.slice(0, -30));
  expect(trace.format).toBe("pagewalk");
  expect(await trace.index()).toBeUndefined();
});

test("blocks of 0 references, or of too many, cannot be requested", async () => {
  for (const blockReferences of [0, 2 ** 22 + 1, 1.5]) {
    const made = createPagewalkWriter(freshKernel(), new BytesSink(), {
      unit: "page",
      blockReferences,
    });
    await expect(made).rejects.toThrow(UsageError);
  }
});
