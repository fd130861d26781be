import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare } from "#pagewalk/compare/compare.js";
import { openTrace } from "#pagewalk/trace/open.js";
import type { OpenTraceOptions } from "#pagewalk/trace/trace.js";
import { caseCount } from "../build.js";
import { bytesOf, LOAD, MODIFY, readAll, STORE } from "./records.js";

const read = (text: string, options: OpenTraceOptions = {}) =>
  readAll(bytesOf(text), { name: "T", ...options });

/** Distinct numbers in the order of first appearance: equal keys have equal numbers. */
function pattern<T>(items: readonly T[]): number[] {
  const seen = [...new Set(items)];
  return items.map((item) => seen.indexOf(item));
}

describe("keys", () => {
  test.each([
    ["words", ["alpha", "beta", "alpha", "gamma", "beta"]],
    [
      "UUIDs",
      [
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
      ],
    ],
    ["bare hexadecimal", ["a3f", "b", "0c", "a3f", "12"]],
    ["one letter", ["A", "B", "A", "C", "B"]],
  ])("may be %s", async (_, keys) => {
    const text = keys.map((key, time) => `${time},${key}\n`).join("");
    const got = await read(text, { columns: "page=2" });
    expect(pattern(got.map(({ address }) => address))).toEqual(pattern(keys));
  });

  test("are distinct if their texts are, for any length", async () => {
    const key = fc.string({ unit: fc.constantFrom("a", "b", "0", "\u00e9"), minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 60 }), async (keys) => {
        const got = await read(keys.map((one) => `0,${one}\n`).join(""), { columns: "key=2" });
        expect(pattern(got.map(({ address }) => address))).toEqual(pattern(keys));
      }),
      { numRuns: caseCount(100) },
    );
  });

  test("of several columns are combined, and 1, 23 differs from 12, 3", async () => {
    const got = await read("1,23\n12,3\n1,23\n12,4\n", { columns: "page=1+2" });
    expect(pattern(got.map(({ address }) => address))).toEqual([0, 1, 0, 2]);
  });

  test("that are numbers stay numbers, in any notation", async () => {
    expect((await read("7\n0x1F\n", { columns: "page=1" })).map(({ address }) => address)).toEqual([7n, 31n]);
    expect((await read("ff\n10\n", { columns: "page=1:hex" })).map(({ address }) => address)).toEqual([
      255n,
      16n,
    ]);
  });

  test("that are missing are an error, and so is a word among numbers", async () => {
    await expect(read("a,1\n,2\n", { columns: "key=1" })).rejects.toThrow(
      "T:2: a field that is read is empty or not a number",
    );
    const numbers = Array.from({ length: 50 }, (_, i) => `${i}\n`).join("");
    await expect(read(`${numbers}x\n`, { columns: "page=1" })).rejects.toThrow(
      "T:51: a field that is read is empty or not a number",
    );
  });
});

describe("ranges of bytes", () => {
  const MSR = [
    "128166372003061629,hm,1,Read,0,4096,100",
    "128166372003061630,hm,1,Read,512,4096,100",
    "128166372003061631,hm,1,Write,8192,32768,58000",
    "128166372003061632,hm,1,Read,12288,4096,10",
  ].join("\n");

  test("are split into pages of the given size", async () => {
    const trace = await openTrace(bytesOf(MSR), { columns: "offset=5,length=6,kind=4" });
    expect(trace.unit).toBe("address");
    const misses = async (pageSize: number) => {
      const { results } = await compare(trace, { policies: "lru", frames: 4, pageSize });
      return [results[0]?.requests, results[0]?.misses];
    };
    expect(await misses(4096)).toEqual([12, 11]);
    expect(await misses(65_536)).toEqual([4, 1]);
  });

  test("in sectors are multiplied by 512", async () => {
    expect(await read("16,8\n", { columns: "sector=1,sectors=2" })).toEqual([
      { kind: LOAD, address: 8192n, size: 4096 },
    ]);
    expect(await read("16,100\n", { columns: "sector=1,length=2" })).toEqual([
      { kind: LOAD, address: 8192n, size: 100 },
    ]);
  });

  test("of several volumes are disjoint, and a range of 0 bytes is not a request", async () => {
    const got = await read("a,0,1\nb,0,1\na,0,0\na,4096,1\n", { columns: "volume=1,offset=2,length=3" });
    expect(got.map(({ address }) => address)).toEqual([0n, 1n << 48n, 4096n]);
  });

  test("that are invalid are refused with their line", async () => {
    const options = { columns: "offset=1,length=2" };
    await expect(read("0,1\n0,4294967296\n", options)).rejects.toThrow("T:2: the range of bytes is too long");
    await expect(read("18446744073709551615,2\n", options)).rejects.toThrow(
      "T:1: the range of bytes is too long",
    );
    await expect(read(`x,${2 ** 48},1\n`, { columns: "volume=1,offset=2,length=3" })).rejects.toThrow(
      "the range of bytes",
    );
  });

  test("are addresses, also hexadecimal ones without 0x", async () => {
    const got = await read("R 7fff10 4\nW 2000 8\n", {
      columns: "address=2,size=3,kind=1",
      delimiter: "space",
    });
    expect(got).toEqual([
      { kind: LOAD, address: 0x7fff10n, size: 4 },
      { kind: STORE, address: 0x2000n, size: 8 },
    ]);
  });
});

