import { describe, expect, test } from "vitest";
import { runLines } from "../../logs.js";

const MAP = "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
const verified = (...lines: string[]) => runLines(lines, { verify: true });
const starts = async (...lines: string[]) =>
  (await verified(...lines)).process.maps
    .filter(({ name }) => name === "")
    .map(({ start }) => start.toString(16));

describe("a recorded result", () => {
  test.each([
    `${MAP} = 0x7ffff7ffd000`,
    "munmap(0x1000, 4096) = 0",
    "munmap(0x1001, 4096) = -1 EINVAL (Invalid argument)",
    "store(0x1000, 4) = SIGSEGV SEGV_MAPERR",
    "store(0x1000, 4) = SIGSEGV",
    "getpagesize() = 4096",
    "store(0x8000000000001000, 4) = SIGBUS",
    "store(0x8000000000001000, 4) = SIGSEGV",
  ])("%s equals the model's", async (line) => {
    expect(await verified(line)).toMatchObject({
      checked: 1,
      matched: 1,
      mismatched: 0,
      firstMismatch: undefined,
    });
  });

  test.each([
    [`${MAP} = 0x7ffff7ffc000`, "0x7ffff7ffc000", "0x7ffff7ffd000"],
    [`${MAP} = -1 ENOMEM (Cannot allocate memory)`, "-1 ENOMEM (Cannot allocate memory)", "0x7ffff7ffd000"],
    ["munmap(0x1001, 4096) = 0", "0", "-1 EINVAL (Invalid argument)"],
    [
      "munmap(0x1001, 4096) = -1 ENOMEM",
      "-1 ENOMEM (Cannot allocate memory)",
      "-1 EINVAL (Invalid argument)",
    ],
    ["store(0x1000, 4) = ok", "ok", "SIGSEGV SEGV_MAPERR"],
    ["store(0x1000, 4) = SIGSEGV SEGV_ACCERR", "SIGSEGV SEGV_ACCERR", "SIGSEGV SEGV_MAPERR"],
    ["store(0x1000, 4) = SIGBUS BUS_ADRERR", "SIGBUS BUS_ADRERR", "SIGSEGV SEGV_MAPERR"],
    ["getpagesize() = 16384", "16384", "4096"],
  ])("%s differs", async (line, expected, actual) => {
    const result = await verified("# first", line);
    expect(result).toMatchObject({ checked: 1, matched: 0, mismatched: 1 });
    expect(result.firstMismatch).toEqual({ line: 2, call: line.replace(/ = .*/, ""), expected, actual });
  });

  test("is compared only if requested", async () => {
    expect(await runLines(["munmap(0x1001, 4096) = 0"])).toMatchObject({
      calls: 1,
      checked: 0,
      mismatched: 0,
    });
  });
});

describe("after a difference the run continues from the recorded answer", () => {
  test("with a mapping at the recorded address", async () => {
    expect(await starts(`${MAP} = 0x7ffff7000000`)).toEqual(["7ffff7000000"]);
  });

  test("without a mapping whose recorded call failed", async () => {
    expect(await starts(`${MAP} = -1 ENOMEM`)).toEqual([]);
  });

  test("with a mapping moved to the recorded address", async () => {
    expect(
      await starts(
        `${MAP} = 0x7ffff7ffd000`,
        "mremap(0x7ffff7ffd000, 8192, 16384, MREMAP_MAYMOVE) = 0x7ffff0000000",
      ),
    ).toEqual(["7ffff0000000"]);
  });

  test("with the recorded break", async () => {
    const lines = [
      "brk(NULL) = 0x555555560000",
      "brk(0x555555581000) = 0x555555560000",
      "brk(NULL) = 0x555555560000",
    ];
    expect(await verified(...lines)).toMatchObject({ checked: 3, mismatched: 1 });
  });

  test("so that one wrong answer is one difference", async () => {
    const result = await verified(
      `${MAP} = 0x7ffff7000000`,
      "store(0x7ffff7000000, 8) = ok",
      "mprotect(0x7ffff7000000, 4096, PROT_READ) = 0",
      "munmap(0x7ffff7000000, 8192) = 0",
    );
    expect(result).toMatchObject({ checked: 4, mismatched: 1 });
  });
});
