import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as pagewalk from "#pagewalk/index.js";

describe("the library", () => {
  test("exports what the contract names", () => {
    expect(Object.keys(pagewalk)).toEqual(
      expect.arrayContaining([
        ...["replay", "compare", "openTrace", "traceInfo", "convertTrace", "generateTrace", "recordTrace"],
        ...[
          "Machine",
          "configure",
          "definePolicy",
          "checkPolicy",
          "defineAllocator",
          "checkAllocator",
          "PagewalkError",
          "UsageError",
          "InputError",
          "OutOfMemoryError",
        ],
      ]),
    );
  });

  test("names Node's modules only in NAME.node.ts and in the command", () => {
    const found = sources("src").filter(
      (file) =>
        !/\.node\.ts$|\/vite\.config\.ts$|^src\/cli\//.test(file) &&
        /["']node:/.test(readFileSync(file, "utf8")),
    );
    expect(found).toEqual([]);
  });
});

describe("each bundle for browsers", () => {
  const bundles = ["pagewalk", "machine", "worker"].map((name) => `dist/browser/${name}.js`);

  test.each(bundles)("%s imports no module", (bundle) => {
    const imports = readFileSync(bundle, "utf8").match(
      /\bimport\s*["'{*][^;]{0,2000}?from\s*["'][^"']*["']|\bimport\(["'][^"']*["']\)|["']node:[a-z]/g,
    );
    expect(imports).toBeNull();
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`);
}
