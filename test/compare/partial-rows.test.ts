/** The rows of `compare` while it runs. */
import { expect, test } from "vitest";
import { type CompareRow, compare, openTrace } from "#pagewalk/index.js";

/** More than a batch. */
const HALF = 40_000;
/** Longer than the time between two reports. */
const PAUSE = 600;

const lines = Array.from({ length: 2 * HALF }, (_, n) => `${(n * n) % 97 < 40 ? n % 31 : n % 211}\n`);
const bytesOf = (some: readonly string[]) => new TextEncoder().encode(some.join(""));

test("partial rows have the counts of the first references, up to the one that they name", async () => {
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield bytesOf(lines.slice(0, HALF));
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    yield bytesOf(lines.slice(HALF));
  }
  const options = { policies: ["lru", "arc", "2q"], frames: [20, 60] };
  const parts: CompareRow[][] = [];
  const trace = await openTrace(slowly(), { format: "lirs" });
  const { results } = await compare(trace, {
    ...options,
    jobs: 1,
    onPartialRows: (rows) => parts.push([...rows]),
  });
  expect(parts.length).toBeGreaterThan(0);
  const counts = (rows: readonly CompareRow[]) =>
    rows.map((row) => `${row.policy} ${row.frames}: ${row.requests} ${row.misses}`).sort();
  for (const rows of parts) {
    const [end = 0, ...others] = new Set(rows.map(({ interruptedAt }) => interruptedAt));
    expect(others).toEqual([]);
    expect(end).toBeLessThan(2 * HALF);
    const beginning = await openTrace(bytesOf(lines.slice(0, end)), { format: "lirs" });
    expect(counts(rows)).toEqual(counts((await compare(beginning, options)).results));
  }
  const whole = await compare(await openTrace(bytesOf(lines), { format: "lirs" }), options);
  expect(counts(results)).toEqual(counts(whole.results));
  expect(results.every(({ interruptedAt }) => interruptedAt === undefined)).toBe(true);
});
