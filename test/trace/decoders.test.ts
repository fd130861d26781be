import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { caseCount } from "../build.js";
import { addressLine, arcLine, dinLine, drmemtraceLine, lackeyLine, lirsLine, parse } from "./models.js";
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
    "l 0x1 1 1 1 1",
    "l 0x1,1",
    "m 0x1 1",
    "0x1: R",
    "0x1 R x",
    "# 2 10 1",
    "ls 0x1 1",
    "12a",
    "-1",
    "9".repeat(30),
  ),
  fc.constantFrom(
    "0 1000 0",
    "0 1000 4294967296",
    "r 1000",
    "r 1000 8g",
    "5 1000",
    "0 10001000100010001",
    "2 xyz",
    "1 2 3",
    "1 2 3 4 5",
    "18446744073709551615 2 0 0",
    "1 4294967296 0 0",
  ),
  fc.constantFrom(
    "1 2: 3 read 8 byte(s) @ 0x",
    "1 2: 3 read byte(s) @ 0x1",
    "1 2: 3 raed 8 byte(s) @ 0x1",
    "1 2: x read 8 byte(s) @ 0x1",
    "1 2: 3",
    "read 0 byte(s) @ 0x1",
    "read 8 byte(s) @ 0x11112222333344445",
    "           1           0:     2765542 write       99 byte(s) @ 0xffffffffffffffff by PC 0x0",
  ),
);

const decimal = fc.oneof(fc.nat(99999).map(String), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String));
const blank = fc.constantFrom(" ", " ", "  ", "\t");
/** As drmemtrace's view pads its columns, with the prefixes of its versions. */
const columns = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .nat(99999)
      .map((n) => `${`${n}`.padStart(12)}${`${n}`.padStart(12)}: ${"2765543".padStart(11)} `),
  },
  fc.constantFrom("T2765543 ", "W0.T12 ", "", "  123: 7 ", "1 2: W3.T4\t"),
);

