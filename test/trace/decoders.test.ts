import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { addressLine, lackeyLine, lirsLine, parse } from "./models.js";
import { bytesOf, FETCH, inPieces, LOAD, MODIFY, readAll, readPlaces, STORE } from "./records.js";

const hex = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value.toString(16));
const shortHex = fc.nat(0xffffff).map((value) => value.toString(16).padStart(8, "0"));
const address = fc.oneof({ weight: 3, arbitrary: shortHex }, { weight: 1, arbitrary: hex });
const size = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 32 }) }, fc.nat(0xffffffff));
const ending = fc.constantFrom("\n", "\n", "\n", "\r\n", " \n");
const garbage = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    "I  0401ab7g,3",
    " L 1fff000758",
    " X 00001000,4",
    "I 00001000,4",
    " L ,4",
    " L 1,",
    "L 1,4",
  ),
  fc.constantFrom(
    "l 0x",
    "s 0xzz 1",
    "l 0x1 1 1",
    "l 0x1,1",
    "m 0x1 1",
    "ls 0x1 1",
    "12a",
    "-1",
    "9".repeat(30),
  ),
);

const formats = [
  {
    name: "lackey",
    model: lackeyLine,
    good: fc
      .tuple(fc.constantFrom("I  ", " L ", " S ", " M "), address, size)
      .map(([k, a, s]) => `${k}${a},${s}`),
    skipped: fc.constantFrom("==1== Command: ls", "--1-- warning", "**1** printed", ""),
    first: "I  0401ab70,3",
  },
  {
    name: "address",
    model: addressLine,
    good: fc.tuple(fc.constantFrom("l 0x", "s 0x", "l "), address, size).map(([k, a, s]) => `${k}${a} ${s}`),
    skipped: fc.constant(""),
    first: "l 0x1fffff58 1",
  },
  {
    name: "lirs",
    model: lirsLine,
    good: fc.oneof(fc.nat(99999).map(String), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)),
    skipped: fc.constantFrom("*", "# a note", ""),
    first: "0",
  },
] as const;

describe.each(formats)("$name", ({ name, model, good, skipped, first }) => {
  const line = fc.oneof({ weight: 8, arbitrary: good }, { weight: 1, arbitrary: skipped });
  const goodText = fc.array(fc.tuple(line, ending), { maxLength: 60 }).map((lines) => lines.flat().join(""));
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });

  test("however the bytes are cut, the records and their lines are those of the grammar", async () => {
    await fc.assert(
      fc.asyncProperty(goodText, cuts, async (rest, lengths) => {
        const text = `${first}\n${rest}`;
        const wanted = parse(text, model);
        fc.pre(wanted.badLine === undefined);
        const trace = await openTrace(inPieces(bytesOf(text), lengths), { format: name, name: "T" });
        const got = await readPlaces(trace);
        expect(got.map(({ record }) => record)).toEqual(wanted.records);
        expect(got.map(({ place }) => place)).toEqual(wanted.lines.map((number) => `T:${number}`));
      }),
    );
  });

  test("garbage is an error that names its line, or it is valid after all", async () => {
    const anyText = fc.tuple(goodText, garbage, ending, goodText).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(anyText, cuts, async (text, lengths) => {
        const bytes = bytesOf(`${first}\n${text}`);
        const wanted = parse(new TextDecoder("latin1").decode(bytes), model);
        const reading = readAll(inPieces(bytes, lengths), { format: name, name: "T" });
        if (wanted.badLine === undefined) expect(await reading).toEqual(wanted.records);
        else await expect(reading).rejects.toThrow(new RegExp(`^T:${wanted.badLine}: `));
      }),
      { numRuns: 300 },
    );
  });

  test("bytes that are no text at all never crash it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 5000 }), async (bytes) => {
        const wanted = parse(new TextDecoder("latin1").decode(bytes), model);
        const reading = readAll(bytes, { format: name, name: "T" });
        if (bytes[0] === 0x1f || bytes[0] === 0x28 || bytes[0] === 0xfd) await reading.catch(() => undefined);
        else if (wanted.badLine === undefined) expect(await reading).toEqual(wanted.records);
        else await expect(reading).rejects.toThrow(`T:${wanted.badLine}: `);
      }),
    );
  });

  test("a line of endless length is refused once 64 KiB of it have come", async () => {
    let given = 0;
    async function* endless() {
      yield bytesOf(`${first}\n`);
      for (;;) {
        given += 65536;
        yield new Uint8Array(65536).fill(0x31);
      }
    }
    const reading = readAll(endless(), { format: name, name: "T" });
    await expect(reading).rejects.toThrow("T:2: the line is longer than 65536 bytes");
    expect(given).toBeLessThan(2 ** 20);
  });

  test("a line of more than 64 KiB is refused wherever it ends", async () => {
    const text = `${first}\n${"1".repeat(70_000)}\n${first}\n`;
    await expect(readAll(bytesOf(text), { format: name, name: "T" })).rejects.toThrow(
      "T:2: the line is longer",
    );
  });

  test("a trace of several batches keeps every record and every line number", async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => (i % 7 === 3 ? "" : first));
    const got = await readPlaces(await openTrace(bytesOf(lines.join("\n")), { format: name, name: "T" }));
    const wanted = lines.flatMap((text, i) => (text === "" ? [] : [`T:${i + 1}`]));
    expect(got.map(({ place }) => place)).toEqual(wanted);
  });
});

