/** Each command and each program that README and docs show ends without an error. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandFolder, run } from "../process/lessons.js";
import {
  commands,
  DOCUMENTS,
  programOf,
  reasonNotToRun,
  type Snippet,
  snippets,
  writeExampleFiles,
} from "./snippets.js";

let bin: string;
beforeAll(() => {
  bin = commandFolder();
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));

const withSnippets = DOCUMENTS.filter((document) => snippets(document).length > 0);

test("the documents have snippets, and some of their commands run", () => {
  const all = withSnippets.flatMap(snippets);
  expect(withSnippets).toContain("README.md");
  const ran = all.filter(({ language }) => language === "sh").flatMap(({ code }) => commands(code));
  expect(ran.filter((command) => reasonNotToRun(command) === undefined).length).toBeGreaterThan(25);
});

describe.each(withSnippets)("%s", (document) => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-docs-"));
    await writeExampleFiles(folder);
    // The definition that the document shows, or else another one.
    const own = snippets(document).find(({ code }) => code.startsWith("export default"));
    const kind = document.includes("allocator") ? "custom-allocator/bump.js" : "custom-policy/fifo.js";
    const other = `export { default } from "./examples/${kind}";\n`;
    writeFileSync(join(folder, "other.js"), other);
    writeFileSync(join(folder, "mine.js"), own?.code ?? other);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const shown = snippets(document);
  const lines = shown
    .filter(({ language }) => language === "sh")
    .flatMap(({ code, line }) =>
      commands(code).map((command) => ({ line, command, reason: reasonNotToRun(command) })),
    );

  test.each(lines.filter(({ reason }) => reason === undefined))(
    "line $line: $command",
    async ({ command }) => {
      const { status, stderr } = await run(command, bin, folder);
      expect(status, stderr).toBe(0);
    },
  );

  for (const { line, command, reason } of lines) {
    if (reason !== undefined) test.skip(`line ${line}: ${command}: ${reason}`);
  }

  test.each(shown.filter(({ language }) => language === "js"))(
    "line $line runs as a program",
    async (snippet: Snippet) => {
      const file = `line-${snippet.line}.mjs`;
      writeFileSync(join(folder, file), programOf(snippet));
      const { status, stderr } = await run(`exec "${process.execPath}" ${file}`, bin, folder);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    },
  );
});
