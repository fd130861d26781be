import { describe, expect, test } from "vitest";
import { type RunProgress, runLog } from "#pagewalk/index.js";

const LINES = new TextEncoder().encode("munmap(0x1000, 1)\n".repeat(1000));

/** A practically endless input that is always available. */
async function* endless(): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < 5000; n++) yield LINES;
}

/** Some lines, and then an endless wait. */
async function* silent(): AsyncGenerator<Uint8Array> {
  yield LINES;
  await new Promise(() => {});
}

describe("a run that is stopped", () => {
  test.each([
    ["gives others a turn, who stop it", endless],
    ["waits no longer for input", silent],
  ])("%s, and reports the calls before", async (_, input) => {
    const controller = new AbortController();
    const onLine = (line: number) => {
      if (line === 1) setTimeout(() => controller.abort());
    };
    const options = { name: "log", onLine, signal: controller.signal };
    const { calls, stopped } = await runLog(input(), options);
    expect(stopped).toMatchObject({ name: "Interruption", exitStatus: 130 });
    expect(stopped?.message).toBe(`log:${calls}: interrupted; the results so far follow`);
  });

  test("ends at the next line", async () => {
    const controller = new AbortController();
    const onLine = (line: number) => {
      if (line === 7) controller.abort();
    };
    const { calls, stopped } = await runLog(LINES, { name: "log", onLine, signal: controller.signal });
    expect([calls, stopped?.place]).toEqual([7, "log:7"]);
  });

  test("does not begin if it is stopped already", async () => {
    const { calls, stopped } = await runLog(LINES, { name: "log", signal: AbortSignal.abort() });
    expect([calls, stopped?.place]).toEqual([0, "log"]);
  });
});

test("a run reports its progress", async () => {
  const controller = new AbortController();
  const told: RunProgress[] = [];
  const onProgress = (progress: RunProgress) => {
    told.push(progress);
    if (told.length === 2) controller.abort();
  };
  await runLog(endless(), { onProgress, signal: controller.signal });
  for (const { lines, references, bytesRead, sizeBytes } of told) {
    expect([references, sizeBytes]).toEqual([0, undefined]);
    expect(lines).toBeGreaterThan(0);
    expect(bytesRead / LINES.length).toBeGreaterThanOrEqual(lines / 1000);
  }
  expect(told[1]?.lines).toBeGreaterThan(told[0]?.lines ?? 0);
});
