import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openTrace } from "#pagewalk/trace/open.js";
import { caseCount } from "../build.js";
import { bytesOf } from "./records.js";

async function read(bytes: Uint8Array, name = "T") {
  const { format, detectedBy } = await openTrace(bytes, { name });
  return [format, detectedBy];
}
const readText = (text: string, name?: string) => read(bytesOf(text), name);
const rows = (count: number, row: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `${row(index)}\n`).join("");

describe("a table of numbers is not detected by chance, and the error explains how to name the format", () => {
  test.each([
    [
      "three columns, as din",
      rows(500, (i) => `${i % 4} ${31 + i} 2236`),
      /may be din or .*csv.*format: "din", or /,
    ],
    ["four columns, as arc", rows(50, (i) => `${i} 4 1 ${i * 7}`), /may be arc or .*format: "arc", or /],
    ["a letter and two numbers, as din", "R 1204 8\nW 33 8\n", /may be din or references or csv/],
    ["two columns with commas", "1,2\n3,4\n", /may be references or csv.*columns: "page=/],
    [
      "the rows of a known collection",
      "8,hm,1,Read,0,4096,100\n9,hm,1,Write,512,4096,100\n",
      /preset: "msr"/,
    ],
  ])("%s", async (_, text, message) => {
    await expect(readText(text)).rejects.toThrow(message);
  });

  test("a name decides between them", async () => {
    expect(await readText("0 31 2236\n1 48 7866\n", "x.din")).toEqual(["din", "name"]);
    expect(await readText("4096 8 1 5\n0 1 1 9\n", "x.arc.gz")).toEqual(["arc", "name"]);
    await expect(readText("1,2\n3,4\n", "x.csv")).rejects.toThrow("no header says which of the 2 columns");
  });

  test("a header with names that any table has is not enough", async () => {
    await expect(readText("id,name,price\n1,chair,20\n2,table,90\n")).rejects.toThrow("may be csv");
    await expect(readText("id,time,value\n1,20,3\n")).rejects.toThrow("may be csv");
    await expect(readText("page,views\n1,20\n2,30\n")).rejects.toThrow("may be csv");
    expect(await readText("id,size,op\n1,20,get\n")).toEqual(["csv", "content"]);
    expect(await readText("id,time\n1,20\n")).toEqual(["csv", "content"]);
  });
});

describe("reference strings", () => {
  test.each([
    ["on one line", "1 2 3 4 1 2 5 1 2 3 4 5\n"],
    ["with commas", "7,0,1,2,0,3,0,4"],
    ["on lines of several lengths", "7 0 1 2\n0 3 0\n4 2 3 0 3\n"],
    ["on even lines but the last", "7 0 1 2\n0 3 0 4\n2 3\n"],
  ])("%s", async (_, text) => {
    expect(await readText(text)).toEqual(["references", "content"]);
  });

  test("longer than the inspected part", async () => {
    expect(await readText("12 345 ".repeat(20_000))).toEqual(["references", "content"]);
  });
});

/** Little-endian records: pairs of a field's bits and its value. */
function binary(
  count: number,
  record: (index: number) => readonly (readonly [bits: 8 | 32 | 64, value: bigint])[],
) {
  const bytes: number[] = [];
  for (let index = 0; index < count; index++) {
    for (const [bits, value] of record(index)) {
      for (let at = 0n; at < BigInt(bits); at += 8n)
        bytes.push(Number((BigInt.asUintN(bits, value) >> at) & 255n));
    }
  }
  return new Uint8Array(bytes);
}

describe("binary formats", () => {
  const instruction = (index: number) =>
    [
      [64, 0x400000n + BigInt(index * 4)],
      [8, index % 5 === 0 ? 1n : 0n],
      [8, 0n],
      ...Array.from({ length: 6 }, () => [8, 6n] as const),
      [64, index % 3 === 0 ? 0x7ffe0000n : 0n],
      ...Array.from({ length: 5 }, () => [64, 0n] as const),
    ] as const;
  const request = (next: (index: number) => bigint) => (index: number) =>
    [
      [32, BigInt(index)],
      [64, BigInt(index % 7)],
      [32, 4096n],
      [64, next(index)],
    ] as const;

  test("champsim: plausible instructions", async () => {
    expect(await read(binary(200, instruction))).toEqual(["champsim", "content"]);
  });

  test("oracleGeneral: next requests that ask for the same id", async () => {
    const last = (index: number) => (index + 7 < 100 ? BigInt(index + 7) : -1n);
    expect(await read(binary(100, request(last)))).toEqual(["oracleGeneral", "content"]);
    expect(
      await read(
        binary(
          100,
          request((index) => BigInt(index + 8)),
        ),
      ),
    ).toEqual(["oracleGeneral", "content"]);
    expect(
      await read(
        binary(
          100,
          request(() => -2n),
        ),
      ),
    ).toEqual(["oracleGeneral", "content"]);
    await expect(
      read(
        binary(
          100,
          request((index) => BigInt(index + 1 + (index % 3))),
        ),
      ),
    ).rejects.toThrow("no known trace");
  });

  test("a binary file named as a format whose structure it does not have is refused", async () => {
    await expect(read(new Uint8Array(6400).fill(1), "x.champsim")).rejects.toThrow(
      "x.champsim: is named as champsim, but its content is not",
    );
  });

  test("arrays of numbers, of any width and order, are not detected", async () => {
    const width = fc.constantFrom(1, 2, 4, 8);
    const small = fc.oneof(fc.nat(3), fc.nat(300), fc.nat(70_000));
    await fc.assert(
      fc.asyncProperty(
        width,
        fc.boolean(),
        fc.boolean(),
        fc.array(small, { minLength: 300, maxLength: 900 }),
        async (bytes, big, sorted, numbers) => {
          const all = sorted ? numbers.toSorted((a, b) => a - b) : numbers;
          const view = new DataView(new ArrayBuffer(all.length * bytes));
          for (const [index, number] of all.entries()) {
            for (let at = 0; at < bytes; at++) {
              view.setUint8(
                index * bytes + (big ? bytes - 1 - at : at),
                Math.floor(number / 256 ** at) % 256,
              );
            }
          }
          await expect(read(new Uint8Array(view.buffer))).rejects.toThrow(
            /no known trace format|may be|is empty/,
          );
        },
      ),
      { numRuns: caseCount(200) },
    );
  });
});

describe("files of no format", () => {
  const word = fc.constantFrom(
    ..."the page of a trace and int void return if while = { } ( ) ; 12 -3 4.5 0xff".split(" "),
  );
  const prose = fc.array(fc.array(word, { minLength: 2, maxLength: 12 }), { minLength: 3, maxLength: 40 });

  test("prose and source code are not detected", async () => {
    await fc.assert(
      fc.asyncProperty(prose, async (lines) => {
        const text = lines.map((words) => words.join(" ")).join("\n");
        fc.pre(/[a-z;{}]/.test(text) && !/^[\d\sx.a-f-]*$/.test(text));
        await expect(readText(text)).rejects.toThrow(/no known trace format|may be/);
      }),
      { numRuns: caseCount(200) },
    );
  });

  test.each([
    ["a C program", '#include <stdio.h>\nint main(void)\n{\n  printf("x");\n  free(p);\n  return 0;\n}\n'],
    ["a log", "2024-01-01 10:00:00 INFO started\n2024-01-01 10:00:01 WARN slow 12 ms\n"],
    ["numbers with a point", rows(20, (i) => `${i}.5`)],
    ["a list of words", "alpha\nbeta\ngamma\n"],
    ["a table of people", "page,title\nHome,Welcome\nAbout,Us\n"],
    ["a build file", 'load("//a:b.bzl", "c")\nload("//d:e.bzl", "f")\n'],
  ])("%s", async (_, text) => {
    await expect(readText(text)).rejects.toThrow(/no known trace format|may be/);
  });
});

test("the columns of a table and the compression are reported", async () => {
  const { gzipSync } = await import("node:zlib");
  const trace = await openTrace(gzipSync("time,obj_id,size\n1,2,3\n"), { name: "x.csv.gz" });
  expect(trace).toMatchObject({
    format: "csv",
    detectedBy: "content",
    compression: "gzip",
    columns: "page=2,size=3",
  });
  const given = await openTrace(bytesOf("1,2\n"), { columns: "page=2" });
  expect(given).toMatchObject({ detectedBy: "option", columns: "page=2" });
  expect(given.compression).toBeUndefined();
});

describe("hostile input in messages", () => {
  const ESCAPES = /[\p{Cc}\p{Cf}]/u;
  const nasty = `\u009b31m\u202e${"9".repeat(3000)}`;

  test.each([
    ["a csv header", `${nasty},b\n1,2\n`, { columns: "page=x" }],
    ["a csv row", `page,op\n1,r\n${nasty},w\n`, {}],
    ["an arc line", `1 1 0 1\n2 1 0 2\n${nasty}\n`, { format: "arc" }],
    ["a din line", `0 1fff\n${nasty}\n`, { format: "din" }],
    ["an address line", `l 0x10 1\n${nasty}\n`, {}],
    ["a lackey line", ` L 1000,8\n${nasty}\n`, {}],
    ["a drmemtrace line", `1 1: 7 read 8 byte(s) @ 0x10\n${nasty}\n`, {}],
    ["references", `1 2 3\n4 ${nasty}\n`, { format: "references" }],
    ["a file of no format", `${nasty}\n`, {}],
    ["--columns", "1,2\n", { columns: `page=1,${nasty}=2` }],
  ])("%s is quoted and truncated", async (_, text, options) => {
    const { readAll } = await import("./records.js");
    const error: unknown = await readAll(bytesOf(text), { name: "T", ...options }).catch(
      (one: unknown) => one,
    );
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).not.toMatch(ESCAPES);
    expect((error as Error).message.length).toBeLessThan(500);
  });

  test("a line of arc with billions of pages is refused", async () => {
    const { readAll } = await import("./records.js");
    await expect(readAll(bytesOf("0 4294967295 0 1\n"), { format: "arc", name: "T" })).rejects.toThrow(
      "T:1: the line asks for more than 16777216 pages",
    );
  });
});
