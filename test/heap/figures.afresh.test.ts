/** Figures of glibc's heap, of a random program with threads recorded afresh. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDebug } from "../build.js";
import { compile, makeLog, missingTools } from "./afresh.js";
import { expectFigures } from "./figures.js";

const missing = missingTools("gcc");
// The real program does not depend on the kernel's build, of which each is compared with the recording.

describe.skipIf(missing.length > 0 || isDebug)(
  `recorded afresh (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "pagewalk-figures-"));
    let program = "";

    beforeAll(() => {
      program = compile(folder, "random-program");
    }, 60_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const SEEDS: readonly [seed: number, modes: readonly string[], tunables: string][] = [
      [11, ["--mix", "large", "--mapped"], ""],
      [12, ["--mix", "small", "--threads", "6"], "glibc.malloc.tcache_count=0"],
      [
        13,
        ["--mix", "all", "--threads", "4", "--mallopt"],
        "glibc.malloc.mmap_max=3:glibc.malloc.arena_max=3",
      ],
      [14, ["--mix", "medium", "--mapped"], "glibc.malloc.top_pad=0:glibc.malloc.trim_threshold=4096"],
    ];

    test.each(SEEDS)("seed %i, %j, %s", async (seed, modes, tunables) => {
      const log = join(folder, "log");
      makeLog(program, log, seed, 2500, [...modes, "--info"], tunables);
      const [text = "", maps = "", info = ""] = [log, `${log}.maps`, `${log}.info`].map((path) =>
        readFileSync(path, "latin1"),
      );
      if (!text.includes("# allocator glibc 2.36\n")) return expect(text).toContain("# allocator glibc");
      await expectFigures({ log: text, maps, info });
    });
  },
);
