import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTrace, replay, runLog } from "#pagewalk/index.js";
import { isDebug } from "../build.js";
import { BIN } from "../cli/command.js";
import { cachegrind, ENVIRONMENT, missingTools } from "./valgrind.js";

const SOURCE = new URL("../../examples/wordcount/wordcount.c", import.meta.url).pathname;
const missing = missingTools();
const title = `a program recorded afresh${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;

describe.runIf(!isDebug && missing.length === 0)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  const program = join(folder, "wordcount");
  const recording = join(folder, "wordcount.pagewalk");

  beforeAll(() => {
    execFileSync("gcc", ["-O2", "-static", "-o", program, SOURCE]);
    const record = [BIN, "trace", "record", "--with", "valgrind", "--calls", "-o", recording, "--", program];
    execFileSync(process.execPath, record, { env: ENVIRONMENT, stdio: "ignore" });
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(["l1i=64x4,l1d=64x4,l2=1536x12", "l1i=32x4,l1d=48x6,l2=1024x8", "l1i=16x16,l1d=16x16,l2=256x4"])(
    "misses in %s as often as cachegrind counts",
    async (tlb) => {
      const { trace, tlb: counts } = await replay(await openTrace(recording), { tlb });
      expect({
        instructionFetches: trace.instructionFetches,
        dataReferences: trace.references - trace.instructionFetches,
        misses: { l1i: counts.l1i?.misses, l1d: counts.l1d?.misses, l2: counts.l2?.misses },
      }).toEqual(cachegrind(program, tlb, folder));
    },
  );

  test("runs its calls and references without a signal, at the recorded addresses", async () => {
    const { signals, references, process: end, system } = await runLog(recording);
    expect(signals).toEqual([]);
    expect(references.skipped).toBe(0);
    expect(end.maps.map(({ name }) => name)).toContain("[stack]");
    // The kernel's own references are few: its copies for read and write.
    const copied = end.maps.reduce((sum, region) => sum + region.references, 0) - references.made;
    expect(copied).toBeGreaterThan(0);
    expect(copied).toBeLessThan(100);
    // Shootdowns of calls cause a few more misses than a machine without calls has.
    const bare = await replay(await openTrace(recording));
    const misses = system.tlbs.map(({ tlb }) => tlb.counts.misses);
    expect(bare.trace.references).toBe(references.made);
    expect(misses[0]).toBeGreaterThanOrEqual(bare.tlb.l1i?.misses ?? 0);
    expect(misses[1]).toBeLessThan((bare.tlb.l1d?.misses ?? 0) * 1.05 + 200);
  });
});
