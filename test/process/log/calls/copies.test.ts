import { expect, test } from "vitest";
import { runLines } from "../../logs.js";

const MAP = "p = mmap(NULL, 1048576, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";

async function residentAfter(...lines: string[]) {
  const { process } = await runLines([MAP, ...lines]);
  return { resident: process.residentBytes, minor: process.faults.minor };
}

test("read brings its buffer into memory by faults of the process", async () => {
  expect(await residentAfter("read(3, 0x7ffff7eff000, 65536) = 20000")).toEqual({
    resident: 20480,
    minor: 5,
  });
  expect(await residentAfter("getrandom(0x7ffff7eff000, 16, 0) = 16")).toEqual({ resident: 4096, minor: 1 });
});

test("write reads its buffer", async () => {
  // The zero page, for pages that were never stored to.
  expect(await residentAfter("write(1, 0x7ffff7eff000, 8192) = 8192")).toEqual({ resident: 0, minor: 2 });
});

test("a call that failed, has no result, or shows the contents of its buffer copies nothing", async () => {
  const nothing = { resident: 0, minor: 0 };
  expect(await residentAfter("read(3, 0x7ffff7eff000, 65536) = -1 EFAULT (Bad address)")).toEqual(nothing);
  expect(await residentAfter("read(3, 0x7ffff7eff000, 65536) = 0")).toEqual(nothing);
  expect(await residentAfter('read(3, "abc", 65536) = 3')).toEqual(nothing);
  expect(await residentAfter("read(3, 0x10, 65536) = 3", "brk(NULL)")).toEqual(nothing);
});
