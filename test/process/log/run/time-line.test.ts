import { describe, expect, test } from "vitest";
import { convertTrace, openTrace, type RunOptions, runLog } from "#pagewalk/index.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import { bytesOf } from "../../../trace/records.js";

const LOG = `
mmap(0x10000000, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x10000000
store(0x10000000, 8)
store(0x10001000, 8)
load(0x10001ffc, 8)
mprotect(0x10000000, 4096, PROT_READ) = 0
load(0x10000000, 4)
munmap(0x10002000, 8192) = 0
load(0x10001000, 4)
`;

async function packed(log: string, metadata: Record<string, unknown> = {}): Promise<Uint8Array> {
  const sink = new BytesSink();
  await convertTrace(await openTrace(bytesOf(log)), sink, { format: "pagewalk", metadata });
  return sink.bytes;
}

describe("a time line of references and calls", () => {
  test("has the results of its log", async () => {
    const line = await runLog(await packed(LOG), { verify: true });
    const log = await runLog(bytesOf(LOG), { verify: true });
    expect(line).toMatchObject({ calls: 3, checked: 3, mismatched: 0, references: { made: 5, skipped: 0 } });
    expect(line.process.faults).toEqual(log.process.faults);
    expect(line.process.cycles.total).toBe(log.process.cycles.total);
    const regions = (result: typeof line) => result.process.maps.map(({ call: _, ...region }) => region);
    expect(regions(line)).toEqual(regions(log));
  });

  test("runs on the architecture of its recording, unless another one is named", async () => {
    const recording = await packed(LOG, { architecture: "aarch64-16k" });
    const archOf = async (options: RunOptions) => {
      const { system, stopped } = await runLog(recording, options);
      expect(stopped).toBeUndefined();
      return system.layout.arch;
    };
    expect(await archOf({})).toBe("aarch64-16k");
    expect(await archOf({ arch: "sv48" })).toBe("sv48");
    // A kernel of x86-64 runs 32-bit programs.
    const { system } = await runLog(await packed(LOG, { architecture: "i386" }));
    expect(system.layout.arch).toBe("x86-64");
  });

  test("reports the region of faults and the call that made it; a split leaves faults to the lower part", async () => {
    const { process } = await runLog(await packed(LOG));
    expect(process.maps.slice(0, 2)).toMatchObject([
      { start: 0x10000000n, call: 1, minorFaults: 3, references: 4 },
      { start: 0x10001000n, call: 1, minorFaults: 0, references: 1 },
    ]);
  });

  test("reports the reference that got a signal, and skips references after the end", async () => {
    const log = `${LOG}load(0x10002000, 4)\nload(0x10000000, 4)\nload(0x10000000, 4)\n`;
    const { signals, references } = await runLog(await packed(log));
    expect(signals).toMatchObject([{ line: 3, reference: 5, signal: "SIGSEGV", address: 0x10002000n }]);
    expect(references).toEqual({ made: 6, skipped: 2 });
  });

  test("starts from the regions in a recording, and places mappings where they were", async () => {
    const maps = [
      "00108000-0010c000 r-xp 00000000 fe:00 2601 /usr/bin/ls",
      "1ffefff000-1fff001000 rw-p 00000000 00:00 0 [stack]",
    ].join("\n");
    const log = [
      "fetch(0x108000, 4)",
      "store(0x1ffeffe000, 8)", // the stack grows
      "brk(0x0) = 0x4035000",
      "mmap(0x0, 8192, 3, 34, -1, 0) = 0x4835000",
      "store(0x4835000, 8)",
      "mremap(0x4835000, 8192, 12288, 1) = 0x4900000",
      "store(0x4902000, 8)",
    ].join("\n");
    const recording = await packed(log, { maps: `${maps}\n`, placement: "recorded" });
    const { signals, process, mismatched } = await runLog(recording);
    expect({ signals, mismatched }).toEqual({ signals: [], mismatched: 0 });
    expect(process.maps.map(({ start }) => start)).toEqual([
      0x108000n,
      0x4900000n,
      0x1ffeffe000n,
      0xffffffffff600000n,
    ]);
  });

  test("has the regions of a program that is executed, and the break and stack between them", async () => {
    const log = [
      "[pid 7] mmap(0x0, 4096, 3, 34, -1, 0) = 0x4835000",
      '[pid 7] execve("/bin/ls", ["ls"], 0x1ffeffe000 <unfinished ...>',
      '[pid 7] region(0x400000, 0x402000, "r-xp", 0, "/bin/ls")',
      '[pid 7] region(0x402000, 0x403000, "rw-p", 0x2000, "/bin/ls")',
      '[pid 7] region(0x1ffefff000, 0x1fff001000, "rw-p", 0, "[stack]")',
      '[pid 7] execve("/bin/ls", ["ls"], 0x1ffeffe000) = 0',
      "[pid 7] brk(0x0) = 0x404000",
      "[pid 7] brk(0x405000) = 0x405000",
      "store(0x404000, 8)",
      "store(0x1ffeffe000, 8)", // the stack grows
    ].join("\n");
    const { signals, process, mismatched } = await runLog(await packed(log, { placement: "recorded" }));
    expect({ signals, mismatched }).toEqual({ signals: [], mismatched: 0 });
    expect(process.maps.map(({ start, name }) => `${start.toString(16)} ${name}`)).toEqual([
      "400000 /bin/ls",
      "402000 /bin/ls",
      "404000 [heap]",
      "1ffeffe000 [stack]",
      "ffffffffff600000 [vsyscall]",
    ]);
  });

  test.each([
    ['region(0x400000, 0x3ff000, "r-xp", 0)', "the region ends before it starts"],
    ['region(0x400000, 0x401001, "r-xp", 0)', "the region is not aligned to pages of 4096 bytes"],
    ['region(0x400000, 0x401000, "code", 0)', "this is not a region"],
  ])("is refused with %s", async (region, problem) => {
    const { stopped } = await runLog(await packed(`brk(0x0) = 0x404000\n${region}\n`));
    expect(stopped?.problem).toBe(problem);
  });

  test("of page numbers is refused", async () => {
    const pages = await packed("4711\n4712\n");
    await expect(runLog(pages)).rejects.toThrow("has page numbers, and a process has addresses");
  });

  test("ends at damage, and keeps the results before it", async () => {
    const bytes = await packed(LOG);
    const { stopped } = await runLog(bytes.slice(0, bytes.length - 100), { name: "cut.pagewalk" });
    expect(stopped?.message).toMatch(/^cut\.pagewalk:\d+: /);
  });
});
