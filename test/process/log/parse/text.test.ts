/** The text of a log is that of the file, whatever its compression. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { logText } from "#pagewalk/process/log/parse/text.js";
import { zstdStored } from "../../../trace/compressed.js";

const LOG = "# é, a comment\n\n12:00:01 brk(NULL) = 0x555555597000\nmunmap(0x7ffff7fbb000, 4096) = 0 \n";
const bytes = new TextEncoder().encode(LOG.repeat(3000));

test.each([
  ["plain", bytes],
  ["gzip", gzipSync(bytes)],
  ["zstd", zstdStored(bytes)],
])("%s", async (_, input) => {
  expect(await logText(new Uint8Array(input))).toBe(LOG.repeat(3000));
});

test("a last line without an end gets one", async () => {
  expect(await logText(new TextEncoder().encode("brk(NULL)"))).toBe("brk(NULL)\n");
});

test.each([
  [
    "I  0401ab70,3\n L 1fff000758,8\n",
    {},
    "x.log: is a lackey trace, not a call log; give a log with one call a line",
  ],
  [
    "brk(NULL) = 0\n",
    { mostBytes: 10 },
    "x.log: has more than 10 bytes of text; give a part of it, or run it with pagewalk run",
  ],
  [
    "brk(NULL) = 0\n\0\u0001\n",
    {},
    "x.log: has control characters in line 2, so it is not text; give a call log, as strace writes it",
  ],
])("refuses %j", async (text, options, message) => {
  const read = logText(new TextEncoder().encode(text), { name: "x.log", ...options });
  await expect(read).rejects.toThrow(expect.objectContaining({ message }));
  await expect(read).rejects.toThrow(InputError);
});
