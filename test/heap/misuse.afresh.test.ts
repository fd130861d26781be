/**
 * Misuse of the heap under glibc: each script also runs on this machine's glibc, and the answers of calls, the message
 * and the signal must be equal. PAGEWALK_SEEDS makes the random part longer.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, runModel, runReal, type Step } from "./misuse.js";

const tools = [
  ...(spawnSync("gcc", ["--version"]).error === undefined ? [] : ["gcc"]),
  ...(process.platform === "linux" && process.arch === "x64" ? [] : ["x86-64 Linux"]),
  ...(spawnSync("getconf", ["GNU_LIBC_VERSION"], { encoding: "utf8" }).stdout?.trim() === "glibc 2.36"
    ? []
    : ["glibc 2.36"]),
];
const RUNS = Number(process.env.PAGEWALK_SEEDS ?? 270);

const SCRIPTS: readonly (readonly [name: string, end: string | undefined, steps: readonly Step[]])[] = [
  [
    "freed twice, small",
    "SIGABRT: free(): double free detected in tcache 2",
    [
      ["m", "a", 24n],
      ["f", "a", 0n],
      ["f", "a", 0n],
    ],
  ],
  [
    "freed twice, next to the top",
    "SIGABRT: double free or corruption (top)",
    [
      ["m", "a", 2000n],
      ["f", "a", 0n],
      ["f", "a", 0n],
    ],
  ],
  [
    "freed twice, between others",
    "SIGABRT: double free or corruption (!prev)",
    [
      ["m", "a", 2000n],
      ["m", "b", 16n],
      ["f", "a", 0n],
      ["f", "a", 0n],
    ],
  ],
  [
    "the middle of a block",
    "SIGABRT: free(): invalid pointer",
    [
      ["m", "a", 100n],
      ["f", "a", 8n],
    ],
  ],
  [
    "an aligned middle of a block",
    "SIGABRT: free(): invalid pointer",
    [
      ["m", "a", 100n],
      ["f", "a", 16n],
    ],
  ],
  ["a wild pointer", "SIGSEGV", [["f", "a", 0x10000n]]],
  [
    "an overrun into the next header",
    "SIGABRT: free(): invalid pointer",
    [
      ["m", "a", 24n],
      ["m", "b", 24n],
      ["s", "a", 24n, 0n],
      ["f", "b", 0n],
    ],
  ],
  [
    "an overrun into the top",
    "SIGABRT: malloc(): corrupted top size",
    [
      ["m", "a", 24n],
      ["s", "a", 24n, -1n],
      ["m", "b", 24n],
    ],
  ],
  [
    "a freed block's links overwritten",
    "SIGABRT: malloc(): unaligned tcache chunk detected",
    [
      ["m", "a", 24n],
      ["m", "b", 24n],
      ["f", "b", 0n],
      ["f", "a", 0n],
      ["s", "a", 0n, 0x123n],
      ["m", "c", 24n],
      ["m", "d", 24n],
    ],
  ],
  [
    "realloc of a freed block",
    undefined,
    [
      ["m", "a", 24n],
      ["m", "b", 24n],
      ["f", "a", 0n],
      ["r", "c", "a", 20n],
    ],
  ],
  [
    "a header's size made odd, and realloc",
    "SIGABRT: realloc(): invalid next size",
    [
      ["m", "a", 100n],
      ["s", "a", -8n, 0x11n],
      ["r", "b", "a", 300n],
    ],
  ],
  [
    "more than PTRDIFF_MAX",
    undefined,
    [
      ["m", "a", 2n ** 63n],
      ["c", "b", 2n ** 40n, 2n ** 40n],
      ["r", "c", "d", -1n],
      ["a", "e", 64n, -64n],
    ],
  ],
  [
    "an alignment that is not a power of two",
    undefined,
    [
      ["a", "a", 48n, 100n],
      ["a", "b", 0n, 10n],
      ["a", "c", 2n ** 63n + 1n, 10n],
      ["a", "d", 2n ** 63n, 10n],
    ],
  ],
  [
    "a mapped block freed twice",
    "SIGSEGV",
    [
      ["m", "a", 200000n],
      ["f", "a", 0n],
      ["f", "a", 0n],
    ],
  ],
  [
    "a mapped block's size overwritten",
    "SIGABRT: munmap_chunk(): invalid pointer",
    [
      ["m", "a", 200000n],
      ["s", "a", -8n, 0x1232n],
      ["f", "a", 0n],
    ],
  ],
];

const NAMES = "abcdefghij";

/** A random step; some are misuse. Sizes cover all paths: caches, fast bins, small and large bins, mappings. */
const sizes = fc.oneof(
  fc.bigInt(0n, 200n),
  fc.bigInt(200n, 3000n),
  fc.bigInt(3000n, 70000n),
  fc.bigInt(128000n, 300000n),
);
const name = fc.constantFrom(...NAMES);
const allocation = fc.oneof(
  fc.tuple(fc.constant("m" as const), name, sizes),
  fc.tuple(fc.constant("c" as const), name, fc.bigInt(0n, 4n), sizes),
  fc.tuple(fc.constant("a" as const), name, fc.constantFrom(8n, 32n, 64n, 4096n, 48n), sizes),
);
/** Values that a header could have, and others. */
const words = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    0x20n,
    0x21n,
    0x31n,
    0x41n,
    0x91n,
    0x411n,
    0x431n,
    0x10001n,
    -1n,
    0x4141414141414141n,
  ),
  fc.bigInt(0n, 0x2000n).map((n) => n * 16n + 1n),
);
const misuse = fc.oneof(
  { weight: 12, arbitrary: allocation },
  { weight: 8, arbitrary: fc.tuple(fc.constant("f" as const), name, fc.constant(0n)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("r" as const), name, name, sizes) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("u" as const), name) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constant("s" as const), name, fc.constantFrom(-16n, -8n, 0n, 8n, 16n, 24n), words),
  },
);
/** Every pointer is a block at first, so that stores change the heap. */
const script = fc
  .tuple(
    fc.array(sizes, { minLength: NAMES.length, maxLength: NAMES.length }),
    fc.array(misuse, { maxLength: 60, size: "max" }),
  )
  .map(([first, rest]): Step[] => [...first.map((size, n): Step => ["m", NAMES[n] ?? "a", size]), ...rest]);

describe.skipIf(tools.length > 0)(`misuse of the heap (needs ${tools.join(", ") || "nothing more"})`, () => {
  let folder: string;
  let program: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-misuse-"));
    program = compile(folder);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(SCRIPTS)("%s", async (_, end, steps) => {
    const { maps, ...real } = runReal(program, steps);
    expect(real.end).toBe(end);
    expect(await runModel(steps, maps)).toEqual(real);
  });

  test("random scripts end as they do in glibc", async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const { maps, ...real } = runReal(program, steps);
        expect(await runModel(steps, maps)).toEqual(real);
      }),
      { numRuns: RUNS, seed: 1 },
    );
  }, 300_000);
});
