/** Invented excerpts in each collection's own form, with counts by a short reader for each. */
import { describe, expect, test } from "vitest";
import { PRESET_NAMES } from "#pagewalk/options/traces.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { bytesOf, readTrace } from "./records.js";

interface Excerpt {
  text: string;
  /** The key of a row, its range of bytes if it has one, and whether it is a read. */
  row: (fields: string[]) => { key: string; from?: number; bytes: number; reads: boolean };
  split: RegExp;
}

const EXCERPTS: Record<(typeof PRESET_NAMES)[number], Excerpt> = {
  msr: {
    text: "128166372003061629,hm,1,Read,383496192,32768,413\n128166372016382155,hm,1,Write,383496192,4096,58\n128166372026382245,usr,0,Write,2822144,512,39\n",
    split: /,/,
    row: ([, host, disk, type, offset, size]) => ({
      key: `${host}.${disk}`,
      from: Number(offset),
      bytes: Number(size),
      reads: type === "Read",
    }),
  },
  alibaba: {
    text: "419,W,8792731648,16384,1577808144360767\n725,R,59110326272,360448,1577808144360813\n419,R,8792731648,4096,1577808144360969\n",
    split: /,/,
    row: ([device, op, offset, length]) => ({
      key: `${device}`,
      from: Number(offset),
      bytes: Number(length),
      reads: op === "R",
    }),
  },
  tencent: {
    text: "1538323200,12910952,128,0,1063\n1538323200,6338688,8,1,1627\n1538323201,1904106400,384,0,1360\n",
    split: /,/,
    row: ([, offset, size, type, volume]) => ({
      key: `${volume}`,
      from: Number(offset) * 512,
      bytes: Number(size) * 512,
      reads: type === "0",
    }),
  },
  spc: {
    text: "0,20941264,8192,W,0.551706\n0,20939840,8192,W,0.554041\n1,20941264,8192,R,0.560000\n0,3072,1536,r,0.9\n",
    split: /,/,
    row: ([unit, lba, size, op]) => ({
      key: `${unit}`,
      from: Number(lba) * 512,
      bytes: Number(size),
      reads: /r/i.test(op ?? ""),
    }),
  },
  twitter: {
    text: "0,q:q:1:8WTfjZU14ee,17,213,4,get,0\n0,yDqF:3q:1AJrrJ1nnCJKKrnGx1A,27,27,5,get,0\n1,q:q:1:8WTfjZU14ee,17,213,8,set,86400\n2,q:q:1:8WTfjZU14ee,17,0,8,delete,0\n",
    split: /,/,
    row: ([, key, , size, , op]) => ({ key: `${key}`, bytes: Number(size), reads: /^get/.test(op ?? "") }),
  },
  "meta-kv": {
    text: "key,op,size,op_count,key_size\n1668,GET,100,1,16\n1669,SET,5000,1,16\n1668,GET_LEASE,100,3,16\n1670,DELETE,0,1,16\n",
    split: /,/,
    row: ([key, op, size]) => ({ key: `${key}`, bytes: Number(size), reads: /^GET/.test(op ?? "") }),
  },
  "ibm-cos": {
    text: "1219008 REST.PUT.OBJECT 8d4fcda3d675bac9 1056\n1221974 REST.HEAD.OBJECT 39d177fb735ac5df 528\n1232437 REST.GET.OBJECT 8d4fcda3d675bac9 1456 0 1455\n1232488 REST.DELETE.OBJECT 8d4fcda3d675bac9\n",
    split: / /,
    row: ([, op, id, size]) => ({ key: `${id}`, bytes: Number(size ?? 0), reads: /GET|HEAD/.test(op ?? "") }),
  },
  fiu: {
    text: "329131208190249 4892 syslogd 904265560 8 W 6 0 531e779539d73ffb7e8fc13d5d3ac7e4\n329131208201236 4892 syslogd 904265568 8 R 6 0 00e2a9ff6e7ad5b7b2bb5cb2e4a8f3b1\n329131209190249 2522 kjournald 904265560 8 W 8 1 531e779539d73ffb7e8fc13d5d3ac7e4\n",
    split: / /,
    row: ([, , , lba, size, op, major, minor]) => ({
      key: `${major}:${minor}`,
      from: Number(lba) * 512,
      bytes: Number(size) * 512,
      reads: op === "R",
    }),
  },
  lrb: {
    text: "0 31 2236\n0 48 7866\n0 81 1173\n1 31 2236 5 7\n2 5000000001 9000000000\n",
    split: / /,
    row: ([, id, size]) => ({ key: `${id}`, bytes: Math.min(Number(size), 2 ** 32 - 1), reads: true }),
  },
};

/** Equal keys have equal numbers. */
function numbered(keys: readonly (string | bigint)[]): number[] {
  const seen = [...new Set(keys)];
  return keys.map((key) => seen.indexOf(key));
}

describe.each(PRESET_NAMES)("--preset %s", (preset) => {
  const { text, split, row } = EXCERPTS[preset];
  const lines = text.split("\n").filter((line) => /\d/.test(line));
  const wanted = lines.map((line) => row(line.split(split)));

  test("reads an excerpt as an independent reader does", async () => {
    const trace = await openTrace(bytesOf(text), { preset, name: "T" });
    const got = await readTrace(trace);
    expect(got.map(({ kind }) => kind === 1)).toEqual(wanted.map(({ reads }) => reads));
    expect(got.map(({ size }) => size)).toEqual(wanted.map(({ bytes }) => bytes));
    if (wanted[0]?.from === undefined) {
      expect(trace.unit).toBe("page");
      expect(numbered(got.map(({ address }) => address))).toEqual(numbered(wanted.map(({ key }) => key)));
      return;
    }
    expect(trace.unit).toBe("address");
    expect(got.map(({ address }) => Number(address & ((1n << 48n) - 1n)))).toEqual(
      wanted.map(({ from }) => from),
    );
    expect(numbered(got.map(({ address }) => address >> 48n))).toEqual(
      numbered(wanted.map(({ key }) => key)),
    );
  });

  test("refuses rows with another number of columns, and other options for columns", async () => {
    await expect(openTrace(bytesOf("1,2\n"), { preset, name: "T" })).rejects.toThrow("T:1: the rows have");
    await expect(openTrace(bytesOf(text), { preset, columns: "page=1" })).rejects.toThrow(
      "preset: a preset already gives",
    );
  });

  test("is suggested for its rows", async () => {
    if (preset === "meta-kv") return;
    await expect(openTrace(bytesOf(lines.slice(0, 2).join("\n")), { name: "T" })).rejects.toThrow(preset);
  });
});

test("the second form of meta-kv has its key in the second column", async () => {
  const text =
    "op_time,key,key_size,op,op_count,size,cache_hits,ttl,usecase,sub_usecase\n5,77,8,SET,1,900,0,0,1,2\n6,77,8,GET,1,900,1,0,1,2\n";
  const got = await readTrace(await openTrace(bytesOf(text), { preset: "meta-kv" }));
  expect(got.map(({ size, kind }) => [size, kind])).toEqual([
    [900, 2],
    [900, 1],
  ]);
  expect(got[0]?.address).toBe(got[1]?.address);
});

test("an unknown preset is refused with the nearest name", async () => {
  await expect(openTrace(bytesOf("1\n"), { preset: "twiter" })).rejects.toThrow(
    'unknown preset "twiter"; did you mean twitter?',
  );
});
