/**
 * Misuse of the heap under musl: each script also runs on this machine's musl, linked statically, and the answers of
 * calls and the ends must be equal. PAGEWALK_SEEDS makes the random part longer.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, runModel, runReal, type Step } from "./misuse.js";
import { replayText } from "./replay-log.js";

const tools = [
  ...(spawnSync("musl-gcc", ["--version"]).error === undefined ? [] : ["musl-gcc"]),
  ...(process.platform === "linux" && process.arch === "x64" ? [] : ["x86-64 Linux"]),
  ...(/^Version 1\.2\.3$/m.test(spawnSync("/lib/ld-musl-x86_64.so.1", { encoding: "utf8" }).stderr ?? "")
    ? []
    : ["musl 1.2.3"]),
];
const RUNS = Number(process.env.PAGEWALK_SEEDS ?? 150);

test("a double free ends the process by the instruction hlt", async () => {
  const first = await replayText("malloc(24) = 0x1\n", "musl", { goesOn: true });
  const block = first.firstMismatch?.actual ?? "";
  const twice = `malloc(24) = ${block}\nmalloc(24) = 0x1\nfree(${block}) = <void>\nfree(${block}) = <void>\n`;
  const { stopped } = await replayText(twice, "musl", { goesOn: true });
  // SIGSEGV, SI_KERNEL: what `hlt` gives.
  expect(stopped).toEqual({ signal: 11, code: 128, message: "", line: 4 });
});

const SCRIPTS: readonly (readonly [name: string, end: string | undefined, steps: readonly Step[]])[] = [
  [
    "freed twice",
    "SIGSEGV",
    [
      ["m", "a", 24n],
      ["f", "a", 0n],
      ["f", "a", 0n],
    ],
  ],
  [
    "freed twice, after others were made",
    "SIGSEGV",
    [
      ["m", "a", 24n],
      ["m", "c", 24n],
      ["f", "a", 0n],
      ["m", "b", 24n],
      ["f", "a", 0n],
    ],
  ],
  [
    "the middle of a block",
    "SIGSEGV",
    [
      ["m", "a", 100n],
      ["f", "a", 8n],
    ],
  ],
  [
    "an aligned middle of a block",
    "SIGSEGV",
    [
      ["m", "a", 100n],
      ["f", "a", 16n],
    ],
  ],
  ["a wild pointer", "SIGSEGV", [["f", "a", 0x10000n]]],
  [
    "an overrun by one byte",
    "SIGSEGV",
    [
      ["m", "a", 25n],
      ["s", "a", 20n, -1n],
      ["f", "a", 0n],
    ],
  ],
  [
    "zeros behind the end are not found",
    undefined,
    [
      ["m", "a", 25n],
      ["s", "a", 20n, 0n],
      ["f", "a", 0n],
    ],
  ],
  [
    "an overrun into the next block's header",
    "SIGSEGV",
    [
      ["m", "a", 24n],
      ["m", "b", 24n],
      ["s", "a", 24n, 0x4141414141414141n],
      ["f", "b", 0n],
    ],
  ],
  [
    "realloc of a freed block",
    "SIGSEGV",
    [
      ["m", "a", 24n],
      ["m", "b", 24n],
      ["f", "a", 0n],
      ["r", "c", "a", 20n],
    ],
  ],
  [
    "more than PTRDIFF_MAX",
    undefined,
    [
      ["m", "a", 2n ** 63n],
      ["m", "a", 2n ** 63n - 4098n],
      ["c", "b", 2n ** 40n, 2n ** 40n],
      ["r", "c", "d", -1n],
      ["a", "e", 64n, -64n],
      ["a", "e", 64n, -10n],
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
      ["a", "e", 2n ** 35n, 10n],
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
    "a mapped block, aligned far into its slot",
    undefined,
    [
      ["a", "a", 2n ** 21n, 200000n],
      ["u", "a"],
      ["r", "a", "a", 5000000n],
      ["u", "a"],
      ["f", "a", 0n],
    ],
  ],
];

const NAMES = "abcdefghij";
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
/** Values as in-band bytes could have them: the index and what is reserved, the offset; and others. */
const words = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 0x4141414141414141n),
  fc
    .tuple(fc.nat(255), fc.nat(40))
    .map(([mark, offset]) => BigInt(offset) * 2n ** 48n + BigInt(mark) * 2n ** 40n),
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
const script = fc
  .tuple(
    fc.array(sizes, { minLength: NAMES.length, maxLength: NAMES.length }),
    fc.array(misuse, { maxLength: 60 }),
  )
  .map(([first, rest]): Step[] => [...first.map((size, n): Step => ["m", NAMES[n] ?? "a", size]), ...rest]);

describe.skipIf(tools.length > 0)(`misuse of the heap (needs ${tools.join(", ") || "nothing more"})`, () => {
  let folder: string;
  let program: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-misuse-"));
    program = compile(folder, "musl-gcc", "-static");
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(SCRIPTS)("%s", async (_, end, steps) => {
    const { maps, ...real } = runReal(program, steps);
    expect(real.end).toBe(end);
    expect(await runModel(steps, maps, "musl")).toEqual(real);
  });

  test("random scripts end as they do in musl", async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const { maps, ...real } = runReal(program, steps);
        expect(await runModel(steps, maps, "musl")).toEqual(real);
      }),
      { numRuns: RUNS, seed: 1 },
    );
  }, 300_000);
});
