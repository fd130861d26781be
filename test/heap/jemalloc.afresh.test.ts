/**
 * jemalloc's addresses, of a random program recorded afresh. PAGEWALK_SEEDS and PAGEWALK_CALLS make the recordings longer.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isDebug } from "../build.js";
import { compile, missingTools } from "./afresh.js";
import { jemallocUnit, placesOf } from "./places.js";

const SEEDS = Number(process.env.PAGEWALK_SEEDS ?? 1);
const CALLS = Number(process.env.PAGEWALK_CALLS ?? 1500);

/** Returns the tools that are missing to record the library afresh. Its statistics name its version. */
function missing(): string[] {
  const tools = missingTools("gcc");
  if (tools.length > 0) return tools;
  const { stderr } = spawnSync("/bin/true", {
    env: { ...process.env, LD_PRELOAD: "libjemalloc.so.2", MALLOC_CONF: "stats_print:true" },
  });
  return stderr.includes('Version: "5.3.0-') ? [] : ["libjemalloc.so.2 5.3.0"];
}

test.skipIf(isDebug || missing().length > 0)(
  "a random program recorded afresh: every block is where jemalloc had it in its mapping",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "pagewalk-jemalloc-"));
    try {
      const program = compile(folder, "random-program");
      const log = join(folder, "calls.log");
      for (let seed = 1; seed <= SEEDS; seed++) {
        const mix = ["all", "small", "medium", "large", "few"][(seed - 1) % 5] as string;
        execFileSync(program, [`${seed}`, `${CALLS}`, log, "--mix", mix, "--threads", "4", "--portable"], {
          env: { ...process.env, LD_PRELOAD: "libjemalloc.so.2", MALLOC_CONF: "dirty_decay_ms:-1" },
        });
        const text = readFileSync(log, "latin1");
        const { blocks, distances, differing } = await placesOf(
          text,
          "jemalloc:dirty_decay_ms=-1",
          jemallocUnit,
        );
        expect(blocks, `seed ${seed}`).toBeGreaterThan(CALLS / 4);
        expect(differing, `seed ${seed}`).toEqual([]);
        expect([...distances.values()], `seed ${seed}`).toEqual([blocks]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  60_000 * SEEDS,
);
