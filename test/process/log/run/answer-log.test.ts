import { describe, expect, test } from "vitest";
import { runLines } from "../../logs.js";

const MAP = "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
const HUGE = "mmap(NULL, 1099511627776, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
const ENOMEM = "-1 ENOMEM (Cannot allocate memory)";
const SMALL = { memory: "64KiB" };

describe("the list of answers", () => {
  test("has the form of a log, by line and process, beside the recorded results", async () => {
    const { answers, calls } = await runLines(
      [
        "# a comment",
        `p = ${MAP} # two pages`,
        "munmap(p + 1, 4096) = 0",
        "c = fork()",
        "[pid 1001] store(p + 8192) = SIGSEGV",
        "close(3) = 0",
        "[pid 1000] load(p, 4) = ok",
      ],
      { answers: true, verify: true },
    );
    const usual = { recorded: undefined, matched: undefined, pid: 1000 };
    expect(answers.entries).toEqual([
      { ...usual, line: 2, call: `p = ${MAP}`, answer: "0x7ffff7ffd000" },
      {
        line: 3,
        pid: 1000,
        call: "munmap(p + 1, 4096)",
        answer: "-1 EINVAL (Invalid argument)",
        recorded: "0",
        matched: false,
      },
      { ...usual, line: 4, call: "c = fork()", answer: "1001" },
      {
        line: 5,
        pid: 1001,
        call: "store(p + 8192)",
        answer: "SIGSEGV SEGV_MAPERR",
        recorded: "SIGSEGV",
        matched: true,
      },
      { line: 7, pid: 1000, call: "load(p, 4)", answer: "ok", recorded: "ok", matched: true },
    ]);
    expect([answers.count, calls]).toEqual([5, 5]);
  });

  test("is kept only if requested", async () => {
    const { answers } = await runLines([MAP, "munmap(0x1001, 1)"]);
    expect(answers).toMatchObject({ count: 2, entries: [] });
  });

  test("has an address also if the model has none", async () => {
    const { firstMismatch } = await runLines([`${HUGE} = 0x7ef000000000`], { verify: true, ...SMALL });
    expect(firstMismatch).toMatchObject({ expected: "0x7ef000000000", actual: ENOMEM });
  });

  test("has the first hundred thousand calls", async () => {
    const { answers } = await runLines(Array(100_010).fill("getpagesize()"), { answers: true });
    expect([answers.count, answers.entries.length]).toEqual([100_010, 100_000]);
    const long = `munmap(${"0x0000000000001000+".repeat(51_000)}0, 1)`;
    const wide = await runLines(Array(80).fill(long), { answers: true });
    expect(wide.answers.count).toBe(80);
    expect(wide.answers.entries.length).toBeLessThan(80);
  });

  test("has every difference", async () => {
    const { differences, mismatched } = await runLines(
      ["munmap(0x1001, 1) = 0", "munmap(0x1000, 1) = 0", `munmap(0x1001, 1) = ${ENOMEM}`],
      { verify: true },
    );
    expect(differences.entries.map(({ line, recorded }) => [line, recorded])).toEqual([
      [1, "0"],
      [3, ENOMEM],
    ]);
    expect([differences.count, mismatched]).toEqual([2, 2]);
  });
});

describe("a call is refused if it fails and the log records no failure", () => {
  const refused = async (line: string, options = {}) =>
    (await runLines([line], { ...SMALL, ...options })).refused.entries.map(({ answer }) => answer);

  test.each([
    ["without a result", HUGE, {}, [ENOMEM]],
    ["with the error in the log", `${HUGE} = ${ENOMEM}`, {}, []],
    ["with success in the log", `${HUGE} = 0x7ef000000000`, {}, [ENOMEM]],
    [
      "with success in a log that is verified, which has a difference",
      `${HUGE} = 0x7ef000000000`,
      { verify: true },
      [],
    ],
    ["with success in a log that is followed", `${HUGE} = 0x7ef000000000`, { follow: true }, []],
    ["without failing", MAP, {}, []],
  ])("%s", async (_, line, options, answers) => {
    expect(await refused(line, options)).toEqual(answers);
  });
});

test("a log without results is reported as not verified", async () => {
  const { warnings } = await runLines([MAP, "close(3) = 0"], { verify: true });
  expect(warnings).toEqual(["log: nothing was verified, as no call that ran has a result in the log"]);
  expect((await runLines([MAP, "munmap(0x1000, 1) = 0"], { verify: true })).warnings).toEqual([]);
  expect((await runLines([MAP])).warnings).toEqual([]);
});
