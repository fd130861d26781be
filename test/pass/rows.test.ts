/** Rows that come one by one, and the promise of all of them. */
import { describe, expect, test } from "vitest";
import { rowsOf } from "#pagewalk/pass/rows.js";

/** Resolves in a later turn of the event loop. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Counts to `end`, one number a turn, until its signal stops it. */
const counting = (end: number, options: { signal?: AbortSignal } = {}) => {
  const made: number[] = [];
  const rows = rowsOf(options, async ({ signal }, onRow: (row: number) => void) => {
    while (made.length < end) {
      await turn();
      signal?.throwIfAborted();
      made.push(made.length);
      onRow(made.length - 1);
    }
    return made.length;
  });
  return { rows, made };
};

async function listOf<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const list: Row[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

describe("rows", () => {
  test("come in the order in which they are made; the promise has the result", async () => {
    const { rows } = counting(5);
    expect(await listOf(rows)).toEqual([0, 1, 2, 3, 4]);
    expect(await rows).toBe(5);
    // Again, and after the end.
    expect(await listOf(rows)).toEqual([0, 1, 2, 3, 4]);
  });

  test("come while the work goes on", async () => {
    const { rows, made } = counting(5);
    for await (const row of rows) expect(made.length).toBe(row + 1);
  });

  test("stop the work when the loop is left", async () => {
    const { rows, made } = counting(1000);
    for await (const row of rows) if (row === 3) break;
    await expect(rows).rejects.toThrow(/abort/i);
    expect(made.length).toBeLessThan(10);
  });

  test("that were made before a signal come before its reason is thrown", async () => {
    const controller = new AbortController();
    const { rows } = counting(1000, { signal: controller.signal });
    const seen: number[] = [];
    const loop = (async () => {
      for await (const row of rows) {
        seen.push(row);
        if (row === 2) controller.abort(new Error("enough"));
      }
    })();
    await expect(loop).rejects.toThrow("enough");
    expect(seen).toEqual([0, 1, 2]);
  });

  test("that fail throw in the loop, and only there if nothing else waits", async () => {
    const rows = rowsOf({}, async (_, onRow: (row: number) => void) => {
      onRow(1);
      throw new Error("broken");
    });
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const row of rows) seen.push(row);
      })(),
    ).rejects.toThrow("broken");
    expect(seen).toEqual([1]);
  });
});
