/** Errors of a program, by lines of its log. */
import { describe, expect, test } from "vitest";
import { readLog } from "./read.js";

const text = (...lines: string[]) => `${lines.join("\n")}\n`;

test("a block that is freed twice, with the lines of its allocation and free", async () => {
  const { findings, operations } = await readLog(
    text("malloc(8) = 0x1010", "malloc(8) = 0x1030", "free(0x1010)", "free(0x1010)", "free(0x1010)"),
  );
  expect(findings.doubleFrees).toEqual({
    count: 2,
    first: [
      { line: 4, operation: "free", address: 0x1010n, madeLine: 1, freedLine: 3 },
      { line: 5, operation: "free", address: 0x1010n, madeLine: 1, freedLine: 3 },
    ],
  });
  expect(operations.slice(3).map(({ freed }) => freed)).toEqual([undefined, undefined]);
});

test("a free of an address that was never allocated", async () => {
  const { findings } = await readLog(text("malloc(8) = 0x1010", "free(0x1018)", "free(nil)"));
  expect(findings.invalidFrees).toEqual({
    count: 1,
    first: [{ line: 2, operation: "free", address: 0x1018n, madeLine: undefined, freedLine: undefined }],
  });
});

test("a realloc of a freed block, which then allocates a new one", async () => {
  const { findings, operations } = await readLog(
    text("malloc(8) = 0x1010", "free(0x1010)", "realloc(0x1010, 9) = 0x1030", "realloc(0x9990, 9) = 0x1050"),
  );
  expect(findings.usesOfFreed).toMatchObject({
    count: 1,
    first: [{ line: 3, operation: "realloc", madeLine: 1, freedLine: 2 }],
  });
  expect(findings.usesOfUnknown).toMatchObject({ count: 1, first: [{ line: 4, address: 0x9990n }] });
  expect(operations.map(({ made, freed }) => [made, freed])).toEqual([
    [0, undefined],
    [undefined, 0],
    [0, undefined],
    [1, undefined],
  ]);
});

test("a block that realloc moved has a new address", async () => {
  const { findings } = await readLog(
    text("malloc(8) = 0x1010", "realloc(0x1010, 99) = 0x2010", "free(0x1010)", "free(0x2010)"),
  );
  expect(findings.doubleFrees).toMatchObject({ count: 1, first: [{ line: 3, madeLine: 1, freedLine: 2 }] });
  expect(findings.leaks.blocks).toBe(0);
});

test("realloc to 0 bytes frees the block, and a failed realloc does not", async () => {
  const { findings, operations } = await readLog(
    text("malloc(8) = 0x1010", "realloc(0x1010, 1000000) = nil", "realloc(0x1010, 0) = nil", "free(0x1010)"),
  );
  expect(operations.map(({ made, freed }) => [made, freed])).toEqual([
    [0, undefined],
    [0, 0],
    [undefined, 0],
    [undefined, undefined],
  ]);
  expect(findings.doubleFrees).toMatchObject({ count: 1, first: [{ line: 4, freedLine: 3 }] });
});

test("blocks not freed by the end: all are counted, and listed by line and by size", async () => {
  const { findings } = await readLog(
    text(
      "malloc(8) = 0x1010",
      "malloc(300) = 0x1030",
      "calloc(10, 4) = 0x2010",
      "free(0x1010)",
      "malloc(1) = 0x1010",
    ),
  );
  expect(findings.leaks).toEqual({
    blocks: 3,
    bytes: 341,
    first: [
      { line: 2, bytes: 300, address: 0x1030n },
      { line: 3, bytes: 40, address: 0x2010n },
      { line: 5, bytes: 1, address: 0x1010n },
    ],
    largest: [
      { line: 2, bytes: 300, address: 0x1030n },
      { line: 3, bytes: 40, address: 0x2010n },
      { line: 5, bytes: 1, address: 0x1010n },
    ],
  });
});

