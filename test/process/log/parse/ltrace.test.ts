import { describe, expect, test } from "vitest";
import { read } from "./read.js";

describe("ltrace -S", () => {
  const one = (...lines: string[]) => read(...lines).filter(({ type }) => type === "call");

  test("gives system calls, and library calls around them are ignored", () => {
    const LINES = [
      "SYS_brk(0) = 0x1000",
      "malloc(300000 <unfinished ...>",
      "SYS_mmap(0, 0x4a000, 3, 34) = 0x7ffff7d87000",
      "<... malloc resumed> ) = 0x7ffff7d87010",
      "munmap(0x7ffff7d87000, 4096, 3, 0x7ffff7ed59b3 <unfinished ...>",
      "SYS_munmap(0x7ffff7d87000, 4096, 0, 1) = 0",
      "<... munmap resumed> ) = 0",
      "munmap(0x7ffff7d87000, 4096) = 0",
      "SYS_exit_group(0 <no return ...>",
    ];
    expect(read(...LINES).map((entry) => [entry.type, entry.line, "name" in entry && entry.name])).toEqual([
      ["call", 1, "brk"],
      ["call", 3, "mmap"],
      ["call", 6, "munmap"],
      ["call", 9, "exit_group"],
    ]);
    expect(one(...LINES)[2]).toMatchObject({ args: [{ value: 0x7ffff7d87000n }, { value: 4096n }] });
  });

  test("gives errors of the kernel", () => {
    expect(one("SYS_munmap(1, 4096) = -22")).toMatchObject([{ expected: { kind: "error", name: "EINVAL" } }]);
  });

  test("shows no files of mappings, so that each has a file of its own", () => {
    const paths = one("SYS_mmap(0, 4096, 1, 2) = 0x1000", "SYS_mmap(0, 4096, 1, 2) = 0x2000").map((entry) =>
      entry.type === "call" && entry.args[4]?.kind === "number" ? entry.args[4].path : undefined,
    );
    expect(paths).toEqual(["a file of line 1", "a file of line 2"]);
  });
});
