import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { Kernel } from "#pagewalk/wasm/kernel.js";

test("the host declares the functions that the kernel exports", async () => {
  const declarations = await readFile(new URL("../../src/wasm/exports.ts", import.meta.url), "utf8");
  const declared = [...declarations.matchAll(/declare (?:function|const) (\w+)/g)].map(([, name]) => name);
  const { exports } = await Kernel.create();
  const exported = Object.entries(exports).filter(
    ([name, value]) => typeof value === "function" && !name.startsWith("__"),
  );
  expect(declared.sort()).toEqual(exported.map(([name]) => name).sort());
});
