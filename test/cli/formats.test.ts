import { expect, test } from "vitest";
import { HEAP_LOG_FORMATS } from "#pagewalk/heap/log/formats.js";
import { FORMATS } from "#pagewalk/trace/formats.js";
import { pagewalk } from "./command.js";

test("formats lists every format, including those of heap logs", async () => {
  const { status, stdout, stderr } = await pagewalk(["formats"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const listed = stdout.split("\n").flatMap((line) => /^ ?([\w-]+) {2,}/.exec(line)?.[1] ?? []);
  const names = [...FORMATS, ...HEAP_LOG_FORMATS].map(({ name }) => name);
  expect(names.filter((name) => !listed.includes(name))).toEqual([]);
  expect(stdout.split("\n").filter((line) => line.length > 120)).toEqual([]);
});

test("formats --json marks the formats that can be written", async () => {
  const { traces } = JSON.parse((await pagewalk(["formats", "--json"])).stdout);
  const written = traces.filter((one: { isWritten: boolean }) => one.isWritten);
  expect(written.map(({ name }: { name: string }) => name)).toEqual(
    FORMATS.filter(({ write }) => write !== undefined).map(({ name }) => name),
  );
});
