import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { caseCount } from "../build.js";
import { FETCH, inPieces, LOAD, type PlainRecord, readAll, readPlaces, STORE } from "./records.js";

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

interface Command {
  lbn: bigint;
  len: number;
  cmd: number;
}

/** Records of version 1 or 2, field by field as libCacheSim's reader has them. */
function vscsi(version: 1 | 2, commands: readonly Command[]): Uint8Array {
  const stride = version === 1 ? 32 : 40;
  const view = new DataView(new ArrayBuffer(commands.length * stride));
  for (const [i, { lbn, len, cmd }] of commands.entries()) {
    const at = i * stride;
    view.setUint32(at + (version === 1 ? 0 : 4), 0x80000000 + i, true); // sn
    view.setUint32(at + (version === 1 ? 4 : 8), len, true);
    view.setUint32(at + (version === 1 ? 8 : 12), 1, true); // nSG
    view.setUint16(at + (version === 1 ? 12 : 0), cmd, true);
    view.setUint16(at + (version === 1 ? 14 : 2), version << 8, true);
    view.setBigUint64(at + 16, lbn, true);
    view.setBigUint64(at + 24, BigInt(i) * 1000n, true); // ts
    if (version === 2) view.setBigUint64(at + 32, 77n, true); // rt
  }
  return new Uint8Array(view.buffer);
}

describe.each([1, 2] as const)("vscsi, version %d", (version) => {
  const WRITES = [0x0a, 0x2a, 0xaa, 0x8a, 0x2e, 0xae, 0x8e];
  const command = fc.record({
    lbn: u64,
    len: fc.nat(0xffffffff),
    cmd: fc.oneof(fc.constantFrom(0x08, 0x28, 0xa8, 0x88, ...WRITES), fc.nat(0xff)),
  });

  test("a request is a load or a store of its first block, for any division into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 3, maxLength: 40 }), cuts, async (all, lengths) => {
        const trace = await openTrace(inPieces(vscsi(version, all), lengths), { name: "T", format: "vscsi" });
        const got = await readPlaces(trace);
        expect(got.map(({ record }) => record)).toEqual(
          all.map(({ lbn, len, cmd }) => ({
            kind: WRITES.includes(cmd) ? STORE : LOAD,
            address: lbn,
            size: len,
          })),
        );
        expect(got.at(-1)?.place).toBe(`T:${(all.length - 1) * (version === 1 ? 32 : 40)}`);
      }),
    );
  });

  const some = (count: number) =>
    vscsi(
      version,
      Array.from({ length: count }, (_, i) => ({ lbn: BigInt(i), len: 512, cmd: 0x28 })),
    );
  const stride = version === 1 ? 32 : 40;

  test("a file truncated inside a record is refused at the record's offset", async () => {
    const reading = readAll(some(50_000).subarray(0, -3), { name: "T" });
    await expect(reading).rejects.toThrow(
      `T:${49_999 * stride}: the trace ends inside a record of ${stride}`,
    );
    await expect(reading).rejects.toBeInstanceOf(InputError);
  });

  test("a record of another version is refused at its offset", async () => {
    const bytes = some(40_000);
    bytes[39_000 * stride + (version === 1 ? 15 : 3)] = 7;
    await expect(readAll(bytes, { name: "T" })).rejects.toThrow(`T:${39_000 * stride}: not a vscsi record`);
  });
});

test("vscsi requests are ranges of bytes if a page size is given", async () => {
  const commands = [0n, 7n, 8n].map((lbn) => ({ lbn, len: 4096, cmd: 0x28 }));
  const trace = await openTrace(vscsi(2, commands), { ranges: true });
  expect(trace.unit).toBe("address");
  expect((await readPlaces(trace)).map(({ record }) => [Number(record.address), record.size])).toEqual([
    [0, 4096],
    [3584, 4096],
    [4096, 4096],
  ]);
});

test("a file of neither version is refused as vscsi", async () => {
  const reading = readAll(new Uint8Array(100), { format: "vscsi", name: "T" });
  await expect(reading).rejects.toThrow("T:0: has vscsi records of neither version");
});

interface Instruction {
  ip: bigint;
  branch: number;
  taken: number;
  written: readonly bigint[];
  read: readonly bigint[];
}

function champsim(instructions: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(instructions.length * 64));
  for (const [i, { ip, branch, taken, written, read }] of instructions.entries()) {
    const at = i * 64;
    view.setBigUint64(at, ip, true);
    view.setUint8(at + 8, branch);
    view.setUint8(at + 9, taken);
    for (let register = 10; register < 16; register++) view.setUint8(at + register, 0xff);
    for (const [slot, address] of written.entries()) view.setBigUint64(at + 16 + slot * 8, address, true);
    for (const [slot, address] of read.entries()) view.setBigUint64(at + 32 + slot * 8, address, true);
  }
  return new Uint8Array(view.buffer);
}

/** A fetch, the loads, the stores, all of one byte. */
function referencesOf({ ip, read, written }: Instruction): PlainRecord[] {
  const touches = (kind: number, addresses: readonly bigint[]) =>
    addresses.filter((address) => address !== 0n).map((address) => ({ kind, address, size: 1 }));
  return [{ kind: FETCH, address: ip, size: 1 }, ...touches(LOAD, read), ...touches(STORE, written)];
}

