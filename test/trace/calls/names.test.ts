import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONSTANTS } from "#pagewalk/process/names.js";
import { namesOf } from "#pagewalk/trace/calls/names.js";
import { callRows } from "#pagewalk/trace/calls/table.js";
import { caseCount } from "../../build.js";

const FAMILIES = new Set(
  callRows().flatMap(({ parameters }) => parameters.flatMap(({ prefix }) => prefix ?? [])),
);

/** The number that a compiler of C makes of the text. */
function numberOf(text: string): number {
  return text.split("|").reduce((sum, term) => {
    const [word = "", shift] = term.split("<<");
    const value = /^\d/.test(word) ? Number(word) : Number(BigInt.asIntN(32, CONSTANTS.get(word) ?? -1n));
    return (sum | (shift === "MAP_HUGE_SHIFT" ? value << 26 : value)) >>> 0;
  }, 0);
}

describe("the names of a number", () => {
  // strace 6.1 prints these.
  test.each([
    ["PROT", 0, "PROT_NONE"],
    ["PROT", 7, "PROT_READ|PROT_WRITE|PROT_EXEC"],
    ["MAP", 0x22, "MAP_PRIVATE|MAP_ANONYMOUS"],
    ["MAP", 0x812, "MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE"],
    ["MAP", 0x4022, "MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE"],
    ["MAP", 0x54040022, "MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|21<<MAP_HUGE_SHIFT"],
    ["MREMAP", 3, "MREMAP_MAYMOVE|MREMAP_FIXED"],
    ["MADV", 4, "MADV_DONTNEED"],
    ["MS", 4, "MS_SYNC"],
    ["O", 0x80000, "O_RDONLY|O_CLOEXEC"],
    ["O", 0x90800, "O_RDONLY|O_NONBLOCK|O_DIRECTORY|O_CLOEXEC"],
    ["O", 0x410002, "O_RDWR|O_TMPFILE"],
    ["SEEK", 2, "SEEK_END"],
    ["MADV", 77, "0x4d"],
  ])("%s: %d is %s", (family, value, text) => {
    expect(namesOf(family, value)).toBe(text);
  });

  test.each([...FAMILIES])("of %s mean the same number to `run`", (family) => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(31), (value, shift) => {
        const number = value >>> shift;
        expect(numberOf(namesOf(family, number))).toBe(number);
      }),
      { numRuns: caseCount(200) },
    );
  });
});
