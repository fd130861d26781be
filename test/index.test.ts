import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as pagewalk from "#pagewalk/index.js";

describe("the library", () => {
  test("exports what the contract names", () => {
    expect(Object.keys(pagewalk)).toEqual(
      expect.arrayContaining([
        ...["replay", "compare", "openTrace", "traceInfo", "convertTrace", "generateTrace", "recordTrace"],
        ...[
          "Machine",
          "useWasm",
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

  test("imports modules of Node only when they are needed, so that a browser can load it", () => {
    const nodeImports: string[] = [];
    for (const module of staticImports(new URL("../dist/src/index.js", import.meta.url))) {
      if (module.specifier.startsWith("node:"))
        nodeImports.push(`${module.from} imports ${module.specifier}`);
    }
    expect(nodeImports).toEqual([]);
  });
});

interface StaticImport {
  from: string;
  specifier: string;
}

/** Every static import that is reached from `entry` through our own modules. */
function staticImports(entry: URL): StaticImport[] {
  const imports: StaticImport[] = [];
  const seen = new Set<string>();
  const queue = [entry];
  for (let url = queue.pop(); url !== undefined; url = queue.pop()) {
    if (seen.has(url.href)) continue;
    seen.add(url.href);
    const text = readFileSync(url, "utf8");
    for (const [, specifier = ""] of text.matchAll(/^(?:import|export)\b[^;]*?from\s*"([^"]+)"/gm)) {
      imports.push({ from: url.pathname, specifier });
      if (specifier.startsWith(".")) queue.push(new URL(specifier, url));
    }
    for (const [, specifier = ""] of text.matchAll(/^import\s*"([^"]+)"/gm)) {
      imports.push({ from: url.pathname, specifier });
    }
  }
  return imports;
}
