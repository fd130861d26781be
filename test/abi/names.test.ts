/** The ABI has enumerations in two forms: constants for the kernel, and names by number for the host. */
import { expect, test } from "vitest";
import * as core from "../../assembly/abi/core.js";
import * as heap from "../../assembly/abi/heap.js";
import * as names from "../../assembly/abi/names.js";
import * as page from "../../assembly/abi/page.js";
import * as unsound from "../../assembly/abi/unsound.js";
import * as format from "../../assembly/trace/pagewalk/format.js";

test.each([
  [core, "KIND_", names.REFERENCE_KINDS, ["KIND_CALL"]],
  [heap, "CHUNK_", names.CHUNK_STATES, chunkFields()],
  [page, "CONTENT_", names.PAGE_CONTENTS, []],
] as const)("names stand at the numbers of their constants: %#", (abi, prefix, expected, others) => {
  const constants = numbersOf(abi, prefix).filter(([name]) => !(others as readonly string[]).includes(name));
  expect(constants.map(([name]) => name.slice(prefix.length).toLowerCase())).toEqual(expected);
  expect(constants.map(([, number]) => number)).toEqual(expected.map((_, n) => n));
});

test("the names of heap operations have the indexes of their constants", () => {
  const { HEAP_OPERATIONS: operations } = heap;
  expect(operations[heap.HEAP_MALLOC]).toBe("malloc");
  expect(operations[heap.HEAP_POSIX_MEMALIGN]).toBe("posix_memalign");
  expect(operations[heap.HEAP_USABLE_SIZE]).toBe("malloc_usable_size");
  expect(operations[heap.HEAP_TRIM]).toBe("malloc_trim");
  expect(operations.indexOf("malloc_info")).toBe(heap.HEAP_MALLOC_INFO);
});

test("each defect and each section has a name", () => {
  const defects = numbersOf(unsound, "UNSOUND_").map(([, number]) => number);
  expect(defects).toEqual(names.UNSOUND_NAMES.map((_, n) => n).slice(1));
  expect(names.SECTION_NAMES).toHaveLength(format.SECTIONS);
  expect(names.SECTION_NAMES[format.SECTION_GUESSES]).toBe("guesses");
});

/** The constants with this prefix, by number. */
function numbersOf(abi: object, prefix: string): [name: string, number: number][] {
  return Object.entries(abi)
    .filter((entry): entry is [string, number] => entry[0].startsWith(prefix) && typeof entry[1] === "number")
    .sort(([, a], [, b]) => a - b);
}

/** The offsets of a chunk's fields have the prefix too. */
function chunkFields(): string[] {
  return Object.keys(heap).filter((name) =>
    /^CHUNK_(ADDRESS|SIZE|STATE|BIN|ARENA|NEXT|VIEW_BYTES)$/.test(name),
  );
}
