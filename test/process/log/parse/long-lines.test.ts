/**
 * Lines of a mebibyte are read in time linear in their length. Each has a run that a search with backtracking would
 * scan from each of its positions, so that the test would exceed its time limit.
 */
import { describe, expect, test } from "vitest";
import { openTrace, runLog, traceInfo } from "#pagewalk/index.js";
import { bytesOf } from "../../../trace/records.js";

const LENGTH = 1_000_000;
const run = (piece: string) => piece.repeat(LENGTH / piece.length);
/** A character that does not end a line of a log, but that a pattern's dot does not match. */
const SEPARATOR = "\u2028";

const LINES: Readonly<Record<string, string>> = {
  "blanks inside a result": `madvise(0, 4096, 4) = 0${run(" ")}x`,
  "blanks and semicolons behind a result": `brk(NULL) = 0${run(" ;")}x`,
  "calls inside a call that is not read": `foo(1 ? 2${run("()=x")}${SEPARATOR}y`,
  "a signal's long name": `load(0x10, 1) = SIG${run("A")}${SEPARATOR}a b${SEPARATOR}c`,
  "blanks behind a signal": `load(0x10, 1) = SIGSEGV${run(" ")}${SEPARATOR}x`,
  "differences of an expression": `brk(a${run("-1")})`,
  "differences before a result": `brk(a${run("-1")}) = 1`,
  "comments inside a comment": `load(0x10, 1) = 0 ${run("# ")}${SEPARATOR}z`,
  "slashes behind a result": `brk(NULL) = 0 ${run("//")}${SEPARATOR}z`,
  "comments of C that do not end": `brk(${run("/*")}`,
  "angle brackets that do not end": `[pid 1${run("<")}`,
  "descriptors that do not end": `close(3${run("<a")}`,
  "quotation marks": `open(${run('\\"')}`,
  "brackets that do not end": `foo(${run("[")}`,
  "arrows to what is written": `foo(1${run("=>1")}`,
  "an instruction's address that does not end": `[${run("0 ")}`,
  "dots of a time": run("1.1 "),
  "digits before a name": `${run("1")}x`,
  "names before a call": `${run("a ")}(1)`,
  "words with arrows": `${run("a->")}b(1)`,
  "equal signs": `a${run(" =")} b(1)`,
  "a signal between calls": `--- SIGSEGV {${run("si_code=")}`,
  "a signal's address": `--- SIGSEGV {${run("si_addr=0x1")}`,
  "a call that is resumed": `<... ${run("a")}`,
  "dashes at the end of a signal": `--- SIGSEGV ${run("-")}x`,
};

describe("a log with a line of", () => {
  test.each(Object.entries(LINES))("%s ends", async (_, line) => {
    const { lines, stopped } = await runLog(bytesOf(`brk(NULL)\n${line}\nbrk(NULL)\n`), {
      verify: true,
      answers: true,
    });
    expect(lines).toBeGreaterThan(1);
    expect((stopped?.message ?? "").length).toBeLessThan(1000);
  });
});

test("a log whose lines each continue in the next is read to its end", async () => {
  const piece = `${"a".repeat(1000)}strace: Process 13 attached\n`;
  const { lines } = await runLog(bytesOf(piece.repeat(LENGTH / 50)));
  expect(lines).toBeGreaterThan(0);
});

test("a maps file with many blanks before a name is read to its end", async () => {
  const maps = `00400000-00401000 r-xp 00000000 fe:00 1 ${run(" ")}${SEPARATOR}x\n`;
  const { process } = await runLog(bytesOf("brk(NULL)\n"), { maps });
  expect(process.maps[0]?.name).toBe(`${SEPARATOR}x`);
});

test.each([
  ["blanks in a system call", `SYSCALL[1,1](0) sys_brk ( ${" ".repeat(60_000)}x`],
  ["arrows in a system call", `SYSCALL[1,1](0) sys_brk ( ${"-->".repeat(20_000)}`],
  ["blanks between arguments", `SYSCALL[1,1](9) sys_mmap ( 1${" ".repeat(60_000)}x, 2 ) --> Success(0x1)`],
])("a trace of lackey with %s is read to its end", async (_, line) => {
  const trace = await openTrace(bytesOf(`I  04000000,3\n${line}\n L 0,1\n`), { name: "a.lackey" });
  expect((await traceInfo(trace)).references).toBe(2);
});
