import { describe, expect, test } from "vitest";
import { type RunOptions, runLog } from "#pagewalk/process/log/run/log.js";
import { picture } from "#pagewalk/process/proc/show.js";
import { runText } from "#pagewalk/report/run.js";
import { runJson } from "#pagewalk/report/run-json.js";
import { signalLines } from "#pagewalk/report/signals.js";
import { PLAIN } from "#pagewalk/report/style.js";

const WIDTH = 100;
const log = (text: string) => new TextEncoder().encode(text);
const MAP = "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
const PROGRAM = 'execve("./program", ["./program"], []) = 0\n';

async function reasons(text: string, options = {}): Promise<string[]> {
  const { signals } = await runLog(log(text), options);
  return signalLines(signals, "line", WIDTH).filter((_, n) => n % 2 === 1);
}

describe("a signal is reported with its call and its cause", () => {
  test("the call, without its result and comment, by its line", async () => {
    const { signals } = await runLog(log(`p = ${MAP}\nstore(p + 8192, 4) = SIGSEGV # beyond\n`));
    expect(signalLines(signals, "line", WIDTH)[0]).toBe("  line 2: store(p + 8192, 4)");
  });

  test.each([
    ["a null pointer", "load(16)", "nothing is mapped there: a null pointer"],
    [
      "nothing near",
      `${PROGRAM}brk(0)\nload(0x20000000)`,
      "nothing is mapped there, 85.3 TiB below ./program",
    ],
    [
      "right behind a region",
      `p = ${MAP}\nload(p + 8192)`,
      "nothing is mapped there, right above the region of line 1",
    ],
    [
      "a region that does not allow it",
      `p = ${MAP}\nmprotect(p, 4096, PROT_READ)\nstore(p)`,
      "the region of line 1 is r--p and may not be written",
    ],
    [
      "a region that may not be read",
      `p = ${MAP}\nmprotect(p, 4096, PROT_NONE)\nload(p)`,
      "the region of line 1 is ---p and may not be read",
    ],
    [
      "a region that may not be executed",
      `p = ${MAP}\nfetch(p)`,
      "the region of line 1 is rw-p and may not be executed",
    ],
    [
      "a guard",
      `p = ${MAP}\nmadvise(p, 4096, MADV_GUARD_INSTALL)\nload(p)`,
      "the region of line 1 has a guard there",
    ],
    ["the end of the stack", `${PROGRAM}alloca(8388608)`, "[stack] would pass its limit of 8 MiB by 4 KiB"],
    ["no address at all", "load(0x8000000000000000)", "the architecture has no such address"],
  ])("%s", async (_, text, says) => {
    const [reason] = await reasons(text);
    expect(reason).toContain(`: ${says}`);
  });

  test("the access of a reference in a time line", async () => {
    const forbid =
      "SYSCALL[9,1](10) sys_mmap ( 0x10000000, 4096, 0, 50, 4294967295, 0 ) --> [pre-success] Success(0x10000000)";
    const ends = [" L 10000008,8", "I  10000010,3", " M 10000018,4"].map(
      (access) => `${forbid}\n${access}\n`,
    );
    const results = await Promise.all(ends.map((text) => runLog(log(text), { format: "lackey" })));
    expect(
      results.map(({ signals }) => signalLines(signals, "line", WIDTH).map((text) => text.trim())),
    ).toEqual([
      [
        expect.stringContaining("reference 0: load(0x10000008, 8)"),
        expect.stringContaining("may not be read"),
      ],
      [
        expect.stringContaining("reference 0: fetch(0x10000010, 3)"),
        expect.stringContaining("may not be executed"),
      ],
      [
        expect.stringContaining("reference 0: modify(0x10000018, 4)"),
        expect.stringContaining("may not be written"),
      ],
    ]);
  });

  test("a signal of the log as strace prints it", async () => {
    const { signals } = await runLog(
      log(`${PROGRAM}--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---\n`),
    );
    expect(signals.map(({ call }) => call)).toEqual([
      "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---",
    ]);
  });

  test("a signal that ended the process is marked", async () => {
    expect(await reasons("load(0)")).toEqual([expect.stringMatching(/; it ended process 1000$/)]);
    expect(await reasons("load(0) = SIGSEGV")).toEqual([expect.not.stringContaining("ended")]);
    expect(await reasons("load(0) = SIGSEGV\nsignal(SIGSEGV, SIG_DFL)\nload(0)")).toEqual([
      expect.not.stringContaining("ended"),
      expect.stringContaining("ended"),
    ]);
  });
});

