import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonForm } from "#pagewalk/process/log/parse/common-form.js";
import { parseCall } from "#pagewalk/process/log/parse/grammar.js";
import { caseCount } from "../../../build.js";

const word = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 50n }).map((value) => `0x${value.toString(16)}`),
  fc.integer({ min: 0, max: 2 ** 40 }).map(String),
  fc.constantFrom(
    "NULL",
    "-1",
    "-100",
    "PROT_READ|PROT_WRITE",
    "MAP_PRIVATE|MAP_FIXED",
    "MREMAP_MAYMOVE",
    "0",
  ),
  fc.constantFrom(
    "p",
    "00",
    "017",
    "1.5",
    "A|B",
    "-",
    "0x",
    "PROT_READ|",
    "-017",
    "nil",
    "99999999999999999999",
  ),
);
const line = fc
  .tuple(
    fc.constantFrom("mmap", "munmap", "brk", "load", "store", "madvise"),
    fc.array(word, { maxLength: 6 }),
    fc.constantFrom(
      "",
      " = 0",
      " = 0x7ffff7fbb000",
      " = 4096",
      " = -1 ENOMEM",
      " = ok",
      " = 017",
      "   = 0x10",
    ),
  )
  .map(([name, args, result]) => `${name}(${args.join(", ")})${result}`);

describe("the usual line of a log", () => {
  test("is read as by the grammar, or left to it", () => {
    fc.assert(
      fc.property(line, (text) => {
        const usual = commonForm(text);
        if (usual !== undefined) expect(usual).toEqual(parseCall(text));
      }),
      { numRuns: caseCount(3000) },
    );
  });

  test.each([
    "munmap(0x7ffff7cd0000, 4096) = 0",
    "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbe000",
    "store(0x10000000, 8)",
    "munlockall()",
  ])("is %s", (text) => expect(commonForm(text)).toEqual(parseCall(text)));

  test.each([
    "p = brk(0)",
    "brk(p)",
    "load(0x10, 1) = ok",
    "munmap(1,",
    "brk(1, )",
    "brk(1) # why",
    "[pid 1] brk(0)",
  ])("is not %s", (text) => expect(commonForm(text)).toBeUndefined());
});
