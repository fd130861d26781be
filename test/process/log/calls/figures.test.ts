/**
 * Calls for statistics of glibc's allocator. The lines are those of ltrace 0.7.3 on Debian 12 for this program, with
 * and without the type of `mallinfo2` (-F):
 *
 *   free(malloc(100)); malloc(5000); mallinfo2(); mallinfo(); malloc_stats(); malloc_info(0, stderr); malloc_info(1, stderr);
 */
import { describe, expect, test } from "vitest";
import type { RunOptions } from "#pagewalk/index.js";
import { runText } from "#pagewalk/report/run.js";
import { runJson } from "#pagewalk/report/run-json.js";
import { PLAIN } from "#pagewalk/report/style.js";
import { runLines } from "../../logs.js";

const verified = (lines: readonly string[], options: RunOptions = {}) =>
  runLines(lines, { verify: true, answers: true, ...options });

const BLOCKS = ["malloc(100) = 0x93bd2a0", "free(0x93bd2a0) = <void>", "malloc(5000) = 0x93bd310"];
const FIELDS = "135168, 1, 0, 0, 0, 0, 0, 5776, 129392, 129392";
const NAMED =
  "{arena=135168, ordblks=1, smblks=0, hblks=0, hblkhd=0, usmblks=0, fsmblks=0, uordblks=5776, fordblks=129392, keepcost=129392}";
const STATS = `\
Arena 0:
system bytes     =     135168
in use bytes     =       5776
Total (incl. mmap):
system bytes     =     135168
in use bytes     =       5776
max mmap regions =          0
max mmap bytes   =          0
`;

describe("ltrace's lines", () => {
  test("results of calls of unknown type are not compared, except malloc_info's", async () => {
    const { checked, mismatched, skipped, written } = await verified([
      ...BLOCKS,
      "mallinfo2(0x7ffe24a7fb20, 5000, 0, 0x93bd310)    = 0x7ffe24a7fb20",
      "mallinfo(0x7ffe24a7faf0, 0x1f970, 5776, 1)       = 0x7ffe24a7faf0",
      "malloc_stats(0x7fc46374b4b0, 0x1f970, 5776, 1)   = 0",
      "malloc_info(0, 0x7fc46374b680, 0, 0)             = 0",
      "malloc_info(1, 0x7fc46374b680, 0, 0)             = 22",
    ]);
    expect({ checked, mismatched, skipped }).toEqual({ checked: 4, mismatched: 0, skipped: {} });
    expect(written.map(({ line, call }) => [line, call])).toEqual([
      [6, "malloc_stats(0x7fc46374b4b0, 0x1f970, 5776, 1)"],
      [7, "malloc_info(0, 0x7fc46374b680, 0, 0)"],
    ]);
    expect(written[0]?.text).toBe(STATS);
  });

  test("mallinfo2 is compared by position if its type is known", async () => {
    const { checked, mismatched } = await verified([...BLOCKS, `mallinfo2() = { ${FIELDS} }`]);
    expect({ checked, mismatched }).toEqual({ checked: 3, mismatched: 0 });
    const { firstMismatch } = await verified([
      ...BLOCKS,
      `mallinfo2() = { ${FIELDS.replace("5776", "5777")} }`,
    ]);
    expect(firstMismatch).toEqual({
      line: 4,
      call: "mallinfo2()",
      expected: `{${FIELDS.replace("5776", "5777")}}`,
      actual: NAMED,
    });
  });
});

describe("lines with names", () => {
  test("are compared in the fields that they have", async () => {
    for (const fields of [NAMED, "{uordblks=5776, ...}", "{keepcost=129392, arena=135168}"])
      expect(await verified([...BLOCKS, `mallinfo2() = ${fields} # a comment`])).toMatchObject({
        mismatched: 0,
      });
    const { differences } = await verified([...BLOCKS, "mallinfo2() = {arena=135168, hblks=2}"]);
    expect(differences.entries).toMatchObject([
      { line: 4, recorded: "{arena=135168, hblks=2}", answer: NAMED },
    ]);
  });

  test("before the first block there is only an empty top chunk", async () => {
    expect(await verified(["mallinfo2() = {arena=0, ordblks=1, fordblks=0}", ...BLOCKS])).toMatchObject({
      checked: 3,
      mismatched: 0,
    });
  });

  test("mallinfo cuts its figures to int", async () => {
    const { mismatched, stopped } = await verified([
      "malloc(3221225472)",
      "mallinfo2() = {hblks=1, hblkhd=3221229568}",
      "mallinfo() = {hblks=1, hblkhd=-1073737728}",
    ]);
    expect({ mismatched, stopped }).toEqual({ mismatched: 0, stopped: undefined });
  });

  test.each([
    ["mallinfo2() = {area=1}", "log:1: mallinfo2 has no field area; did you mean arena?"],
    [`mallinfo2() = {${FIELDS}, 1}`, "log:1: mallinfo2 has 10 fields; leave out the others"],
    ["mallinfo2() = {arena=many}", "log:1: field arena of the result is not a number; give whole numbers"],
    ["mallinfo2() = {arena=1", 'log:1: a "}" is missing; complete the line'],
    ["mallinfo2() = {arena=1} 7", 'log:1: "7" follows the result; write it as name(argument, …) = result'],
    [
      "malloc(1) = {arena=1}",
      "log:1: malloc has no such result; give a number, an address, ok, -1 with an error, or a signal",
    ],
    ["malloc_info()", "log:1: argument 1 of malloc_info is missing; complete the line"],
    ["malloc_inof(0, 0)", "log:1: there is no call malloc_inof; did you mean malloc_info?"],
  ])("%s is refused with its line", async (line, message) => {
    expect((await runLines([line])).stopped?.message).toBe(message);
  });
});

test("other allocators than glibc ignore them", async () => {
  const lines = [...BLOCKS, `mallinfo2() = ${NAMED}`, "malloc_stats()", "malloc_info(0, stderr) = 0"];
  const { skipped, written } = await verified(lines, { allocator: "tlsf" });
  expect(skipped).toEqual({ mallinfo2: 1, malloc_stats: 1, malloc_info: 1 });
  expect(written).toEqual([]);
});

test("written text is shown unchanged, and heaps with their figures", async () => {
  const result = await runLines([...BLOCKS, "malloc(200000)", "malloc_stats()"]);
  const { picture } = await import("#pagewalk/process/proc/show.js");
  const [process] = [...result.system.processes.values()];
  if (process === undefined) throw new Error("there is no process");
  const pictures = [picture(process, { what: "heap", line: undefined })];
  const text = runText(result, pictures, { verified: false, style: PLAIN, width: 100 });
  expect(text).toContain("\nmalloc_stats()  line 5\nArena 0:\nsystem bytes     =     135168\n");
  expect(text).toMatch(/^ {2}arena 0 +135,168 +5,776 +129,392 +1 +135,168$/m);
  expect(text).toMatch(/^ {2}mapped, 1 +200,704 +200,704 +– +– +200,704$/m);
  expect(text).toMatch(/^ {2}total +335,872 +206,480 +129,392 +1 +–$/m);
  expect(runJson(result, pictures)).toMatchObject({
    written: [{ line: 5, pid: 1000, call: "malloc_stats()" }],
    process: { heap: { figures: { mappedBlocks: 1, arenas: [{ systemBytes: 135168, inUseBytes: 5776 }] } } },
  });
});
