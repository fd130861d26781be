/** Lines of mtrace run as the calls of which they are records. */
import { expect, test } from "vitest";
import { runLog } from "#pagewalk/process/log/run/log.js";

const MTRACE = `= Start
@ ./program:[0x401156] + 0x5555555592a0 0x18
@ /lib/libc.so.6:(strdup+0x1e)[0x7ffff7e5f0de] + 0x5555555592c0 0x64
@ ./program:[0x401170] < 0x5555555592a0
@ ./program:[0x401170] > 0x555555559330 0x200
- 0x5555555592c0
@ ./program:[0x401180] ! 0x555555559330 0xffffffffffffffff
@ ./program:[0x401190] - 0x555555559330
= End
`;
const CALLS = `
malloc(0x18) = 0x5555555592a0
malloc(0x64) = 0x5555555592c0

realloc(0x5555555592a0, 0x200) = 0x555555559330
free(0x5555555592c0)
realloc(0x555555559330, 0xffffffffffffffff) = NULL
free(0x555555559330)
`;

async function run(log: string) {
  const { calls, checked, matched, answers, otherLines, stopped, process } = await runLog(
    new TextEncoder().encode(log),
    { verify: true, answers: true, name: "log" },
  );
  return {
    calls,
    checked,
    matched,
    answers,
    otherLines,
    stopped,
    maps: process.maps.length,
    heap: process.heap,
  };
}

test("they give what the calls give", async () => {
  const traced = await run(MTRACE);
  expect(traced).toEqual(await run(CALLS));
  expect(traced).toMatchObject({ calls: 6, checked: 4, matched: 4, otherLines: 0, stopped: undefined });
});

test("a log that is cut within a realloc begins with an allocation", async () => {
  const { calls, answers } = await run("@ ./program:[0x401170] > 0x5555555592a0 0x200\n");
  expect([calls, answers.entries[0]?.call]).toEqual([1, "malloc(0x200)"]);
});

test.each(["- 0x10 is the smallest", "+ 12 34", "= Started", "@ 0x10", "+ 0x10"])(
  "%j is no line of it",
  async (line) => {
    const { calls, otherLines } = await run(`malloc(8)\nfree(0)\n${line}\n`);
    expect([calls, otherLines]).toEqual([2, 1]);
  },
);