describe("the text of run", () => {
  const textOf = async (
    text: string,
    show: Parameters<typeof picture>[1][] = [],
    options: RunOptions = {},
  ) => {
    const result = await runLog(log(text), options);
    const [process] = result.system.processes.values();
    const pictures = process === undefined ? [] : show.map((request) => picture(process, request));
    return runText(result, pictures, { verified: options.verify === true, style: PLAIN, width: WIDTH });
  };

  test("leaves out empty parts", async () => {
    const text = await textOf(`p = ${MAP}\nstore(p, 8192)`);
    expect(text).not.toMatch(/swap|locked|evictions|copied|killed/);
    expect(text).toMatch(/resident +8 KiB/);
    expect(text).toContain("System  x86-64, memory as needed");
  });

  test("names memory, swap and policy if memory is limited", async () => {
    const options = { memory: "256KiB", swap: "1MiB", policy: "lru" };
    const text = await textOf(`p = ${MAP}\nstore(p, 8192)`, [], options);
    expect(text).toContain("System  x86-64, 256 KiB of memory, 1 MiB of swap, lru");
    expect(text).toMatch(/in swap +0 B/);
  });

  test("reports the end of a process", async () => {
    expect(await textOf(`p = ${MAP}\nload(0)`)).toContain("Process 1000  ended by SIGSEGV in line 2");
  });

  test("reports faults by line and region", async () => {
    const text = await textOf(
      `${PROGRAM}heap = sbrk(8192)\nstore(heap, 8192)\nload(heap, 8192)\nmlock(heap, 8192)`,
      [{ what: "faults", line: undefined }],
      { faultLines: true },
    );
    expect(text).toMatch(/^ {2}3: store\(heap, 8192\) +\[heap\] +2 +0 +0 +0$/m);
    expect(text).not.toMatch(/^ {2}[45]: /m);
    expect(text).toMatch(/\[heap\] +line 2 +2 +0$/m);
  });

  test("attributes faults of merged mappings to the line that mapped the page", async () => {
    const page = "PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS";
    const lines = [
      `p = mmap(NULL, 8192, ${page}, -1, 0)`,
      `q = mmap(NULL, 12288, ${page}, -1, 0)`,
      `r = mmap(q, 4096, ${page}|MAP_FIXED, -1, 0)`,
      "store(r, 20480)",
      "fork() = 7",
      "[pid 7] q = mremap(r, 20480, 24576, MREMAP_MAYMOVE)",
      "[pid 7] store(q, 24576)",
    ];
    const result = await runLog(log(lines.join("\n")), { faultLines: true });
    const counts = result.faultLines.map(({ line, region, mappedBy = region?.call, minor }) => [
      line,
      mappedBy,
      minor,
    ]);
    expect(counts).toEqual([
      [4, 3, 1],
      [4, 2, 2],
      [4, 1, 2],
      [7, 3, 1],
      [7, 2, 2],
      [7, 1, 2],
      [7, 6, 1],
    ]);
  });

  test("fits calls to the width, for any log", async () => {
    const long = `store(${"0+".repeat(50_000)}0)`;
    const wrong = `munmap(${"1+".repeat(50_000)}0, 4096)`;
    const lines = [
      `${long} = SIGSEGV`,
      `${wrong} = SIGBUS`,
      'execve("/\u001b[31m", [], 0) = 0',
      `${"b".repeat(50_000)}(1)`,
    ];
    const text = await textOf(
      `${lines.join("\n")}\n${wrong}`,
      [
        { what: "calls", line: undefined },
        { what: "differences", line: undefined },
        { what: "signals", line: undefined },
      ],
      { verify: true, answers: true },
    );
    expect(text).toMatch(
      /^First difference {2}of 1, in line 2\n {2}munmap\(1\+.*…\n {2}recorded {2}SIGBUS$/m,
    );
    expect(text).toMatch(/^ {2}line 1: store\(0\+[0+]+…$/m);
    expect(text).toMatch(
      /^ {2}2 {2}munmap\(1\+[1+]+… = -1 EINVAL \(Invalid argument\)\n {7}recorded SIGBUS$/m,
    );
    expect(text).toMatch(/^ {2}line 5: munmap\(1\+[1+]+… = -1 EINVAL \(Invalid argument\)$/m);
    expect(text).not.toContain("\u001b");
    const longest = Math.max(...text.split("\n").map((line) => line.length));
    expect(longest).toBe(WIDTH);
  });

  test("has calls without trailing semicolons and comments", async () => {
    const log =
      'p = brk(NULL);  // where\nstore(0x10, 1) # "what"\nopenat(-100, "/a # b", 0) = 3\nmunmap(p, 0) = -1 EINVAL;\n';
    const text = await textOf(log, [{ what: "calls", line: undefined }], { answers: true });
    expect(text).toMatch(/^ {2}1 {2}p = brk\(NULL\) = 0x555555559000$/m);
    expect(text).toMatch(/^ {2}2 {2}store\(0x10, 1\) = SIGSEGV SEGV_MAPERR$/m);
  });

  test("names the processes of calls if there are several, and counts omitted calls", async () => {
    const calls = ["c = fork()", "[pid 1001] getpagesize()", "[pid 1000] getpagesize()"];
    const show = [{ what: "calls" as const, line: undefined }];
    const few = await textOf(calls.join("\n"), show, { answers: true });
    expect(few).toMatch(
      /^calls {2}3, at the end\n {2}1 {2}\[pid 1000\] c = fork\(\) = 1001\n {2}2 {2}\[pid 1001\] getpagesize\(\) = 4096$/m,
    );
    const many = await textOf("getpagesize()\n".repeat(1500), show, { answers: true });
    expect(many).toMatch(/^ {2}1000 {2}getpagesize\(\) = 4096\n {2}… 500 more calls; --json has them all$/m);
    const most = await textOf("getpagesize()\n".repeat(100_001), show, { answers: true });
    expect(most).toContain("  … 99,001 more calls; --json has the first 100,000");
  });

  test("has the first refused calls", async () => {
    const text = await textOf("munmap(0x1001, 1)\n".repeat(25));
    expect(text).toMatch(
      /^Refused {2}25, the first of them\n( {2}line \d+: munmap\(0x1001, 1\) = -1 EINVAL \(Invalid argument\)\n){20}\n/m,
    );
    expect(await textOf("munmap(0x1000, 1)")).not.toContain("Refused");
  });

  test("names the most frequent skipped calls", async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "g"];
    const text = await textOf(`${names.map((name) => `${name}()`).join("\n")}\ngetpagesize()`);
    expect(text).toMatch(/^ {2}skipped +8 {2}g, a, b, c, d, e, …$/m);
    expect(await textOf("a()\nb()\nb()\ngetpagesize()")).toMatch(/^ {2}skipped +3 {2}b, a$/m);
  });

  test("uses singular and plural of nouns", async () => {
    const log = `p = ${MAP.replace("8192", "1048576")}\nstore(p, 1048576)`;
    expect(await textOf(log, [], { memory: "64KiB", overcommit: 1 })).toMatch(
      /killed for memory +1 {2}process$/m,
    );
    const fork = (bytes: number) => `p = ${MAP}\nstore(p, 8192)\nfork()\nstore(p, ${bytes})`;
    expect(await textOf(fork(1))).toMatch(/copied on write +1 {2}page$/m);
    expect(await textOf(fork(8192))).toMatch(/copied on write +2 {2}pages$/m);
  });

  test("has page tables as a tree, similar pages on one line", async () => {
    const text = await textOf(`p = ${MAP}\nstore(p, 8192)`, [{ what: "pagetable", line: undefined }]);
    expect(text).toMatch(/^ {2}PML4 in frame \d+\n {2}\[255\] .* PDPT in frame \d+ +P RW US A$/m);
    expect(text).toMatch(/^ {8}\[\d+-\d+\] +0x7ffff7ffd000 +frames \d+-\d+ +P RW US A D NX$/m);
  });

  test("distinguishes guards from pages in swap, in page tables and in pagemap", async () => {
    const guarded = `p = ${MAP}\nstore(p)\nmadvise(p, 4096, MADV_PAGEOUT)\nmadvise(p + 4096, 4096, MADV_GUARD_INSTALL)`;
    const shown = (["pagetable", "pagemap"] as const).map((what) => ({ what, line: undefined }));
    const text = await textOf(guarded, shown, { memory: "1MiB", swap: "1MiB" });
    expect(text).toMatch(/0x7ffff7ffd000 +swap place 0 *\n.* 0x7ffff7ffe000 +guard *$/m);
    expect(text).toMatch(/0x7ffff7ffe000 +0x440000000000009f +- +guard +--- +0 +-$/m);
  });

  test("does not change JSON", async () => {
    const result = await runLog(log(`p = ${MAP}\nstore(p, 8192)\nload(0)= SIGSEGV`), { faultLines: true });
    const [process] = result.system.processes.values();
    if (process === undefined) throw new Error("there is no process");
    const pictures = (["pagetable", "pagemap", "faults", "smaps", "tlb"] as const).map((what) =>
      picture(process, { what, line: undefined }),
    );
    const document = JSON.parse(JSON.stringify(runJson(result, pictures)));
    expect(document.signals).toMatchObject([{ line: 3, call: "load(0)", deadly: false, address: "0x0" }]);
    expect(document.show[0].tables).toMatchObject({
      name: "PML4",
      entries: [{ index: 255, bits: ["P", "RW", "US", "A"] }],
    });
    expect(document.show[2].lines).toMatchObject([{ line: 2, minor: 2, region: "0x7ffff7ffd000" }]);
  });
});