describe("kinds, sizes, blanks, headers", () => {
  test("words are mapped to kinds, in any case, and rows can be skipped", async () => {
    const columns = "page=1,kind=2:Fetch_It=load:PURGE=store:Both=modify:note=skip";
    expect(await read("1,fetch_it\n2,purge\n3,BOTH\n4,Note\n5,read\n", { columns })).toEqual([
      { kind: LOAD, address: 1n, size: 0 },
      { kind: STORE, address: 2n, size: 0 },
      { kind: MODIFY, address: 3n, size: 0 },
      { kind: LOAD, address: 5n, size: 0 },
    ]);
  });

  test("operations of caches are known, and sizes of 64 bits are read", async () => {
    const text =
      "key,op,size,op_count,key_size\n1668,GET,100,1,16\n1669,SET,5000000000,1,16\n1668,GET_LEASE,100,3,16\n1670,DELETE,0,1,16\n";
    const got = await read(text);
    expect(got.map(({ kind }) => kind)).toEqual([LOAD, STORE, LOAD, STORE]);
    expect(got.map(({ size }) => size)).toEqual([100, 0xffffffff, 100, 0]);
  });

  test("columns may be separated by several blanks, or tabs", async () => {
    expect(await read("time obj_id size\n0   5   1\n  1\t7   2  \n")).toEqual([
      { kind: LOAD, address: 5n, size: 1 },
      { kind: LOAD, address: 7n, size: 2 },
    ]);
  });

  test("a comment before the rows names the columns, or is skipped", async () => {
    const text = "# timestamp (ms), op type, object id, object size (byte)\n0,1,A,100\n10,1,B,31\n";
    expect(await read(text, { columns: "page=3,size=4,kind=2" })).toHaveLength(2);
    expect(await read(text, { columns: "page=object id" })).toHaveLength(2);
    expect(await read(text)).toHaveLength(2);
  });

  test("a header above words is not a request", async () => {
    expect(await read("time,object\n1,chair\n2,table\n", { columns: "page=2" })).toHaveLength(2);
    expect(await read("1,chair\n2,table\n", { columns: "page=2" })).toHaveLength(2);
  });

  test("positions count skipped lines", async () => {
    await expect(read("# a\n\npage,size\n1,2\nx,3\n")).rejects.toThrow("T:5: a field that is read");
  });
});

describe("--columns refuses", () => {
  test.each([
    ["page=1,offset=2", "page and offset exclude each other"],
    ["page=1,length=2", "length goes with an offset, not with a page"],
    ["page=1,volume=2", "volume goes with an offset"],
    ["offset=1+2", "offset takes one column"],
    ["page=1:octal", '"octal" has no meaning for page; it may be hex, word'],
    ["page=1,kind=2:x=y", 'there is no kind "y"; the kinds are load, store'],
    ["page=1+", '"page=1+" names no column'],
  ])("%s", async (columns, message) => {
    await expect(read("1,2\n", { columns })).rejects.toThrow(`columns: ${message}`);
  });

  test("page numbers with --page-size", async () => {
    const trace = await openTrace(bytesOf("page,size\n1,2\n"), { name: "T" });
    await expect(compare(trace, { frames: 1, policies: "lru", pageSize: 4096 })).rejects.toThrow(
      "T: csv traces hold page numbers, whatever a page's size; leave out pageSize",
    );
  });
});
