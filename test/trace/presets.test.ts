/** Rows of the collections themselves, with counts by a short reader for each; the source of the rows stands beside them. */
import { describe, expect, test } from "vitest";
import { compare } from "#pagewalk/compare/compare.js";
import { PRESET_NAMES } from "#pagewalk/options/traces.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { bytesOf, readTrace } from "./records.js";

interface Row {
  /** The key of a request for a key, or the volume of a range. */
  key: string;
  /** First byte of a range. */
  from?: number;
  bytes: number;
  reads: boolean;
}

interface Excerpt {
  preset: (typeof PRESET_NAMES)[number];
  about: string;
  text: string;
  split: RegExp;
  row: (fields: string[]) => Row;
}

const spaced = (count: number, piece: string) => Array.from({ length: count }, () => piece).join("");

const EXCERPTS: readonly Excerpt[] = [
  {
    preset: "msr",
    // SNIA IOTTA 388, hm_1.csv; the first line is the README's list of fields.
    about: "hm_1",
    text: `Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime
128166477394345573,hm,1,Read,383496192,32768,113736
128166483087163644,hm,1,Read,2822144,65536,71730
128166620794097839,hm,1,Read,3221266432,4096,121008
`,
    split: /,/,
    row: ([, host, disk, type, offset, size]) => ({
      key: `${host}.${disk}`,
      from: Number(offset),
      bytes: Number(size),
      reads: type === "Read",
    }),
  },
  {
    preset: "alibaba",
    // The first requests of io_traces.csv; the sixth is the example of the README of alibaba/block-traces.
    about: "io_traces.csv",
    text: `0,R,126703661056,4096,1577808000000046
1,W,19496058880,77824,1577808000000426
2,W,9811763200,12288,1577808000000494
3,W,573190144,12288,1577808000000553
4,W,4184444928,4096,1577808000000573
0,R,126703644672,4096,1577808000000626
5,W,19546832896,4096,1577808000000809
419,W,8792731648,16384,1577808144360767
725,R,59110326272,360448,1577808144360813
`,
    split: /,/,
    row: ([device, op, offset, length]) => ({
      key: `${device}`,
      from: Number(offset),
      bytes: Number(length),
      reads: op === "R",
    }),
  },
  {
    preset: "tencent",
    // SNIA IOTTA 27917; sizes that are no multiples of a page are among them.
    about: "cbs_trace",
    text: `1538323199,1003027216,16,0,2313
1538323200,12910952,128,0,1063
1538323200,6338688,8,1,1627
1538323200,1904106400,384,0,1360
1538323200,342884064,256,0,1360
1538323200,15114104,8,0,3607
1538323200,140441472,32,0,1360
1538323200,15361816,520,1,1371
1538323200,23803384,8,0,2363
1538323200,5331600,4,1,3171
`,
    split: /,/,
    row: ([, offset, size, type, volume]) => ({
      key: `${volume}`,
      from: Number(offset) * 512,
      bytes: Number(size) * 512,
      reads: type === "0",
    }),
  },
  {
    preset: "spc",
    // The example of "SPC Trace File Format Specification", revision 1.0.1: rows have optional fields or none.
    about: "with optional fields in some rows",
    text: `0,20941264,8192,W,0.551706,Alpha/NT
0,20939840,8192,W,0.554041
0,20939808,8192,W,0.556202
1,3436288,15872,W,1.250720,0x123,5.99,test
1,3435888,512,W,1.609859
1,3435889,512,W,1.634761
0,7695360,4096,R,2.346628
1,10274472,4096,R,2.436645
`,
    split: /,/,
    row: spcRow,
  },
  {
    preset: "spc",
    // UMass, Financial1.spc: small letters.
    about: "of UMass",
    text: `0,303567,3584,w,0.000000
1,55590,3072,w,0.000000
0,303574,3584,w,0.026214
1,240840,3072,w,0.026214
1,55596,3072,r,0.078643
0,303581,3584,w,0.117964
1,55596,3072,w,0.117964
0,303588,3584,w,0.530841
1,55596,3072,w,0.530841
`,
    split: /,/,
    row: spcRow,
  },
  {
    preset: "twitter",
    // The samples of twitter/cache-trace.
    about: "a cluster",
    text: `0,q:q:1:8WTfjZU14ee,17,213,4,get,0
0,yDqF:3q:1AJrrJ1nnCJKKrnGx1A,27,27,5,get,0
0,q:q:1:8WTw2gCuJe8,17,720,6,get,0
0,yDqF:vS:1AJr9JnArxCJGxn919K,27,27,7,get,0
0,yDqF:vS:GKA9AK1xJxJ9nKA991,26,27,18,add,86400
0,yDqF:vq:1AJrrr1xnK1J19G199J,27,27,21,cas,86400
0,q:q:1:FyQjIMHMee,16,0,177,delete,0
0,q:q:1:8WTw2gCuJe8,17,720,6,get,0
`,
    split: /,/,
    row: ([, key, , size, , op]) => ({ key: `${key}`, bytes: Number(size), reads: /^get/.test(op ?? "") }),
  },
  {
    preset: "meta-kv",
    // Releases by month, as in the README of CacheLib's traces and in libCacheSim's converter.
    about: "202206",
    text: `key,op,size,op_count,key_size
1668757755,SET,82,1,40
1668757755,GET,0,1,40
1665497896,GET,169,18,78
1665497896,GET,169,2,78
`,
    split: /,/,
    row: ([key, op, size]) => ({ key: `${key}`, bytes: Number(size), reads: /^GET/.test(op ?? "") }),
  },
  {
    preset: "meta-kv",
    about: "202210",
    text: `op_time,key,key_size,op,op_count,size,cache_hits,ttl
564726470,798057486,83,GET,1,62,1,0
564726471,798057486,83,GET_LEASE,2,0,2,50
564726495,798057487,20,SET_LEASE,35,100,0,3600
`,
    split: /,/,
    row: timedRow,
  },
  {
    preset: "meta-kv",
    about: "202312",
    text: `key,op,size,op_count,key_size,ttl
177706276,GET,9,1,79,0
177706276,DELETE,0,1,79,0
`,
    split: /,/,
    row: ([key, op, size]) => ({ key: `${key}`, bytes: Number(size), reads: /^GET/.test(op ?? "") }),
  },
  {
    preset: "meta-kv",
    about: "202401",
    text: `op_time,key,key_size,op,op_count,size,cache_hits,ttl,usecase,sub_usecase
604038471,82131353f9ddc8c6,48,GET,1,87,1,0,366387042,3003229276
604038471,a54f88ab02ece24d,24,GET,3,0,0,0,699950563,699950563
604038473,828769c1e1ce3a29,67,SET,1,65,0,7200,2777918327,655456894
`,
    split: /,/,
    row: timedRow,
  },
  {
    preset: "ibm-cos",
    // SNIA IOTTA 36305, its README; an object of no bytes is in trace 097.
    about: "a bucket",
    text: `1219008 REST.PUT.OBJECT 8d4fcda3d675bac9 1056
1221974 REST.HEAD.OBJECT 39d177fb735ac5df 528
1232437 REST.HEAD.OBJECT 3b8255e0609a700d 1456
1232488 REST.GET.OBJECT 95d363d3fbdc0b03 1168 0 1167
1234545 REST.GET.OBJECT bfc07f9981aa6a5a 528 0 527
1256364 REST.HEAD.OBJECT c27efddbeef2b638 12752
1256491 REST.DELETE.OBJECT 8d4fcda3d675bac9
196535044 REST.GET.OBJECT 8688e0d2d279c9bb 0 0 -1
`,
    split: / /,
    row: ([, op, id, size]) => ({ key: `${id}`, bytes: Number(size ?? 0), reads: /GET|HEAD/.test(op ?? "") }),
  },
  {
    preset: "fiu",
    // SNIA IOTTA 391, mail.
    about: "mail",
    text: `89966527950584 4253 nfsd 508516672 8 W 6 0 88b93b628d84082186026d9da044f173
89967404265337 4253 nfsd 508516672 8 W 6 0 88b93b628d84082186026d9da044f173
89967404311353 4253 nfsd 508516680 8 W 6 0 b5e9f4e5ab62a4fff5313a606b0ad4e3
89967404359328 4253 nfsd 508516688 8 W 6 0 e6434714a2358bc5f55005d6c5502d80
89968195447404 20782 gzip 283193112 8 R 6 0 ef58ea75660587908a49b83a338bff34
89968195487477 20782 gzip 283193120 8 R 6 0 980f03b2810fd0267bea07bc4f0c78fa
`,
    split: / /,
    row: fiuRow,
  },
  {
    preset: "fiu",
    // SNIA IOTTA 391, homes: a digest for each sector, without blanks between them.
    about: "homes",
    text: `778713324445453 166 pdflush 120 8 W 6 0 ${spaced(8, "bf619eac0cdf3f68d496ea9344137e8b")}\n`,
    split: / /,
    row: fiuRow,
  },
  {
    preset: "lrb",
    // The example of the README of sunnyszy/lrb; features follow where a trace has them.
    about: "the README's example",
    text: "1 1 120\n2 2 64\n3 1 120\n4 3 14\n4 1 120\n",
    split: / /,
    row: ([, id, size]) => ({ key: `${id}`, bytes: Number(size), reads: true }),
  },
];

