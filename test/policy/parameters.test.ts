/** The contract of every policy's parameters and memory. A new policy is included automatically. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { UsageError } from "#pagewalk/errors.js";
import { choosePolicies, policies } from "#pagewalk/policy/policies.js";
import { bytesAFrame, simulationBytes, TABLE, tableRows } from "../../bench/memory.js";
import { isDebug } from "../build.js";
import { gapsOf, Replay } from "./replay.js";

const known = await policies();
const table = tableRows(await readFile(TABLE, "utf8"));

/** Every simulation's index from pages to slots: 4 bytes for each of 4,096 pages at first. */
const INDEX_BYTES = 4096 * 4;
/** Bytes that do not depend on frames: the simulation itself, lists' ends. */
const FIXED_BYTES = 4096 + INDEX_BYTES;
/** Those of policies with tables of fixed size. */
const TABLE_BYTES: Readonly<Record<string, number>> = { lhd: 3.7 * 2 ** 20 };

async function refusal(policy: string): Promise<string> {
  const error = await choosePolicies([policy]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  return (error as UsageError).message;
}

describe.each(known)("$name", ({ name, parameters, isVariable }) => {
  test("refuses an unknown parameter, and names the known ones", async () => {
    const message = await refusal(`${name}:nonsense=1`);
    expect(message).toContain(`${name} has no parameter "nonsense"`);
    for (const parameter of parameters) expect(message).toContain(parameter.name);
  });

  test.each(parameters)("refuses $name below $least, above $most and without a number", async (parameter) => {
    const { name: key, least, most, isWhole } = parameter;
    const outside = [least - 1, least - 1e-6, most + 1, most * (1 + 1e-6) + 1e-6, "many"];
    for (const value of [...outside, ...(isWhole ? [least + 0.5] : []), ""]) {
      const message = await refusal(`${name}:${key}=${value}`);
      expect(message).toContain(`the parameter ${key} of ${name} cannot be "${value}"`);
      expect(message).toContain(`number from ${least} to ${most}`);
    }
  });

  const ends = parameters.flatMap(({ name: key, least, most }) => [`${key}=${least}`, `${key}=${most}`]);
  const all = (end: "least" | "most") => parameters.map((parameter) => `${parameter.name}=${parameter[end]}`);
  const choices = parameters.length === 0 ? [] : [...ends, all("least").join(","), all("most").join(",")];

  test.each(choices)("is consistent with %s, and holds as many pages as there are frames", async (choice) => {
    for (const frames of [1, 2, 3, 50]) {
      const replay = await Replay.of(`${name}:${choice}`, frames);
      const pages = [...PAGES, ...PAGES];
      const gaps = gapsOf(pages);
      for (let at = 0; at < pages.length; at += 300) {
        replay.serve(pages.slice(at, at + 300), gaps.subarray(at, at + 300));
        expect(replay.isValid).toBe(true);
      }
      const { requests, hits, misses, evictions } = replay.counters;
      expect(requests).toBe(hits + misses);
      if (isVariable) expect(misses - evictions).toBeLessThanOrEqual(frames);
      else expect(misses - evictions).toBe(frames);
    }
  });

  // Both builds take the same memory.
  test.skipIf(isDebug)("uses the bytes a frame of the table in the docs", async () => {
    expect(table.get(name)?.bytes, "write the table with: node bench/memory.js").toBe(
      await bytesAFrame(name),
    );
  });

  test.skipIf(isDebug)("keeps within these bytes with 10,000 and for 100,000 frames", async () => {
    const most = Number(table.get(name)?.bytes.split("–")[1]);
    const frames = [10_000, 100_000];
    for (const [n, bytes] of (await simulationBytes(name, frames)).entries()) {
      const fixed = FIXED_BYTES + (TABLE_BYTES[name] ?? 0);
      expect(bytes).toBeLessThan((most + 1) * Number(frames[n]) + fixed);
    }
  });
});

/** Locality that drifts, with a scan now and then. */
const PAGES = Array.from({ length: 900 }, (_, n) => {
  const scanned = n % 300 > 220 ? 1000 + n : 0;
  return scanned || ((n * n * 7 + n * 3) % 61) + (n >> 7);
});
