/** Programs that signals interrupt or end, recorded by QEMU with their calls: the lines are those of strace. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDebug } from "../../../build.js";
import { compileText, missingTools } from "../../../heap/afresh.js";
import { missing } from "../../program/strace.js";
import { mustAgree, type Recorded, record } from "./recorded.js";

const lacks = missingTools("qemu-x86_64", "gcc");
const needs = `needs ${lacks.join(", ") || "nothing more"}`;

const PROGRAM = `#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
static sigjmp_buf back;
static volatile int count;
static void jump(int number) { count++; siglongjmp(back, number); }
static void increment(int number) { (void)number; count++; }
static void alarmed(void) {
  struct itimerval soon = {.it_value = {.tv_usec = 1000}};
  signal(SIGALRM, increment);
  setitimer(ITIMER_REAL, &soon, 0);
  while (count == 0) pause();
}
static void faults(void) {
  signal(SIGSEGV, jump);
  for (long at = 16; at < 19; at++) if (sigsetjmp(back, 1) == 0) *(volatile char *)at = 1;
  if (sigsetjmp(back, 1) == 0) *(volatile char *)faults = 1;
}
static void divides(void) {
  volatile int zero = 0, seven = 7;
  signal(SIGFPE, jump);
  if (sigsetjmp(back, 1) == 0) count = seven / zero;
}
static void raises(void) {
  signal(SIGUSR1, increment);
  raise(SIGUSR1);
  increment(0);
  raise(SIGUSR2);
}
static void kills(void) {
  for (int n = 0; n < 2; n++) {
    pid_t child = fork();
    if (child == 0) for (;;) if (n == 0) count++; else pause();
    usleep(2000);
    kill(child, n == 0 ? SIGKILL : SIGTERM);
    if (n == 0) wait(&(int){0}); else waitpid(child, 0, 0);
  }
}
static void waits(void) {
  siginfo_t end;
  pid_t child = fork();
  if (child == 0) *(volatile char *)8 = 1;
  waitid(P_PID, child, &end, WEXITED);
  signal(SIGCHLD, increment);
  child = fork();
  if (child == 0) _exit(7);
  waitpid(child, 0, 0);
}
int main(int arguments, char **values) {
  const char *what = arguments > 1 ? values[1] : "";
  if (strcmp(what, "alarmed") == 0) alarmed();
  if (strcmp(what, "faults") == 0) faults();
  if (strcmp(what, "divides") == 0) divides();
  if (strcmp(what, "raises") == 0) raises();
  if (strcmp(what, "kills") == 0) kills();
  if (strcmp(what, "waits") == 0) waits();
  if (strcmp(what, "aborts") == 0) abort();
  return 3;
}`;

/** Lines of signals and ends, with the processes numbered in the order in which they appear. */
function ends(lines: readonly string[]): string[] {
  const pids: string[] = [];
  const numbered = lines.flatMap((line) => {
    const [, pid = "", text] =
      /^(?:\[pid +(\d+)\]|(\d+)) +((?:---|\+\+\+) .*)$/.exec(line)?.filter(Boolean) ?? [];
    if (pid !== "" && !pids.includes(pid)) pids.push(pid);
    return text === undefined ? [] : [`${pid} ${text}`];
  });
  const named = (digits: string) => (pids.includes(digits) ? `#${pids.indexOf(digits)}` : digits);
  return numbered.map((line) =>
    line
      .replace(/^\d+/, named)
      .replace(/si_pid=(\d+)/, (_, pid: string) => `si_pid=${named(pid)}`)
      .replace(/, si_[us]time=\d+/g, "")
      .replace(/si_addr=0x[0-9a-f]{6,}/, "si_addr=code"),
  );
}

describe.skipIf(isDebug || lacks.length > 0)(`a recorded program that gets signals (${needs})`, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  let program = "";
  beforeAll(() => {
    program = compileText(folder, "signals", PROGRAM, "-w");
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const recorded = (what: string): Promise<Recorded> => record(folder, [program, what]);

  test.each(["alarmed", "faults", "raises", "aborts"])("%s as strace prints it", async (what) => {
    const recording = await recorded(what);
    if (missing().length === 0) {
      const log = join(folder, "log");
      spawnSync("strace", ["-f", "-o", log, program, what]);
      const theirs = ends(readFileSync(log, "utf8").split("\n")).map((line) =>
        line.replace(" (core dumped)", ""),
      );
      expect(theirs.length).toBeGreaterThan(1);
      expect(ends(recording.calls)).toEqual(theirs);
    }
    await mustAgree(recording);
  });

  test("has a fault that QEMU finds itself, without its code", async () => {
    const recording = await recorded("divides");
    expect(ends(recording.calls)).toEqual([
      "#0 --- SIGFPE {si_signo=SIGFPE} ---",
      "#0 +++ exited with 3 +++",
    ]);
    await mustAgree(recording);
  });

  test("has the ends of children that are killed", async () => {
    const recording = await recorded("kills");
    const lines = ends(recording.calls).map((line) => line.replace(/si_pid=\d+, si_uid=\d+/, "…"));
    expect(lines).toEqual([
      "#0 +++ killed by SIGKILL +++",
      `#1 --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=#2, si_uid=${process.getuid?.()}} ---`,
      "#1 +++ killed by SIGTERM +++",
      "#2 +++ exited with 3 +++",
    ]);
    const { processes } = await mustAgree(recording);
    expect(processes).toHaveLength(3);
  });

  test("has the end of a child that crashes, and the parent's signal of one that exits", async () => {
    const recording = await recorded("waits");
    expect(ends(recording.calls)).toEqual([
      "#0 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x8} ---",
      "#0 +++ killed by SIGSEGV +++",
      "#1 +++ exited with 7 +++",
      "#2 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=#1, si_uid=" +
        process.getuid?.() +
        ", si_status=7} ---",
      "#2 +++ exited with 3 +++",
    ]);
    await mustAgree(recording);
  });
});