describe("lackey", () => {
  test("valgrind's own words are skipped, all four kinds are read", async () => {
    const text = [
      "==5629== Lackey, an example Valgrind tool",
      "I  0401ab70,3",
      "--5629-- REDIR: 0x4021cf0",
      " L 1fff000758,8",
      " S 1fff000750,16",
      "==5629==   guest instrs : SB entered  = 57 : 10",
      " M ffffffffff600000,4",
      "",
    ].join("\n");
    expect(await readAll(bytesOf(text))).toEqual([
      { kind: FETCH, address: 0x401ab70n, size: 3 },
      { kind: LOAD, address: 0x1fff000758n, size: 8 },
      { kind: STORE, address: 0x1fff000750n, size: 16 },
      { kind: MODIFY, address: 0xffffffffff600000n, size: 4 },
    ]);
  });

  test("a number out of range says so", async () => {
    const read = (line: string) => readAll(bytesOf(`I  0401ab70,3\n${line}\n`), { name: "T" });
    await expect(read("I  1ffffffffffffffff,1")).rejects.toThrow("T:2: a number is out of range");
    await expect(read("I  00001000,4294967296")).rejects.toThrow("T:2: a number is out of range");
    await expect(read("I  00001000,0")).rejects.toThrow("T:2: a number is out of range");
    await expect(read("I  ffffffffffffffff,2")).rejects.toThrow("T:2: a number is out of range");
  });

  test("the last line needs no newline", async () => {
    expect(await readAll(bytesOf("I  0401ab70,3\n S 00001000,8"))).toHaveLength(2);
  });
});

describe("oracleGeneral", () => {
  const request = fc.record({ id: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), size: fc.nat(0xffffffff) });

  function encode(requests: readonly { id: bigint; size: number }[]): Uint8Array {
    const view = new DataView(new ArrayBuffer(requests.length * 24));
    for (const [i, { id, size: bytes }] of requests.entries()) {
      view.setUint32(i * 24, i, true);
      view.setBigUint64(i * 24 + 4, id, true);
      view.setUint32(i * 24 + 12, bytes, true);
      view.setBigInt64(i * 24 + 16, -1n, true);
    }
    return new Uint8Array(view.buffer);
  }

  test("however the bytes are cut, every request comes, its id as the page", async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 50 }),
        cuts,
        async (requests, lengths) => {
          const got = await readAll(inPieces(encode(requests), lengths));
          expect(got).toEqual(
            requests.map(({ id, size: bytes }) => ({ kind: LOAD, address: id, size: bytes })),
          );
        },
      ),
    );
  });

  test("a file cut inside a record is refused at the record's offset", async () => {
    const bytes = encode(Array.from({ length: 50_000 }, (_, i) => ({ id: BigInt(i), size: 1 })));
    const reading = readAll(bytes.subarray(0, -5), { name: "T" });
    await expect(reading).rejects.toThrow(`T:${49_999 * 24}: the trace ends inside a record of 24 bytes`);
    await expect(reading).rejects.toBeInstanceOf(InputError);
  });

  test("text is refused, and told what it looks like", async () => {
    const reading = openTrace(bytesOf("I  0401ab70,3\n"), { format: "oracleGeneral", name: "T" });
    await expect(reading).rejects.toThrow(
      "T:0: is text, and oracleGeneral is a binary format; it looks like lackey",
    );
  });
});
