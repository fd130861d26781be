/** Workers that cannot be started: one clear error, at once or after a time, never a wait for an answer. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UsageError } from "#pagewalk/errors.js";
import { useWorker, WorkerPool } from "#pagewalk/workers/pool.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pagewalk-worker-"));
});

afterEach(async () => {
  useWorker(undefined);
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ["is missing", undefined, "Cannot find module"],
  ["throws", "throw new Error('broken');", "broken"],
  [
    "is of another program",
    `import w from "${import.meta.resolve("workerpool")}"; w.worker({ a: () => 1 });`,
    "another program",
  ],
])("a script that %s is an error that names it", async (_, text, reason) => {
  const path = join(folder, "worker.mjs");
  if (text !== undefined) await writeFile(path, text);
  useWorker(pathToFileURL(path));
  const failure: unknown = await WorkerPool.create(2).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UsageError);
  expect(String(failure)).toMatch(`no worker can be started from ${path}: `);
  expect(String(failure)).toMatch(reason);
});

test("a script that answers nothing is an error when the time is over", async () => {
  const path = join(folder, "worker.mjs");
  await writeFile(path, "setInterval(() => {}, 1000);");
  useWorker(path);
  await expect(WorkerPool.create(1, 100)).rejects.toThrow(`no worker can be started from ${path}: `);
});

test("the package's own script answers", async () => {
  const pool = await WorkerPool.create(1);
  await pool.close();
});
