/** Files that are not heap logs: any bytes give a result or an error in one line. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HEAP_LOG_FORMATS } from "#pagewalk/heap/log/formats.js";
import { caseCount } from "../../build.js";
import { complaint, readLog } from "./read.js";

const FORMATS = HEAP_LOG_FORMATS.map(({ name }) => name).filter((name) => name !== "pagewalk");
const bytes = (text: string) => new TextEncoder().encode(text);

describe("a byte order mark, Windows line ends and a missing last line end have no effect", () => {
  test.each(FORMATS)("%s", async (format) => {
    const text = WHOLE[format] ?? "";
    const { operations: plain } = await readLog(text);
    const windows = text.trimEnd().replaceAll("\n", "\r\n");
    for (const log of [`\ufeff${text}`, `\ufeff${windows}`, windows, text.trimEnd()]) {
      const read = await readLog(log);
      expect([read.format, read.operations]).toEqual([format, plain]);
    }
  });
});

test("a line of 1 MiB is refused with its number", async () => {
  const log = `malloc(1) = 0x10\n${"x".repeat(1 << 20)}\nmalloc(1) = 0x30\n`;
  expect(await complaint(log)).toMatch(/^log:2: the line is longer than 65536 bytes: "x+…"; /);
  expect(await complaint(`malloc(1) = 0x10\nmalloc(${"1".repeat(1 << 20)}`)).toMatch(
    /^log:2: the line is longer/,
  );
});

test("a line of the maximum length is read", async () => {
  const line = `${" ".repeat(65_000)}malloc(7) = 0x`;
  expect(
    (await readLog(`${line}10\n${line}30\n`, { format: "ltrace" })).operations.map(({ a }) => a),
  ).toEqual([7n, 7n]);
});

test("zero bytes are neither a call nor a line end", async () => {
  const { operations, skippedLines } = await readLog(
    "\0\0\0\nmalloc(1) = 0x10\n\0malloc(2) = 0x20\nfree(0x10)\n",
  );
  expect([operations.length, skippedLines]).toEqual([2, 2]);
  expect(await complaint("malloc(1) = 0x10\nmalloc(2\0) = 0x20\n")).toMatch(/^log:2: /);
});

describe("bytes of any kind are an error in one line, or skipped", () => {
  test.each(FORMATS)("%s", async (format) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3000 }), async (random) => {
        // Bytes that begin like compressed data are treated as such.
        const log = new Uint8Array([0x61, ...random]);
        expect(await complaint(log, { format })).toMatch(/^log(:\d+)?: [^\n]+; [^\n]+$/);
      }),
      { numRuns: caseCount(40) },
    );
  });
});

const WHOLE: Readonly<Record<string, string>> = {
  ltrace:
    "malloc(10) = 0x1010\n[pid 3] calloc(2, 3) = 0x1030\nrealloc(nil, 4) = 0x1050\nfree(0x1010) = <void>\n",
  mtrace:
    "= Start\n@ ./t:[0x1] + 0x1010 0x10\n@ ./t:[0x1] < 0x1010\n@ ./t:[0x1] > 0x1030 0x20\n@ ./t:[0x1] - 0x1030\n",
  rep: "20\n2\n3\n1\na 0 512\nr 0 640\nf 0\n",
  heaptrack: "v 10400 3\nt 1 0\n+ 10 1 1010\n+ 20 1 1030\n- 1010\n",
};

describe("a truncated log gives its complete lines, or an error with its last line", () => {
  test.each(FORMATS)("%s", async (format) => {
    const text = WHOLE[format] ?? "";
    const whole = await readLog(text, { format });
    for (let length = 1; length < text.length; length++) {
      const log = text.slice(0, length);
      const line = log.split("\n").length;
      const result = await readLog(log, { format }).catch((error: Error) => error);
      if (result instanceof Error) {
        expect(result.message).toMatch(
          new RegExp(`^log(:${line})?: (the log ends inside this line|holds no calls)`),
        );
        continue;
      }
      // The last line may lack only its line end, or end in a truncated number.
      const before = whole.operations.filter((operation) => operation.line < line);
      expect(result.operations.slice(0, before.length)).toEqual(before);
      expect(result.operations.length).toBeLessThanOrEqual(before.length + 1);
    }
  });
});

test("a truncated compressed log is reported as truncated", async () => {
  const { gzipSync } = await import("node:zlib");
  const log = gzipSync(bytes("malloc(10) = 0x1010\n".repeat(1000)));
  expect(await complaint(new Uint8Array(log.subarray(0, log.length - 12)))).toMatch(
    /gzip data is cut off or corrupt/,
  );
});