test("a free that the log does not show is inserted", async () => {
  const { findings, operations } = await readLog(
    text("malloc(8) = 0x1010", "malloc(9) = 0x1030", "[pid 7] malloc(10) = 0x1010", "free(0x1010)"),
  );
  expect(findings.unseenFrees).toMatchObject({
    count: 1,
    first: [{ line: 3, operation: "malloc", madeLine: 1 }],
  });
  expect(
    operations.map(({ op, thread, a, made, freed, line }) => [op, thread, a, made, freed, line]),
  ).toEqual([
    ["malloc", 0, 8n, 0, undefined, 1],
    ["malloc", 0, 9n, 1, undefined, 2],
    ["free", 1, 0x1010n, undefined, 0, 3],
    ["malloc", 1, 10n, 2, undefined, 3],
    ["free", 0, 0x1010n, undefined, 2, 4],
  ]);
});

test("up to a batch of frees is inserted", async () => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `malloc(${n + 1}) = 0x1010`);
  const { operations, findings } = await readLog(text(...lines));
  expect(findings.unseenFrees.count).toBe(19_999);
  expect(findings.unseenFrees.first).toHaveLength(256);
  expect(operations).toHaveLength(39_999);
  expect(operations.every(({ op }, n) => op === (n % 2 === 0 ? "malloc" : "free"))).toBe(true);
  expect(operations.filter(({ op }) => op === "malloc").map(({ a }) => Number(a))).toEqual(
    lines.map((_, n) => n + 1),
  );
});

describe("blocks of posix_memalign", () => {
  test("are known if the log has them", async () => {
    const { findings } = await readLog(text("posix_memalign([0x1040], 64, 10) = 0", "free(0x1040)"));
    expect(findings.unaddressedBlocks).toBe(0);
    expect(findings.invalidFrees.count).toBe(0);
  });

  test("are counted if it does not, and matched with the next free of a fitting address", async () => {
    const { findings, operations } = await readLog(
      text(
        "malloc(8) = 0x1080",
        "free(0x1080)",
        "posix_memalign(0x7ffc0010, 64, 10) = 0",
        "posix_memalign(0x7ffc0018, 4096, 20) = 0",
        "free(0x1040)",
        "free(0x1040)",
        "realloc(0x3000, 30) = 0x4000",
        "free(0x1080)",
      ),
    );
    expect(findings.unaddressedBlocks).toBe(2);
    expect(operations.map(({ op, made, freed }) => [op, made, freed])).toEqual([
      ["malloc", 0, undefined],
      ["free", undefined, 0],
      ["posix_memalign", 0, undefined],
      ["posix_memalign", 1, undefined],
      ["free", undefined, 0],
      ["free", undefined, undefined],
      ["realloc", 1, 1],
      ["free", undefined, undefined],
    ]);
    expect(findings.invalidFrees.count).toBe(0);
    expect(
      findings.doubleFrees.first.map(({ line, madeLine, freedLine }) => [line, madeLine, freedLine]),
    ).toEqual([
      [6, 3, 5],
      [8, 1, 2],
    ]);
    expect(findings.leaks).toMatchObject({ blocks: 1, bytes: 30 });
  });

  test("may have the address of an earlier block", async () => {
    const { findings, operations } = await readLog(
      text("malloc(8) = 0x1080", "free(0x1080)", "posix_memalign(0x7ffc0010, 64, 10) = 0", "free(0x1080)"),
    );
    expect(operations.at(-1)).toMatchObject({ op: "free", freed: operations[2]?.made });
    expect(findings.doubleFrees.count).toBe(0);
  });
});

test("numbers are dense: at most as many as blocks in use at one time", async () => {
  const lines: string[] = [];
  for (let n = 0; n < 30_000; n++) {
    lines.push(`malloc(${n}) = 0x${(n * 32 + 16).toString(16)}`);
    if (n >= 100) lines.push(`free(0x${((n - 100) * 32 + 16).toString(16)}) = <void>`);
  }
  const { operations, findings } = await readLog(text(...lines));
  expect(Math.max(...operations.map(({ made }) => made ?? 0))).toBe(100);
  expect(findings.leaks.blocks).toBe(100);
  expect(findings.leaks.first[0]?.line).toBe(lines.findIndex((line) => line.startsWith("malloc(29900)")) + 1);
});
