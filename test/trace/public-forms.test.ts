/**
 * Small traces in forms that other tools and courses give out, which are easily taken for another format. The requests
 * and misses were counted by hand or are computed by a plain LRU.
 */
import { describe, expect, test } from "vitest";
import { type CompareOptions, compare } from "#pagewalk/compare/compare.js";
import { randomFrom } from "#pagewalk/custom/random.js";
import { openTrace } from "#pagewalk/trace/open.js";
import type { OpenTraceOptions } from "#pagewalk/trace/trace.js";
import { bytesOf, LOAD, readAll, STORE } from "./records.js";

/** Requests, and the misses with each number of frames. */
async function counts(
  input: Uint8Array,
  options: OpenTraceOptions,
  asked: Partial<CompareOptions> & { frames: number[] },
): Promise<number[]> {
  const trace = await openTrace(input, { name: "T", ...options });
  const { results } = await compare(trace, { policies: "lru", ...asked });
  return [results[0]?.requests ?? 0, ...results.map(({ misses }) => misses)];
}

/** Ids of a few hundred objects, the small ones most often. */
function objects(count: number): number[] {
  const random = randomFrom(7);
  return Array.from({ length: count }, () => Math.floor(400 * random() ** 3));
}

function lruMisses(ids: readonly number[], frames: number): number {
  const recent: number[] = [];
  let misses = 0;
  for (const id of ids) {
    const at = recent.indexOf(id);
    if (at < 0) misses++;
    else recent.splice(at, 1);
    recent.unshift(id);
    recent.length = Math.min(recent.length, frames);
  }
  return misses;
}

describe("ids of four bytes", () => {
  const ids = objects(4800);
  const bytes = new Uint8Array(ids.length * 4);
  for (const [n, id] of ids.entries()) new DataView(bytes.buffer).setUint32(n * 4, id);

  test("are no champsim trace, though they are numbers and zeros", async () => {
    await expect(openTrace(bytes, { name: "web.bin" })).rejects.toThrow("web.bin: no known trace format");
  });

  test("are read by the name of their form", async () => {
    const got = await counts(bytes, { format: "u32be" }, { frames: [100] });
    expect(got).toEqual([ids.length, lruMisses(ids, 100)]);
  });
});

describe("lines of time, id and size", () => {
  const ids = objects(500);
  const text = bytesOf(ids.map((id, time) => `${time} ${id} ${100 + (id % 7)}\n`).join(""));

  test("are no din trace: the error names the columns' option and the preset", async () => {
    await expect(openTrace(text, { name: "a.tr" })).rejects.toThrow(
      /^a\.tr: may be .*columns.*preset: "lrb"/,
    );
  });

  test.each<OpenTraceOptions>([{ columns: "page=2,size=3" }, { preset: "lrb" }])(
    "are read by %j",
    async (options) => {
      expect(await counts(text, options, { frames: [20] })).toEqual([ids.length, lruMisses(ids, 20)]);
    },
  );
});

test.each(["1 2 3 4 1 2 5 1 2 3 4 5\n", "1,2,3,4,1,2,5,1,2,3,4,5", "1 2 3 4\n1 2 5 1 2\n3 4 5\n"])(
  "Belady's string %j is twelve requests: 9 misses of fifo with 3 frames, 10 with 4",
  async (text) => {
    expect(await counts(bytesOf(text), {}, { policies: "fifo", frames: [3, 4] })).toEqual([12, 9, 10]);
  },
);

test("keys of letters: A B A C B has one hit in two frames", async () => {
  const text = `# timestamp (ms), op type, object id, object size (byte)
0,1,A,100
10,1,B,31
15,1,A,100
20,0,C,15
25,1,B,31
`;
  const columns = "page=3,size=4,kind=2";
  expect(await counts(bytesOf(text), { columns }, { frames: [2] })).toEqual([5, 4]);
});

test("keys of two columns: blocks of two units differ, though numbers are equal", async () => {
  const text =
    "0,20941264,8192,W,0.551706\n0,20939840,8192,W,0.554041\n1,20941264,8192,R,0.56\n0,3072,1536,r,0.9\n";
  expect(await counts(bytesOf(text), { columns: "page=1+2" }, { frames: [8] })).toEqual([4, 4]);
});

test("ranges of bytes: four rows of MSR touch 12 pages, one of them twice in a row", async () => {
  const text = `128166372003061629,hm,1,Read,0,4096,100
128166372003061630,hm,1,Read,512,4096,100
128166372003061631,hm,1,Write,8192,32768,58000
128166372003061632,hm,1,Read,12288,4096,10
`;
  const asked = { frames: [4], pageSize: "4KiB" };
  expect(await counts(bytesOf(text), { preset: "msr" }, asked)).toEqual([12, 11]);
  await expect(counts(bytesOf(text), { columns: "page=5" }, asked)).rejects.toThrow(
    "T: csv traces hold page numbers",
  );
});

test("a hexadecimal address and R or W", async () => {
  const text = "0041f7a0 R\n13f5e2c0 R\n31348900 W\n0041f7a4 W\n";
  expect(await readAll(bytesOf(text))).toMatchObject([
    { kind: LOAD, address: 0x41f7a0n },
    { kind: LOAD, address: 0x13f5e2c0n },
    { kind: STORE, address: 0x31348900n },
    { kind: STORE, address: 0x41f7a4n },
  ]);
});

test("dineroIV's labels in capitals, with a size in hexadecimal", async () => {
  expect(await readAll(bytesOf("R ff4 10\nW 2000 8\n"))).toEqual([
    { kind: LOAD, address: 0xff4n, size: 16 },
    { kind: STORE, address: 0x2000n, size: 8 },
  ]);
});

test("a line of arc that asks for four billion pages is refused", async () => {
  await expect(readAll(bytesOf("0 4294967295 0 1\n"), { name: "T.arc" })).rejects.toThrow(
    "T.arc:1: the line asks for more than 16777216 pages",
  );
});
