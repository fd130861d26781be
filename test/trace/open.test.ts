import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { InputError, UsageError } from "#pagewalk/errors.js";
import { openTrace } from "#pagewalk/trace/open.js";
import type { TraceInput } from "#pagewalk/trace/trace.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { bytesOf, inPieces, readAll, readTrace } from "./records.js";

const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TEXT = "I  0401ab70,3\n S 1fff000758,8\n";
const path = join(folder, "two.lackey");
writeFileSync(path, TEXT);

const inputs: Record<string, () => TraceInput> = {
  "a path": () => path,
  "a URL": () => pathToFileURL(path),
  bytes: () => bytesOf(TEXT),
  "a Blob": () => new Blob([TEXT]),
  "a File": () => new File([TEXT], "two.lackey"),
  "a ReadableStream": () => new Blob([TEXT]).stream(),
  "an async iterable": () => inPieces(bytesOf(TEXT), [1, 5]),
};

describe("a trace opens from", () => {
  test.each(Object.entries(inputs))("%s", async (_, input) => {
    const trace = await openTrace(input());
    expect(trace).toMatchObject({ format: "lackey", unit: "address", hasPageBlocks: false });
    expect(await readTrace(trace)).toHaveLength(2);
    await trace.close();
  });
});

test("a rewindable trace can be read repeatedly, a stream once, a spooled stream repeatedly", async () => {
  const file = await openTrace(path);
  expect([file.rewindable, file.sizeBytes, file.transferable]).toEqual([true, TEXT.length, path]);
  expect(await readTrace(file)).toEqual(await readTrace(file));

  const stream = await openTrace(inPieces(bytesOf(TEXT), [3]), { name: "S" });
  expect([stream.rewindable, stream.sizeBytes, stream.transferable]).toEqual([false, undefined, undefined]);
  expect(await readTrace(stream)).toHaveLength(2);
  await expect(readTrace(stream)).rejects.toThrow("S: a stream can be read only once");

  const spooled = await (await openTrace(inPieces(bytesOf(TEXT), [3]), { name: "S" })).spool();
  expect([spooled.name, spooled.rewindable]).toEqual(["S", true]);
  expect(await readTrace(spooled)).toEqual(await readTrace(spooled));
  expect(await readAll(String(spooled.transferable))).toHaveLength(2);
  await spooled.close();
  await expect(readAll(String(spooled.transferable))).rejects.toThrow("no such file");
});

test("a reader that is closed early releases its stream", async () => {
  let released = false;
  async function* chunks() {
    try {
      for (;;) yield bytesOf(TEXT);
    } finally {
      released = true;
    }
  }
  const trace = await openTrace(chunks());
  const reader = await trace.read(await Kernel.create());
  expect((await reader.next())?.count).toBe(32768);
  await reader.close();
  await reader.close();
  expect(released).toBe(true);
});

test("counts and bytes are those of the part that has been read", async () => {
  const reader = await (await openTrace(path)).read(await Kernel.create());
  await reader.next();
  expect(reader.counts).toEqual({ references: 2, instructionFetches: 1, loads: 0, stores: 1, modifies: 0 });
  expect(reader.bytesRead).toBe(TEXT.length);
  expect(await reader.next()).toBeUndefined();
  await reader.close();
});

