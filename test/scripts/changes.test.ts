import { describe, expect, test } from "vitest";
import { workAfter } from "../../scripts/changes.js";

const graph = new Map<string, string[]>([
  ["assembly/abi.ts", []],
  ["assembly/core/arena.ts", ["assembly/abi.ts"]],
  ["assembly/core/crc.ts", []],
  ["assembly/core/heap.ts", []],
  ["src/costs/costs.ts", ["assembly/abi.ts"]],
  ["src/costs/deep/table.ts", []],
  ["src/lonely.ts", []],
  ["test/core/crc.test.ts", ["src/costs/costs.ts"]],
  ["test/core/lists.test.ts", ["test/core/model.ts"]],
  ["test/core/model.ts", ["test/core/parts.ts"]],
  ["test/core/parts.ts", []],
  ["test/costs/costs.test.ts", []],
  ["test/core/heap.test.ts", ["test/structures.ts"]],
  ["test/structures.ts", ["test/kernel/index.ts"]],
  ["test/kernel/index.ts", ["test/kernel/core.ts"]],
  ["test/kernel/core.ts", ["assembly/core/heap.ts"]],
  ["test/browser/page.test.ts", ["test/core/parts.ts"]],
]);
const work = (...changed: string[]) => workAfter(changed, graph, "release");

describe("a change of the kernel", () => {
  test("compiles it, and runs the test of the same name", () => {
    expect(work("assembly/core/crc.ts")).toEqual({ steps: ["release"], tests: ["test/core/crc.test.ts"] });
  });

  test("runs all tests of its folder, if none has its name", () => {
    expect(work("assembly/core/arena.ts").tests).toEqual([
      "test/core/crc.test.ts",
      "test/core/heap.test.ts",
      "test/core/lists.test.ts",
    ]);
  });

  test("compiles the module of single structures too, if that contains the file", () => {
    expect(work("assembly/core/heap.ts")).toEqual({
      steps: ["release", "structures-release"],
      tests: ["test/core/heap.test.ts"],
    });
  });

  test("compiles the debug build if that is tested", () => {
    expect(workAfter(["assembly/core/crc.ts"], graph, "debug").steps).toEqual(["debug"]);
  });

  test("compiles the host too, if the host imports the file", () => {
    expect(work("assembly/abi.ts").steps).toEqual(["release", "ts"]);
  });
});

describe("a change of the host", () => {
  test("does not compile the kernel, and also runs the tests that import the file", () => {
    expect(work("src/costs/costs.ts")).toEqual({
      steps: ["ts"],
      tests: ["test/core/crc.test.ts", "test/costs/costs.test.ts"],
    });
  });

  test("runs the tests of the nearest folder with tests", () => {
    expect(work("src/costs/deep/table.ts").tests).toEqual(["test/costs/costs.test.ts"]);
  });

  test("runs no test if none is near", () => {
    expect(work("src/lonely.ts")).toEqual({ steps: ["ts"], tests: [] });
  });
});

describe("a change of the tests", () => {
  test("builds nothing, and runs the test", () => {
    expect(work("test/core/crc.test.ts")).toEqual({ steps: [], tests: ["test/core/crc.test.ts"] });
  });

  test("runs all tests that import a helper, except those in a browser", () => {
    expect(work("test/core/parts.ts").tests).toEqual(["test/core/lists.test.ts"]);
  });

  test("compiles only the module of single structures, if its exports changed", () => {
    expect(workAfter(["test/kernel/core.ts"], graph, "debug")).toEqual({
      steps: ["structures-debug"],
      tests: ["test/core/heap.test.ts"],
    });
  });

  test("runs nothing for a test that was removed", () => {
    expect(work("test/core/gone.test.ts")).toEqual({ steps: [], tests: [] });
  });
});

test("several changes run each step and test once", () => {
  expect(work("src/costs/costs.ts", "assembly/abi.ts", "test/costs/costs.test.ts")).toEqual({
    steps: ["ts", "release"],
    tests: ["test/core/crc.test.ts", "test/costs/costs.test.ts"],
  });
});