function spcRow([unit, lba, size, op]: string[]): Row {
  return { key: `${unit}`, from: Number(lba) * 512, bytes: Number(size), reads: /r/i.test(op ?? "") };
}

function timedRow([, key, , op, , size]: string[]): Row {
  return { key: `${key}`, bytes: Number(size), reads: /^GET/.test(op ?? "") };
}

function fiuRow([, , , lba, size, op, major, minor]: string[]): Row {
  const volume = `${major}:${minor}`;
  return { key: volume, from: Number(lba) * 512, bytes: Number(size) * 512, reads: op === "R" };
}

/** Equal keys have equal numbers. */
function numbered(keys: readonly (string | bigint)[]): number[] {
  const seen = [...new Set(keys)];
  return keys.map((key) => seen.indexOf(key));
}

/** The pages of 4 KiB that a row asks for, in order. */
function pagesOf({ key, from, bytes }: Row): string[] {
  if (from === undefined) return [key];
  const [first, last] = [Math.floor(from / 4096), Math.floor((from + bytes - 1) / 4096)];
  return Array.from({ length: last - first + 1 }, (_, n) => `${key}/${first + n}`);
}

function lruMisses(pages: readonly string[], frames: number): number {
  let recent: string[] = [];
  let misses = 0;
  for (const page of pages) {
    if (!recent.includes(page)) misses++;
    recent = [page, ...recent.filter((other) => other !== page)].slice(0, frames);
  }
  return misses;
}