describe("the format is detected from", () => {
  const formatOf = async (text: string, name = "T") => (await openTrace(bytesOf(text), { name })).format;

  test("the content", async () => {
    expect(await formatOf("==1== Lackey\n==1== \n L 00001000,4\n")).toBe("lackey");
    expect(await formatOf("l 0x1fffff58 1\r\n")).toBe("address");
    expect(await formatOf("*\n12\n")).toBe("lirs");
    expect(await formatOf("4096 8 0 1\n0 1 0 2\n")).toBe("arc");
    expect(await formatOf("2 0 This is a fetch\n0 1000\n1 70f60888 4\n")).toBe("din");
    expect(await formatOf("r 1a00 4\nw 2000 8\n")).toBe("din");
    expect(await formatOf("time;obj_id\n1;2\n")).toBe("csv");
    expect(await formatOf(`Output format:\n${"-".repeat(60)}\n 1 1: 7 read 8 byte(s) @ 0x10\n`)).toBe(
      "drmemtrace-text",
    );
    expect(await formatOf("T7 <marker: version 3>\nT7 ifetch 3 byte(s) @ 0x10 non-branch\n")).toBe(
      "drmemtrace-text",
    );
  });

  test("the content, also if a line is cut at the end of the inspected part", async () => {
    const arc = Array.from({ length: 10_000 }, (_, i) => `4096 8 0 ${i}\n`).join("");
    expect(await formatOf(arc)).toBe("arc");
    expect(await formatOf("0 1000\n2 7fff\n".repeat(6000))).toBe("din");
  });

  test("the content rather than the name", async () => {
    expect(await formatOf("12\n", "x.lackey")).toBe("lirs");
  });

  test("the name, if the content does not decide, so that the wrong line is named", async () => {
    const reading = readAll(bytesOf("hello\n"), { name: "x.lackey.gz" });
    await expect(reading).rejects.toThrow('x.lackey.gz:1: not a lackey line: "hello"');
  });

  test("the option, with the nearest name suggested for a wrong one", async () => {
    await expect(openTrace(path, { format: "lacky" })).rejects.toThrow(
      /unknown trace format "lacky"; did you mean lackey\?/,
    );
    await expect(openTrace(path, { format: "lacky" })).rejects.toBeInstanceOf(UsageError);
  });

  test("neither content nor name, which is an error", async () => {
    await expect(openTrace(bytesOf("hello\n"), { name: "T" })).rejects.toThrow(
      'T: no known trace format: it starts with "hello"; name its format with format',
    );
    await expect(openTrace(new Uint8Array(5000).fill(7), { name: "T" })).rejects.toThrow(
      "bytes 07 07 07 07 07 07 07 07 that are not text",
    );
  });
});

describe("unreadable input is an InputError of one line", () => {
  test.each([
    ["a missing file", join(folder, "missing"), "no such file or directory; check the path"],
    ["a directory", folder, "is a directory; give a file"],
    ["a file used as a directory", join(path, "x"), "a part of the path is not a directory"],
  ])("%s", async (_, input, message) => {
    const opening = openTrace(input);
    await expect(opening).rejects.toBeInstanceOf(InputError);
    await expect(opening).rejects.toThrow(`${input}: ${message}`);
  });

  test("an empty file", async () => {
    const empty = join(folder, "empty");
    writeFileSync(empty, "");
    await expect(openTrace(empty)).rejects.toThrow(`${empty}: is empty; give a trace`);
    await expect(openTrace(inPieces(new Uint8Array(0), [1]))).rejects.toThrow("<stream>: is empty");
  });

  test("a stream of other values than bytes", async () => {
    async function* strings() {
      yield "I  0401ab70,3\n" as unknown as Uint8Array;
    }
    await expect(openTrace(strings())).rejects.toThrow("a chunk is not a Uint8Array");
  });
});

test("a stream that fails in the middle fails the read with its own error", async () => {
  async function* failing() {
    yield bytesOf(TEXT.repeat(40_000));
    throw new Error("the line went dead");
  }
  await expect(readAll(failing())).rejects.toThrow("the line went dead");
});

test("spooling leaves no file behind when the stream fails", async () => {
  const count = () => readdirSync(tmpdir()).filter((name) => /^pagewalk-.{6}$/.test(name)).length;
  async function* failing() {
    yield bytesOf(TEXT.repeat(10_000)); // more than detection reads
    yield bytesOf(TEXT);
    throw new Error("the line went dead");
  }
  const before = count();
  await expect((await openTrace(failing())).spool()).rejects.toThrow("the line went dead");
  expect(count()).toBeLessThanOrEqual(before);
});
