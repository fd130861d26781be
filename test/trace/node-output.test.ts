/** Files that are written: new, beside their name, with the usual permissions. */
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileSink } from "#pagewalk/trace/file-output.node.js";

let folder: string;
const partials = () => readdirSync(folder).filter((name) => name.endsWith(".partial"));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a partial file has a new name in the same folder each time, in any process", async () => {
  const path = join(folder, "out.csv");
  const names = new Set<string>();
  for (let n = 0; n < 3; n++) {
    const sink = await fileSink(path);
    for (const name of partials()) names.add(name);
    await sink.abort();
  }
  expect(names.size).toBe(3);
  for (const name of names) expect(name).toMatch(/^out\.csv\.[0-9a-f]{16}\.partial$/);
  expect(readdirSync(folder)).toEqual([]);
});

test("a symbolic link at an earlier partial name is not followed", async () => {
  const path = join(folder, "out.csv");
  writeFileSync(join(folder, "victim"), "precious");
  symlinkSync("victim", `${path}.${process.pid}.partial`);
  const sink = await fileSink(path);
  await sink.write(Buffer.from("a,b\n"));
  await sink.finish();
  expect(readFileSync(join(folder, "victim"), "utf8")).toBe("precious");
  expect(readFileSync(path, "utf8")).toBe("a,b\n");
});

test("a link at the output's own name is replaced, and its target is not changed", async () => {
  const path = join(folder, "out.csv");
  writeFileSync(join(folder, "victim"), "precious");
  symlinkSync("victim", path);
  const sink = await fileSink(path);
  await sink.write(Buffer.from("a,b\n"));
  await sink.finish();
  expect(lstatSync(path).isFile()).toBe(true);
  expect(readFileSync(join(folder, "victim"), "utf8")).toBe("precious");
});

test("the file's permissions are those of umask", async () => {
  const path = join(folder, "out.csv");
  const sink = await fileSink(path);
  await sink.finish();
  const plain = join(folder, "plain");
  writeFileSync(plain, "");
  expect(statSync(path).mode).toBe(statSync(plain).mode);
});