const formats = [
  {
    name: "arc",
    model: arcLine,
    good: fc
      .tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 7n }), fc.integer({ min: 0, max: 6 }), blank, decimal)
      .map(([start, count, b, id]) => `${start}${b}${count}${b}0 ${id}`),
    skipped: fc.constantFrom("", "7 0 0 1"),
    first: "4096 1 0 17",
  },
  {
    name: "din",
    model: dinLine,
    good: fc
      .tuple(
        fc.constantFrom(..."0123rwimRWIM"),
        blank,
        fc.constantFrom("", "", "0x"),
        address,
        size,
        fc.constantFrom("", " note"),
      )
      .map(
        ([k, b, x, a, s, note]) => `${k}${b}${x}${a}${/\d/.test(k) ? ` ${s}` : ` ${s.toString(16)}`}${note}`,
      ),
    skipped: fc.constantFrom("4 1000", "c 1000 8", "v 1000 0x20 all", ""),
    first: "0 1000",
  },
  {
    name: "drmemtrace-text",
    model: drmemtraceLine,
    good: fc
      .tuple(
        columns,
        fc.constantFrom("ifetch", "read", "write"),
        size,
        address,
        fc.constantFrom("", " by PC 0x0000000000404a7e", " 90 nop"),
      )
      .map(
        ([c, k, s, a, rest]) =>
          `${c}${k.padEnd(12)}${`${s}`.padStart(2)} byte(s) @ 0x${a.padStart(16, "0")}${rest}`,
      ),
    skipped: fc.constantFrom(
      "Output format:",
      "<--record#-> <--instr#->: <---tid---> <record details>",
      "-".repeat(60),
      "           1           0:     2765542 <marker: version 5>",
      "           1           0:     2765542 pref-r-L1    8 byte(s) @ 0x0000000000001000 by PC 0x0000000000001000",
      "           1           0:     2765542 iflush       8 byte(s) @ 0x0000000000001000 by PC 0x0000000000001000",
      "           1           0:     2765542                                            00 00 00",
      "           1           0:     2765542                                            f8 00 00",
      "View tool results:",
      "<record#>: T<tid> <record details>",
      "      9: T7 non-fetched  2 byte(s) @ 0x00007f0000001000 f3 a4                rep movs",
      "      9: T7 ifetch       2 byte(s) @ 0x00007f0000001000 non-fetched instruction",
      "             15 : total instructions",
      "",
    ),
    first: "        7: 5 read 8 byte(s) @ 0x1000",
  },
  {
    name: "lackey",
    model: lackeyLine,
    good: fc
      .tuple(fc.constantFrom("I  ", " L ", " S ", " M "), address, size)
      .map(([k, a, s]) => `${k}${a},${s}`),
    skipped: fc.constantFrom("==1== Command: ls", "--1-- warning", "**1** printed", "SB 0401ab70", ""),
    first: "I  0401ab70,3",
  },
  {
    name: "address",
    model: addressLine,
    good: fc.oneof(
      fc
        .tuple(fc.constantFrom("l 0x", "s 0x", "l ", "W "), address, size)
        .map(([k, a, s]) => `${k}${a} ${s}`),
      fc.tuple(address, fc.constantFrom("R", "W", "l", "S 4 2 1")).map(([a, k]) => `${a} ${k}`),
      fc.tuple(fc.nat(1), address, size).map(([k, a, s]) => `# ${k} ${a} ${s}`),
      fc
        .tuple(address, fc.constantFrom("R", "W"), shortHex, size, fc.constantFrom("", " 0x1f"))
        .map(([pc, k, a, s, value]) => `0x${pc}: ${k} 0x${a} ${s + 1}${value}`.replace("4294967296", "8")),
    ),
    skipped: fc.constantFrom("", "#eof"),
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

  test("records and their lines are those of the grammar, for any division into chunks", async () => {
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

  test("garbage is valid, or an error that names its line", async () => {
    const anyText = fc.tuple(goodText, garbage, ending, goodText).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(anyText, cuts, async (text, lengths) => {
        const bytes = bytesOf(`${first}\n${text}`);
        const wanted = parse(new TextDecoder("latin1").decode(bytes), model);
        const reading = readAll(inPieces(bytes, lengths), { format: name, name: "T" });
        if (wanted.badLine === undefined) expect(await reading).toEqual(wanted.records);
        else await expect(reading).rejects.toThrow(new RegExp(`^T:${wanted.badLine}: `));
      }),
      { numRuns: caseCount(60) },
    );
  });

  test("bytes that are not text never crash it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 5000 }), async (bytes) => {
        const wanted = parse(new TextDecoder("latin1").decode(bytes), model);
        const reading = readAll(bytes, { format: name, name: "T" });
        // The first bytes of compressed files, and of our own.
        if ([0x1f, 0x28, 0xfd, 0x89].includes(bytes[0] ?? 0)) await reading.catch(() => undefined);
        else if (wanted.badLine === undefined) expect(await reading).toEqual(wanted.records);
        else await expect(reading).rejects.toThrow(`T:${wanted.badLine}: `);
      }),
    );
  });

  test("an endless line is refused after 64 KiB", async () => {
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

  test("a line of more than 64 KiB is refused, wherever it ends", async () => {
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
  test("valgrind's messages are skipped, all four kinds are read", async () => {
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

  test("a number out of range is reported as such", async () => {
    const read = (line: string) => readAll(bytesOf(`I  0401ab70,3\n${line}\n`), { name: "T" });
    await expect(read("I  1ffffffffffffffff,1")).rejects.toThrow("T:2: a number is out of range");
    await expect(read("I  00001000,4294967296")).rejects.toThrow("T:2: a number is out of range");
    await expect(read("I  00001000,0")).rejects.toThrow("T:2: a number is out of range");
    await expect(read("I  ffffffffffffffff,2")).rejects.toThrow("T:2: a number is out of range");
  });

  test("the last line needs no line end", async () => {
    expect(await readAll(bytesOf("I  0401ab70,3\n S 00001000,8"))).toHaveLength(2);
  });
});

describe("arc", () => {
  test("a line of n blocks is n requests, also if batches end inside it", async () => {
    const text = "0 3 0 1\n\n100 100000 0 2\n7 1 0 3\n";
    const got = await readPlaces(await openTrace(bytesOf(text), { name: "T" }));
    const pages = [0, 1, 2, ...Array.from({ length: 100_000 }, (_, i) => 100 + i), 7];
    expect(got.map(({ record }) => Number(record.address))).toEqual(pages);
    expect(got.map(({ place }) => place)).toEqual(
      pages.map((_, i) => `T:${i < 3 ? 1 : i < 100_003 ? 3 : 4}`),
    );
  });
});

describe("din", () => {
  test("the examples of Dinero's manual are read, with the rest of a line as a comment", async () => {
    const text = [
      "2 0 This is an instruction fetch at hex address 0.",
      "0 1000 This is a data read at hex address 1000.",
      "1 70f60888 This is a data write at hex address 70f60888.",
    ].join("\n");
    expect(await readAll(bytesOf(text))).toEqual([
      { kind: FETCH, address: 0n, size: 1 },
      { kind: LOAD, address: 0x1000n, size: 1 },
      { kind: STORE, address: 0x70f60888n, size: 1 },
    ]);
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

  test("every request is read, with its id as the page, for any division into chunks", async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 50 }),
        cuts,
        async (requests, lengths) => {
          const got = await readAll(inPieces(encode(requests), lengths), { format: "oracleGeneral" });
          expect(got).toEqual(
            requests.map(({ id, size: bytes }) => ({ kind: LOAD, address: id, size: bytes })),
          );
        },
      ),
    );
  });

  test("a file truncated inside a record is refused at the record's offset", async () => {
    const bytes = encode(Array.from({ length: 50_000 }, (_, i) => ({ id: BigInt(i), size: 1 })));
    const reading = readAll(bytes.subarray(0, -5), { name: "T" });
    await expect(reading).rejects.toThrow(`T:${49_999 * 24}: the trace ends inside a record of 24 bytes`);
    await expect(reading).rejects.toBeInstanceOf(InputError);
  });

  test("text is refused, and the message names its probable format", async () => {
    const reading = openTrace(bytesOf("I  0401ab70,3\n"), { format: "oracleGeneral", name: "T" });
    await expect(reading).rejects.toThrow(
      "T:0: is text, and oracleGeneral is a binary format; it looks like lackey",
    );
  });
});
