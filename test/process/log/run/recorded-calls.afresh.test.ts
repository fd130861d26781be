/** Programs recorded by QEMU with their calls: `run` gives each call the recorded result. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callNumbers } from "#pagewalk/trace/calls/numbers.js";
import { isDebug } from "../../../build.js";
import { compileText, missingTools } from "../../../heap/afresh.js";
import { blocks } from "../../lessons.js";
import { compile, compileAll } from "../../program/strace.js";
import { mustAgree, record as recordedBy } from "./recorded.js";

const lacks = missingTools("qemu-x86_64", "qemu-i386", "gcc");
const needs = `needs ${lacks.join(", ") || "nothing more"}`;

describe.skipIf(isDebug || lacks.length > 0)(`a program recorded by QEMU with its calls (${needs})`, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  const at = (name: string) => join(folder, name);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const record = (command: readonly string[]) => recordedBy(folder, command);

  beforeAll(() => {
    compileAll(folder);
    compile("threads.c", at("static-threads"), "-static");
  }, 120_000);

  test.each([
    ["a program that loads libraries", "library"],
    ["threads that allocate at once", "threads"],
    ["threads of a static program", "static-threads"],
    ["unsynchronised threads", "race"],
    ["children by posix_spawn, vfork and fork", "children"],
    ["a movable program", "data"],
    ["a static program", "static"],
    ["a static and movable program", "static-pie"],
    ["a program at fixed addresses", "fixed"],
    ["a program with an executable stack", "executable-stack"],
    ["a program without read-only relocations", "no-relro"],
    ["a program aligned to huge pages", "aligned"],
  ])("%s answers as recorded", async (_, program) => {
    await mustAgree(await record([at(program)]));
  });

  test.each([
    ["cat", ["cat", "/proc/self/maps"]],
    ["a shell's pipeline", ["sh", "-c", "ls /etc | sort | head -n 3; cat /proc/self/maps"]],
    ["a shell's child in the background", ["sh", "-c", "(cat /proc/self/maps) & wait"]],
    ["a script", ["perl", "-e", 'open F, "/proc/self/maps"; print <F>']],
    ["ls, with its libraries,", ["ls", "-l", "/etc"]],
  ])("%s answers as recorded", async (_, command) => {
    await mustAgree(await record(command));
  });

  test("mappings of files and huge pages lie where QEMU put them", async () => {
    await mustAgree(await record([at("placement"), at("large")]));
  });

  const lessons = ["examples/process", "examples/heap"].flatMap((folder) =>
    blocks(folder).filter(({ language }) => language === "c"),
  );

  test.each(lessons)("the lesson that prints $shown answers as recorded", async ({ code }) => {
    await mustAgree(await record([compileText(folder, "lesson", code, "-w")]));
  });

  test("its calls are those that QEMU's own -strace prints", async () => {
    const { calls } = await record([at("library")]);
    const traced = spawnSync("qemu-x86_64", ["-strace", at("library")], { encoding: "utf8" }).stderr;
    const names = new Set(callNumbers("x86_64")?.values());
    const theirs = [...traced.matchAll(/^\d+ (\w+)\(.*?(?: = (-1 errno=\d+|\S+).*)?$/gm)].flatMap(
      ([, name = "", result = ""]) => (names.has(name) ? [`${name} ${resultOf(result)}`] : []),
    );
    const made = calls.filter((call) => !call.includes("] +++ "));
    const ours = made.map((call) => {
      const [, name, error, result = ""] = /\] (\w+)\(.*?\)(?: = (?:-1 (E\w+).*|(\S+)))?$/.exec(call) ?? [];
      return `${name} ${error === undefined ? resultOf(result) : "error"}`;
    });
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeGreaterThan(20);
  });

  test.each(["library", "static", "static-pie", "aligned"])(
    "the regions that %s begins with are those that QEMU's log has",
    async (program) => {
      const { maps } = await record([at(program)]);
      const log = at("pages.log");
      execFileSync("qemu-x86_64", ["-d", "page", "-D", log, at(program)], { stdio: "ignore" });
      // After the program QEMU maps two tables of the processor.
      const layouts = readFileSync(log, "utf8").split("page layout changed following ");
      const loaded = layouts.findIndex((layout) => layout.startsWith("binary load"));
      const list = layouts[loaded + 2] ?? "";
      expect(pagesOf(maps, /^([0-9a-f]+)-([0-9a-f]+) ([r-][w-][x-])/gm)).toEqual(
        pagesOf(list, /^([0-9a-f]+)-([0-9a-f]+) [0-9a-f]+ ([r-][w-][x-])/gm),
      );
      expect(maps).toMatch(/rw-p \S+ \S+ \d+ \[stack\]$/m);
    },
  );

  test("a bad pointer is shown as it is, and the program goes on", async () => {
    const program = compileText(
      folder,
      "bad",
      `#define _GNU_SOURCE
      #include <sys/syscall.h>
      #include <unistd.h>
      int main(void) {
        syscall(SYS_open, 8L, 0L, 0L);
        syscall(SYS_open, -4096L, 0L, 0L);
        syscall(SYS_execve, "/", 16L, -1L);
        syscall(SYS_prlimit64, 0L, 7L, 24L, 0L);
        syscall(SYS_rt_sigaction, 11L, -8L, 0L, 8L);
        return 0;
      }`,
    );
    const recorded = await record([program]);
    const text = recorded.calls.join("\n");
    expect(text).toContain("open(0x8, O_RDONLY, 0) = -1 EFAULT");
    expect(text).toContain("open(0xfffffffffffff000, O_RDONLY");
    expect(text).toContain('execve("/", ');
    expect(text).toContain("prlimit64(0, 7, 0x18, NULL) = -1 EFAULT");
    expect(text).toContain("exit_group(0)");
    await mustAgree(recorded);
  });

  test("a signal's handler on another stack, and a crash, end no run", async () => {
    const program = compileText(
      folder,
      "handler",
      `#include <setjmp.h>
      #include <signal.h>
      #include <sys/mman.h>
      static sigjmp_buf back;
      static char stack[65536];
      static volatile int count;
      static void handle(int number) { count++; siglongjmp(back, number); }
      int main(void) {
        stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
        struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
        sigaltstack(&other, 0);
        sigaction(SIGSEGV, &action, 0);
        volatile char *map = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        munmap((char *)map + 4096, 4096);
        for (int i = 0; i < 5; i++) if (sigsetjmp(back, 1) == 0) map[4096] = 1;
        map[0] = count;
        signal(SIGSEGV, SIG_DFL);
        *(volatile char *)8 = 1;
      }`,
    );
    const recorded = await record([program]);
    const text = recorded.calls.join("\n");
    expect(text).toMatch(/sigaltstack\(\{ss_sp=0x[0-9a-f]+, ss_flags=0, ss_size=65536\}, NULL\) = 0/);
    expect(text).toMatch(/rt_sigaction\(11, \{sa_handler=SIG_DFL, .*\) = 0$/m);
    expect(text.match(/--- SIGSEGV \{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x40/g)).toHaveLength(5);
    expect(text).toMatch(/si_addr=0x8\} ---\n\[pid \d+\] \+\+\+ killed by SIGSEGV \+\+\+$/);
    await mustAgree(recorded);
  });

  test("a program of i386 answers as recorded, with halves of offsets and 32-bit addresses", async () => {
    const code = `static long call(long n, long a, long b, long c, long d, long e) {
        long result;
        __asm__ volatile("push %%ebp; xorl %%ebp, %%ebp; int $0x80; pop %%ebp" : "=a"(result)
          : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
        return result;
      }
      void _start(void) {
        long map = call(192, 0, 16384, 3, 0x22, -1);
        *(volatile int *)map = 1;
        call(125, map, 4096, 1, 0, 0);
        call(91, map + 8192, 4096, 0, 0, 0);
        call(180, -1, map + 4096, 16, 0x89abcdef, 1);
        long end = call(45, 0, 0, 0, 0, 0);
        call(45, end + 8192, 0, 0, 0, 0);
        *(volatile int *)(end + 4) = 2;
        long packed[6] = {0, 8192, 3, 0x22, -1, 0};
        volatile int *old = (void *)call(90, (long)packed, 0, 0, 0, 0);
        *old = 3;
        long id = call(117, 23, 0, 12288, 0x3b6, 0), segment;
        call(117, 21, id, 0, (long)&segment, 0);
        *(volatile int *)(segment + 8192) = 4;
        call(117, 24, id, 0, 0, 0);
        call(117, 22, 0, 0, 0, segment);
        call(252, 0, 0, 0, 0, 0);
      }`;
    const flags = "-m32 -nostdlib -static -fno-pie -no-pie -fno-stack-protector".split(" ");
    const recorded = await record([compileText(folder, "narrow", code, ...flags)]);
    const text = recorded.calls.join("\n");
    expect(text).toMatch(/mmap2\(NULL, 16384, PROT_READ\|PROT_WRITE, \S+, -1, 0\) = 0x[0-9a-f]{1,8}$/m);
    expect(text).toMatch(/pread64\(-1, 0x[0-9a-f]{1,8}, 16, 6604705263\) = -1 EBADF/);
    expect(text).toMatch(/mmap\(NULL, 8192, PROT_READ\|PROT_WRITE, \S+, -1, 0\) = 0x[0-9a-f]{1,8}$/m);
    expect(text).toMatch(/shmat\(\d+, NULL, 0\) = 0x[0-9a-f]{1,8}$/m);
    await mustAgree(recorded, 8);
  });

  test.each([
    ["x86_64", "asm/unistd_64.h", ""],
    ["i386", "asm/unistd_32.h", ""],
    [
      "aarch64",
      "asm-generic/unistd.h",
      "-D__BITS_PER_LONG=64 -D__ARCH_WANT_SET_GET_RLIMIT -D__ARCH_WANT_RENAMEAT",
    ],
  ])("the numbers of %s's calls are those of %s", (cpu, header, flags) => {
    const source = at("numbers.c");
    writeFileSync(source, `#define __ARCH_WANT_NEW_STAT\n#include <${header}>\n`);
    const text = execFileSync("gcc", ["-E", "-dM", ...flags.split(" ").filter(Boolean), source], {
      encoding: "utf8",
    });
    const known = new Map<string, string>();
    for (const [, name = "", value = ""] of text.matchAll(/^#define __NR(?:3264)?_(\w+) (\w+)$/gm))
      if (!known.has(name) || /^\d/.test(value)) known.set(name, value);
    const numberOf = (name: string) =>
      known.get((known.get(name) ?? "").replace("__NR3264_", "")) ?? known.get(name);
    // Newer calls may be missing in the header.
    const numbers = [...(callNumbers(cpu) ?? [])].filter(([number]) => number < 440);
    expect(numbers.filter(([number, name]) => numberOf(name) !== String(number))).toEqual(
      numbers.filter(([, name]) => cpu === "aarch64" && name === "clone3"),
    );
  });
});

function resultOf(text: string): string {
  if (text === "") return "";
  return text.startsWith("-1 errno") ? "error" : String(BigInt(text));
}

/** Each page with its permissions. */
function pagesOf(text: string, pattern: RegExp): string[] {
  const pages: string[] = [];
  for (const [, start = "", end = "", permissions] of text.matchAll(pattern)) {
    if (start.startsWith("ffffffff")) continue; // vsyscall
    for (let page = BigInt(`0x${start}`); page < BigInt(`0x${end}`); page += 4096n)
      pages.push(`${page.toString(16)} ${permissions}`);
  }
  return pages;
}
