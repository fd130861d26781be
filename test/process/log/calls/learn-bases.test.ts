import { describe, expect, test } from "vitest";
import { convertTrace, openTrace, runLog } from "#pagewalk/index.js";
import { LineQueue } from "#pagewalk/process/log/parse/line-queue.js";
import { LineSplitter } from "#pagewalk/trace/calls/line-splitter.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import { bytesOf } from "../../../trace/records.js";
import { runLines } from "../../logs.js";

const EXEC = 'execve("/no/such", ["such"], 0x0) = 0';
const HEAP = "brk(NULL) = 0x557b78ff4000";
const mmap = (address: string) =>
  `mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = ${address}`;
const PROTECT = "mprotect(0x557b4efe7000, 4096, PROT_READ) = 0";
const START = [EXEC, HEAP, mmap("0x7f786a8ff000"), PROTECT];

/** The starts of the first regions of that name. */
async function startsOf(lines: readonly string[], ...names: string[]) {
  const { process, mismatched } = await runLines(lines, { verify: true });
  expect(mismatched).toBe(0);
  return names.map((name) => process.maps.find((region) => region.name === name)?.start.toString(16));
}

describe("random addresses", () => {
  test("are learned from the first calls of a program", async () => {
    // A program of typical shape: its data, read-only after relocation, begin ten pages after its start.
    expect(await startsOf(START, "/no/such", "[vvar]", "[heap]")).toEqual([
      "557b4efdd000",
      "7f786a901000",
      undefined,
    ]);
    const grown = [...START, "brk(0x557b79015000) = 0x557b79015000"];
    expect(await startsOf(grown, "[heap]")).toEqual(["557b78ff4000"]);
  });

  test("of a program without protections are assumed directly below its heap", async () => {
    expect(await startsOf(START.slice(0, 3), "/no/such")).toEqual(["557b78fe8000"]);
  });

  test("are learned for each program", async () => {
    const second = [EXEC, "brk(NULL) = 0x564000000000", mmap("0x7fabcdef0000"), mmap("0x7fabcdeee000")];
    expect(await startsOf([...START, ...second], "/no/such", "[vvar]")).toEqual([
      "563fffff4000",
      "7fabcdef2000",
    ]);
  });

  test("are learned from the process that starts, not from concurrent ones", async () => {
    const other = mmap("0x7ffff7ffd000");
    const lines = [other, "fork() = 2", ...START.flatMap((line) => [line, other]).slice(0, -1)];
    const numbered = lines.map((line) => `${line === other || line.startsWith("fork") ? 1 : 2} ${line}`);
    const { processes } = await runLines(numbered);
    const [vvar] = processes[1]?.maps.filter(({ name }) => name === "[vvar]") ?? [];
    expect(vvar?.start).toBe(0x7f786a901000n);
  });

  test("are learned from a time line, too", async () => {
    const sink = new BytesSink();
    const log = bytesOf(`${[...START, mmap("0x7f786a8fd000")].join("\n")}\n`);
    await convertTrace(await openTrace(log, { format: "calls" }), sink, { format: "pagewalk" });
    const result = await runLog(sink.bytes, { verify: true });
    expect(result).toMatchObject({ checked: 4, mismatched: 0 });
  });

  test("of an attached process come from its maps, and its heap from brk", async () => {
    const maps = [
      "557b4efdd000-557b4efe9000 rw-p 00000000 fe:00 7   /bin/such",
      "7f786a901000-7f786a935000 r-xp 00000000 fe:00 8   /lib/ld.so",
      "7ffd8e6a1000-7ffd8e6c2000 rw-p 00000000 00:00 0   [stack]",
    ].join("\n");
    const { mismatched, process } = await runLines(
      [HEAP, "brk(0x557b79015000) = 0x557b79015000", mmap("0x7f786a8ff000")],
      { verify: true, maps },
    );
    expect(mismatched).toBe(0);
    expect(process.maps.find(({ name }) => name === "[heap]")?.start).toBe(0x557b78ff4000n);
  });

  test("that are impossible are not learned", async () => {
    const result = await runLines([EXEC, HEAP, mmap("0x123456789123"), "brk(NULL) = oops"], { verify: true });
    expect(result.firstMismatch?.line).toBe(3);
    expect(result.stopped?.message).toMatch(/log:4: /);
  });
});

test("lines that were read ahead are run in order", async () => {
  const text = bytesOf("1\n2\n3\n4\n5\n");
  const chunks = [text.subarray(0, 3), text.subarray(3, 8), text.subarray(8)];
  const source = { name: "log", bytesRead: 0, next: async () => chunks.shift(), close: async () => {} };
  const queue = new LineQueue(new LineSplitter(source));
  const look = async (count: number) => {
    const seen: string[] = [];
    for await (const line of queue.upcoming()) if (seen.push(line) === count) break;
    return seen;
  };
  expect(await look(2)).toEqual(["1", "2"]);
  expect(queue.shift()).toBe("1");
  expect(await look(3)).toEqual(["2", "3", "4"]);
  expect([await queue.next(), await queue.next()]).toEqual(["2", "3"]);
  expect(await look(9)).toEqual(["4", "5"]);
  expect([await queue.next(), await queue.next(), await queue.next()]).toEqual(["4", "5", undefined]);
});