describe("champsim", () => {
  const slot = fc.oneof(fc.constant(0n), u64);
  const instruction = fc
    .record({
      ip: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
      branch: fc.nat(1),
      written: fc.array(slot, { minLength: 2, maxLength: 2 }),
      read: fc.array(slot, { minLength: 4, maxLength: 4 }),
    })
    .map((one) => ({ ...one, taken: one.branch }));

  test("an instruction is its fetch, its loads and its stores, at its offset, for any division into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(instruction, { minLength: 1, maxLength: 30 }), cuts, async (all, lengths) => {
        const input = inPieces(champsim(all), lengths);
        const got = await readPlaces(await openTrace(input, { name: "T", format: "champsim" }));
        expect(got.map(({ record }) => record)).toEqual(all.flatMap(referencesOf));
        expect(got.map(({ place }) => place)).toEqual(
          all.flatMap((one, i) => referencesOf(one).map(() => `T:${i * 64}`)),
        );
      }),
    );
  });

  test("an instruction that crosses the end of a batch continues in the next, at its own offset", async () => {
    // Seven references each: no batch of 32,768 ends with an instruction.
    const all = Array.from({ length: 12_000 }, (_, i) => ({
      ip: BigInt(i + 1),
      branch: 0,
      taken: 0,
      written: [1n, 2n],
      read: [3n, 4n, 5n, 6n],
    }));
    const got = await readPlaces(await openTrace(champsim(all), { name: "T", format: "champsim" }));
    expect(got.map(({ record }) => record)).toEqual(all.flatMap(referencesOf));
    expect(got.map(({ place }) => place)).toEqual(got.map((_, i) => `T:${Math.floor(i / 7) * 64}`));
  });

  test("an invalid and a truncated record are refused at their offsets", async () => {
    const one = { ip: 0x401000n, branch: 1, taken: 1, written: [], read: [0x5000n] };
    const bytes = champsim(Array.from({ length: 100 }, () => one));
    const read = (input: Uint8Array) => readAll(input, { name: "T", format: "champsim" });
    await expect(read(bytes.subarray(0, -1))).rejects.toThrow(
      `T:${99 * 64}: the trace ends inside a record of 64 bytes`,
    );
    bytes[90 * 64 + 8] = 2;
    await expect(read(bytes)).rejects.toThrow(`T:${90 * 64}: not a champsim record`);
  });

  test("cannot be written", async () => {
    const { convertTrace } = await import("#pagewalk/trace/convert.js");
    const { BytesSink } = await import("#pagewalk/trace/sinks.js");
    const one = champsim([{ ip: 1n, branch: 0, taken: 0, written: [], read: [] }]);
    const trace = await openTrace(one, { format: "champsim" });
    await expect(convertTrace(trace, new BytesSink(), { format: "champsim" })).rejects.toThrow(
      "champsim can be read but not written; write one of pagewalk, lackey",
    );
  });
});

describe.each([
  ["u32le", 4, false],
  ["u32be", 4, true],
  ["u64le", 8, false],
  ["u64be", 8, true],
] as const)("%s: page numbers of %d bytes", (format, bytes, isBig) => {
  const most = 2n ** BigInt(8 * bytes) - 1n;
  const ids = fc.array(fc.bigInt({ min: 0n, max: most }), { minLength: 1, maxLength: 90, size: "max" });
  const encode = (numbers: readonly bigint[]) => {
    const view = new DataView(new ArrayBuffer(numbers.length * bytes));
    for (const [index, number] of numbers.entries()) {
      if (bytes === 8) view.setBigUint64(index * 8, number, !isBig);
      else view.setUint32(index * 4, Number(number), !isBig);
    }
    return new Uint8Array(view.buffer);
  };

  test("however the bytes are cut, each is a load of its page, with its offset", async () => {
    await fc.assert(
      fc.asyncProperty(ids, cuts, async (numbers, lengths) => {
        const trace = await openTrace(inPieces(encode([0n, ...numbers]), lengths), { name: "T", format });
        expect(trace).toMatchObject({ unit: "page", detectedBy: "option" });
        expect(await readPlaces(trace)).toEqual(
          [0n, ...numbers].map((address, index) => ({
            record: { kind: LOAD, address, size: 0 },
            place: `T:${index * bytes}`,
          })),
        );
      }),
      { numRuns: caseCount(40) },
    );
  });

  test("is never detected, and half an id is refused", async () => {
    const numbers = Array.from({ length: 600 }, (_, index) => BigInt(index % 7));
    await expect(openTrace(encode(numbers), { name: "T" })).rejects.toThrow(`one of pagewalk, `);
    await expect(openTrace(encode(numbers), { name: `T.${format}` })).rejects.toThrow(
      "no known trace format",
    );
    const cut = encode([1n, 2n]).subarray(0, bytes + 1);
    await expect(readAll(cut, { name: "T", format })).rejects.toThrow(
      `T:${bytes}: the trace ends inside a record of ${bytes} bytes`,
    );
  });
});