test("each preset has an excerpt", () => {
  expect(PRESET_NAMES.filter((name) => !EXCERPTS.some(({ preset }) => preset === name))).toEqual([]);
});

describe.each(EXCERPTS)("--preset $preset, $about", ({ preset, text, split, row }) => {
  const lines = text.split("\n").filter((line) => /\d/.test(line));
  const wanted = lines.map((line) => row(line.split(split)));
  const open = () => openTrace(bytesOf(text), { preset, name: "T" });

  test("reads the rows as an independent reader does", async () => {
    const trace = await open();
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

  test("has the requests and the misses of LRU of an independent count", async () => {
    const pages = wanted.flatMap(pagesOf);
    const isRanges = wanted[0]?.from !== undefined;
    const { results } = await compare(await open(), {
      policies: "lru",
      frames: [2, 8],
      ...(isRanges && { pageSize: 4096 }),
    });
    expect(results.map(({ requests, misses }) => [requests, misses])).toEqual(
      [2, 8].map((frames) => [pages.length, lruMisses(pages, frames)]),
    );
  });

  test("refuses rows with another number of columns, and other options for columns", async () => {
    await expect(openTrace(bytesOf("1,2\n"), { preset, name: "T" })).rejects.toThrow("T:1: the rows have");
    await expect(openTrace(bytesOf(text), { preset, columns: "page=1" })).rejects.toThrow(
      "preset: a preset already gives",
    );
  });

  test("is suggested for its rows", async () => {
    const rows = [...lines, ...lines].slice(0, 4).join("\n");
    await expect(openTrace(bytesOf(rows), { name: "T", columns: "page=99" })).rejects.toThrow("T:1:");
    await expect(openTrace(bytesOf(rows), { name: "T" })).rejects.toThrow(preset);
  });
});

test("rows of spc may have blanks behind commas, and ask for nothing", async () => {
  const text = "0, 20941264,\t8192, w, 0.551706\n0,  20939840, 0,r, 0.554041\n0, 8, 512, R, 1.0\n";
  const got = await readTrace(await openTrace(bytesOf(text), { preset: "spc" }));
  expect(got.map(({ kind, address, size }) => [kind, address, size])).toEqual([
    [2, 20941264n * 512n, 8192],
    [1, 4096n, 512],
  ]);
});

test("a row of lrb has a number, a size beyond 32 bits, and features", async () => {
  const text = "0 31 2236 5 7\n2 5000000001 9000000000 1 2\n";
  const got = await readTrace(await openTrace(bytesOf(text), { preset: "lrb" }));
  expect(got.map(({ address, size }) => [address, size])).toEqual([
    [31n, 2236],
    [5000000001n, 2 ** 32 - 1],
  ]);
});

test("an unknown preset is refused with the nearest name", async () => {
  await expect(openTrace(bytesOf("1\n"), { preset: "twiter" as "twitter" })).rejects.toThrow(
    'unknown preset "twiter"; did you mean twitter?',
  );
});
