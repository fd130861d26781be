import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTrace, recordTrace, replay } from "#pagewalk/index.js";
import { cachegrind, ENVIRONMENT, missingTools } from "./valgrind.js";

const SOURCE = new URL("../../examples/wordcount/wordcount.c", import.meta.url).pathname;
const missing = missingTools();
const title =
  missing.length === 0 ? "a program recorded afresh" : `skipped, ${missing.join(" and ")} missing`;

describe.skipIf(missing.length > 0)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  const program = join(folder, "wordcount");
  const recording = join(folder, "wordcount.pagewalk");

  beforeAll(async () => {
    execFileSync("gcc", ["-O2", "-static", "-o", program, SOURCE]);
    const environment = process.env;
    process.env = { ...ENVIRONMENT };
    await recordTrace([program], recording, { programOutput: "stderr" });
    process.env = environment;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(["l1i=64x4,l1d=64x4,l2=1536x12", "l1i=32x4,l1d=48x6,l2=1024x8", "l1i=16x16,l1d=16x16,l2=256x4"])(
    "misses %s as often as cachegrind counts",
    async (tlb) => {
      const { trace, tlb: counts } = await replay(await openTrace(recording), { tlb });
      expect({
        instructionFetches: trace.instructionFetches,
        dataReferences: trace.references - trace.instructionFetches,
        misses: { l1i: counts.l1i?.misses, l1d: counts.l1d?.misses, l2: counts.l2?.misses },
      }).toEqual(cachegrind(program, tlb, folder));
    },
  );
});
