/** Heap logs of other formats, by example: mtrace, the malloc lab's, heaptrack's, Pagewalk's; and their detection. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { convertTrace } from "#pagewalk/trace/convert.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import { complaint, type Operation, readLog } from "./read.js";

const brief = ({ op, a, b, result, made, freed }: Operation) => [op, a, b, result, made, freed];
const none = undefined;

const MTRACE = `= Start
@ ./t:(main+0x15)[0x12ae] + 0x1010 0x64
@ ./t:[0x12ba] - 0x1010
@ /opt/my program:[0x12c9] + 0x1080 0x80
@ ./t:[0x12de] < 0x1080
@ ./t:[0x12de] > 0x1680 0x1f4
+ 0x1010 0x10
@ ./t:[0x13a8] + (nil) 0xffffffffffffffff
@ ./t:[0x13a8] ! 0x1680 0xffffffffffffffff
@ ./t:[0x13a8] < (nil)
@ ./t:[0x13a8] > 0x2680 0x1
- 0x1010
= End
`;

test("mtrace: calls are read by their marks, with any caller", async () => {
  const { operations, format, skippedLines, lines, findings } = await readLog(MTRACE);
  expect(format).toBe("mtrace");
  expect(operations.map(brief)).toEqual([
    ["malloc", 100n, 0n, 0x1010n, 0, none],
    ["free", 0x1010n, 0n, 0n, none, 0],
    ["malloc", 128n, 0n, 0x1080n, 0, none],
    ["realloc", 0x1080n, 500n, 0x1680n, 0, 0],
    ["malloc", 16n, 0n, 0x1010n, 1, none],
    ["malloc", 2n ** 64n - 1n, 0n, 0n, none, none],
    ["realloc", 0x1680n, 2n ** 64n - 1n, 0n, 0, 0],
    ["realloc", 0n, 1n, 0x2680n, 2, none],
    ["free", 0x1010n, 0n, 0n, none, 1],
  ]);
  expect(operations.map(({ line }) => line)).toEqual([2, 3, 4, 6, 7, 8, 9, 11, 12]);
  expect([lines, skippedLines]).toEqual([13, 4]);
  expect(findings.leaks.first).toEqual([
    { line: 6, bytes: 500, address: 0x1680n },
    { line: 11, bytes: 1, address: 0x2680n },
  ]);
});

describe("mtrace: an error is reported with its line", () => {
  test.each([
    ["@ ./t:[0x12ae] + 0x1010", "not a line of mtrace"],
    ["@ ./t:[0x12ae] + 0x10zz 0x64", "not a line of mtrace"],
    ["@ ./t:[0x12ae] - 0x11112222333344445", "a number is out of range"],
    ["@ ./t:[0x12ae] > 0x1010 0x64", "a call is resumed that was not started"],
    ["@ ./t", "not a line of mtrace"],
  ])("%s", async (line, problem) => {
    expect(await complaint(`${MTRACE}${line}\n= End\n`)).toMatch(new RegExp(`^log:14: ${problem}`));
  });

  test("a line that is cut by the end of the program", async () => {
    expect(await complaint(`${MTRACE}@ ./t:[0x1`)).toMatch(/^log:14: the log ends inside this line/);
  });
});

const REP = "20000\n3\n6\n1\na 0 512\na 1 128\nr 0 640\nf 1\na 1 8\nf 0\n";

test("rep: ids become numbers of blocks, without addresses", async () => {
  const { operations, format, hasAddresses, findings, skippedLines } = await readLog(REP);
  expect([format, hasAddresses, skippedLines]).toEqual(["rep", false, 4]);
  expect(operations.map(brief)).toEqual([
    ["malloc", 512n, 0n, 0n, 0, none],
    ["malloc", 128n, 0n, 0n, 1, none],
    ["realloc", 0n, 640n, 0n, 0, 0],
    ["free", 0n, 0n, 0n, none, 1],
    ["malloc", 8n, 0n, 0n, 1, none],
    ["free", 0n, 0n, 0n, none, 0],
  ]);
  expect(findings.leaks).toMatchObject({
    blocks: 1,
    bytes: 8,
    first: [{ line: 9, bytes: 8, address: none }],
  });
});

test("rep: -1 is NULL, and the header may be on one line", async () => {
  const { operations } = await readLog("20000 3 6 1\r\nf -1\r\na 0 1\r\nf 0\r\nf 0\r\n");
  expect(operations.map(({ op, freed }) => [op, freed])).toEqual([
    ["free", none],
    ["malloc", none],
    ["free", 0],
    ["free", none],
  ]);
});

describe("rep: an error is reported with its line", () => {
  test.each(["a 0", "a x 3", "f", "f 1 2", "b 3 4", "a0 3", "17 x", "f -2", "a 1 99999999999999999999"])(
    "%s",
    async (line) => {
      expect(await complaint(`${REP}${line}\nf 1\n`)).toMatch(
        /^log:11: (not a line of rep|a number is out of range)/,
      );
    },
  );
});

const RAW = `v 10400 3
x b /usr/bin/ls
X /bin/ls /
I 1000 5e2921
m 1 x 55e0c3a00000 0 1000
t 7f2710acab9f 0
+ 1d8 1 55e0c3a012a0
c 5
+ 20 1 55e0c3a01480
R 100
- 55e0c3a012a0
- 55e0c3a01480
- 55e0c3a01490
`;

test("heaptrack, raw: blocks have addresses", async () => {
  const { operations, format, hasAddresses, findings } = await readLog(RAW);
  expect([format, hasAddresses]).toEqual(["heaptrack", true]);
  expect(operations.map(brief)).toEqual([
    ["malloc", 0x1d8n, 0n, 0x55e0c3a012a0n, 0, none],
    ["malloc", 0x20n, 0n, 0x55e0c3a01480n, 1, none],
    ["free", 0x55e0c3a012a0n, 0n, 0n, none, 0],
    ["free", 0x55e0c3a01480n, 0n, 0n, none, 1],
    ["free", 0x55e0c3a01490n, 0n, 0n, none, none],
  ]);
  expect(findings.invalidFrees).toMatchObject({ count: 1, first: [{ line: 13, address: 0x55e0c3a01490n }] });
});

const INTERPRETED = `v 10400 3
X /bin/ls /
I 1000 5e2921
s b /usr/bin/ls
i 7f2710acab9f 1
t 1 0
a 1d8 1
+ 0
a 20 1
+ 1
+ 1
+ 0
c 5
- 1
+ 1
- 1
- 1
- 0
# strings: 1
`;

test("heaptrack, interpreted: the oldest block of an allocation is freed", async () => {
  const { operations, format, hasAddresses, findings } = await readLog(INTERPRETED);
  expect([format, hasAddresses]).toEqual(["heaptrack", false]);
  const names = new Map<number, string>();
  const told = operations.map(({ op, a, made, freed, result }) => {
    expect(result).toBe(0n);
    if (op === "malloc") names.set(made ?? -1, `${names.size}:${a}`);
    return [op, op === "malloc" ? Number(a) : 0, made, freed];
  });
  expect(told).toEqual([
    ["malloc", 0x1d8, 0, none],
    ["malloc", 0x20, 1, none],
    ["malloc", 0x20, 2, none],
    ["malloc", 0x1d8, 3, none],
    ["free", 0, none, 1],
    ["malloc", 0x20, 1, none],
    ["free", 0, none, 2],
    ["free", 0, none, 1],
    ["free", 0, none, 0],
  ]);
  expect(findings.leaks).toMatchObject({ blocks: 1, bytes: 0x1d8 });
});

test.each(["10000", "10200 10200", "10100 2", "10680 3"])(
  "heaptrack: files of version %s are read",
  async (version) => {
    const { operations } = await readLog(RAW.replace("10400 3", version));
    expect(operations).toHaveLength(5);
  },
);

test("heaptrack: a later version is refused", async () => {
  expect(await complaint(RAW.replace("10400 3", "10900 4"))).toMatch(
    /^log:1: the file's version is later than 3, the last known one: "v 10900 4"; record it with /,
  );
});

describe("heaptrack: an error is reported with its line", () => {
  test.each([
    ["+ 2", "the allocation has no such block"],
    ["- 1", "the allocation has no such block"],
    ["+ 1 2 3", "not a line of heaptrack"],
    ["- x", "not a line of heaptrack"],
    ["a 10", "not a line of heaptrack"],
  ])("%s", async (line, problem) => {
    expect(await complaint(`${INTERPRETED}${line}\n# end\n`)).toMatch(new RegExp(`^log:20: ${problem}`));
  });
});

test("pagewalk: the call events among references are read", async () => {
  const calls = [
    "malloc(48) = 0x1010",
    "store(0x1010, 8)",
    "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
    "load(0x1010, 8)",
    "realloc(0x1010, 96) = 0x1050",
    "free(0x1050) = <void>",
  ];
  const trace = await openTrace(new TextEncoder().encode(`${calls.join("\n")}\n`), { format: "calls" });
  const sink = new BytesSink();
  await convertTrace(trace, sink, { format: "pagewalk" });
  const { operations, format, lines, skippedLines } = await readLog(sink.bytes);
  expect(format).toBe("pagewalk");
  expect(operations.map(({ op, a, line }) => [op, a, line])).toEqual([
    ["malloc", 48n, 1],
    ["realloc", 0x1010n, 3],
    ["free", 0x1050n, 4],
  ]);
  expect([lines, skippedLines]).toEqual([4, 1]);
});

describe("the format is detected from the log's content", () => {
  test.each([
    ["ltrace", "malloc(1) = 0x10\n"],
    [
      "ltrace",
      "hello\n[pid 3] 0.0 t->malloc(1 <unfinished ...>\n[pid 3] 0.1 <... malloc resumed> ) = 0x10\n",
    ],
    ["ltrace", `${'strlen("a") = 1\n'.repeat(20000)}malloc(1) = 0x10\n`],
    ["mtrace", "@ ./t:[0x12ae] + 0x1010 0x64\n"],
    ["rep", "1\n1\n1\n1\na 0 512\n"],
    ["heaptrack", RAW],
  ])("%s", async (format, text) => {
    expect((await readLog(text)).format).toBe(format);
  });

  test("with any compression", async () => {
    expect((await readLog(gzipSync(MTRACE))).operations).toHaveLength(9);
  });

  test("a file without a call is not a heap log", async () => {
    expect(await complaint("hello, world\n")).toMatch(
      /^log: no known heap log: it starts with "hello, world"/,
    );
    expect(await complaint("")).toMatch(/^log: is empty/);
    expect(await complaint("hello\n", { format: "ltrace" })).toMatch(/^log: holds no calls of an allocator/);
    expect(await complaint("hello\n", { format: "pagewalk" })).toMatch(/^log:0: is not a pagewalk file/);
    expect(await complaint("malloc(1) = 0x10\n", { format: "ltrac" })).toMatch(/did you mean ltrace\?/);
  });
});
