/** Compares docs/allocators.md with each allocator in the registry. A new allocator is included automatically. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { allocators } from "#pagewalk/allocators/allocators.js";
import { SIGABRT, SIGSEGV } from "../../assembly/abi/linux.js";
import { TestHeap } from "./operate.js";

const DOCS = readFileSync(new URL("../../docs/allocators.md", import.meta.url), "utf8");
/** With their headings. */
const sections = DOCS.split(/^(?=## )/m);
const misuse = rowsOf(sections[0] ?? "");

/** The cells of each row of a table. */
function rowsOf(text: string): string[][] {
  return [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => row.split(" | "));
}

/** The words in code style, in sections with the allocator in the heading or at the beginning of a row. */
function codeOf(name: string): string[] {
  const named = new RegExp(`^## .*\\b${name}\\b|^\\| \`${name}\` \\|`, "m");
  const found = sections.filter((section) => named.test(section));
  return found.flatMap((section) => [...section.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code));
}

const known = await allocators();

describe.each(known)("$name", ({ name, parameters }) => {
  test("has a section or a row", () => {
    expect(codeOf(name).length).toBeGreaterThan(0);
  });

  test.each(parameters)("has its parameter $name explained", ({ name: key }) => {
    expect(codeOf(name).some((code) => new RegExp(`(^|[\\s:,])${key}(=|$|[\\s,])`).test(code))).toBe(true);
  });

  test.each(parameters.filter(({ words }) => words !== undefined))(
    "has the words of $name",
    ({ words = [] }) => {
      const text = sections
        .filter((section) => section.includes(`\`${name}\``) || section.startsWith(`## ${name}`))
        .join();
      for (const word of words) expect(text).toMatch(new RegExp(`\\b${word}\\b`));
    },
  );

  test("handles a block that is freed twice as the table says", async () => {
    const [, outcome = ""] = misuse.find(([names = ""]) => names.includes(`\`${name}\``)) ?? [];
    const heap = await TestHeap.of(name);
    const [block] = [heap.malloc(40), heap.malloc(40)];
    heap.free(block);
    heap.free(block);
    const signal = { SIGABRT, SIGSEGV }[outcome];
    expect(outcome).not.toBe("");
    expect(heap.heap.stopped?.signal).toBe(signal);
    if (signal !== undefined) return;
    const blocks = Array.from({ length: 3000 }, () => heap.malloc(40));
    expect(new Set(blocks).size < blocks.length).toBe(outcome.includes("twice"));
  });
});
