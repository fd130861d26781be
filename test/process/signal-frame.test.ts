/** The memory that a signal's handler needs. A lesson in C verifies on the kernel that stack overflows end as here. */
import { beforeEach, describe, expect, test } from "vitest";
import { type Process, spawn } from "#pagewalk/index.js";
import { runLines } from "../process/logs.js";
import { map, PAGE, pageAt } from "./memory.js";

const MIB = 1 << 20;

describe("a signal that has a handler", () => {
  let process: Process;
  beforeEach(async () => {
    process = await spawn();
  });

  const isResident = (address: bigint) => pageAt(process, address).content !== "nothing";

  test("stores a frame below the red zone of the stack, and counts its faults", () => {
    process.handle("SIGSEGV");
    const top = (process.stackPointer - 128n) & -16n;
    process.stackPointer = (process.stackPointer & -4096n) + 128n + 16n;
    const before = process.faults.minor;
    expect(process.load(0)).toMatchObject({ minorFaults: 0, signal: { signal: "SIGSEGV" } });
    // 16 bytes of the frame are in the page of the arguments, the rest in the page below.
    expect(process.faults.minor).toBe(before + 1);
    expect(isResident(top - 4096n)).toBe(true);
    process.load(0);
    expect(process.faults.minor).toBe(before + 1);
    expect(process.isAlive).toBe(true);
  });

  test("kills if the stack has overflowed", () => {
    process.handle("SIGSEGV");
    expect(process.alloca(8 * MIB).signal).toMatchObject({ signal: "SIGSEGV", code: "SEGV_MAPERR" });
    expect(process.isAlive).toBe(false);
  });

  test("does not kill if it has an alternate stack and SA_ONSTACK", () => {
    const alternate = map(process, 2);
    expect(process.main.sigaltstack(alternate, 2 * PAGE).error).toBeUndefined();
    process.handle("SIGSEGV", { alternateStack: true });
    const before = process.stackPointer;
    expect(process.alloca(8 * MIB).signal).toBeDefined();
    expect([process.isAlive, process.stackPointer]).toEqual([true, before]);
    expect([isResident(alternate), isResident(alternate + 4096n)]).toEqual([false, true]);
    process.handle("SIGSEGV");
    expect(process.alloca(8 * MIB).signal).toBeDefined();
    expect(process.isAlive).toBe(false);
  });

  test("kills if its alternate stack is unmapped, or too small for the frame", () => {
    expect(process.main.sigaltstack(map(process, 1), 2047).error).toBe("ENOMEM");
    const child = process.fork() as Process;
    process.main.sigaltstack(0x1000_0000, PAGE);
    child.main.sigaltstack(map(child, 1), 2048);
    for (const one of [process, child]) {
      one.handle("SIGSEGV", { alternateStack: true });
      one.load(0);
      expect(one.isAlive).toBe(false);
    }
  });

  test("runs on the stack of the thread that made the access", () => {
    process.handle("SIGSEGV");
    const thread = process.thread({ stackBytes: 4 * PAGE });
    if (!("alloca" in thread)) throw new Error("no thread");
    expect(thread.alloca(2 * PAGE).signal).toBeUndefined();
    expect(thread.alloca(PAGE).signal).toMatchObject({ code: "SEGV_ACCERR" });
    expect(process.isAlive).toBe(false);
  });

  test("is inherited by fork with the alternate stack, and restored by a checkpoint", () => {
    process.handle("SIGSEGV", { alternateStack: true });
    process.main.sigaltstack(map(process, 1), PAGE);
    const child = process.fork() as Process;
    expect(child.alloca(8 * MIB).signal).toBeDefined();
    expect(child.isAlive).toBe(true);
    const saved = process.system.checkpoint();
    process.main.sigaltstack();
    process.system.restore(saved);
    expect(process.alloca(8 * MIB).signal).toBeDefined();
    expect(process.isAlive).toBe(true);
  });
});

describe("a log's handlers", () => {
  const START = ['execve("/no/such", ["such"], 0x0) = 0'];
  const handler = (flags: string) =>
    `rt_sigaction(SIGSEGV, {sa_handler=0x555555556000, sa_mask=[], sa_flags=${flags}}, NULL, 8) = 0`;
  const STACK = "sigaltstack({ss_sp=0x55555555e000, ss_flags=0, ss_size=8192}, NULL) = 0";
  const isAlive = async (...lines: string[]) => {
    const { process, mismatched } = await runLines([...START, ...lines], { verify: true });
    expect(mismatched).toBe(0);
    return process.alive;
  };

  test("survive an overflow on the stack that sigaltstack names", async () => {
    expect(await isAlive(handler("SA_RESTORER"), "alloca(8388608)")).toBe(false);
    expect(await isAlive(handler("SA_RESTORER|SA_ONSTACK"), "alloca(8388608)")).toBe(false);
    expect(await isAlive(STACK, handler("SA_RESTORER|SA_ONSTACK"), "alloca(8388608)")).toBe(true);
    expect(await isAlive(STACK, handler("0x8000000"), "alloca(8388608)")).toBe(true);
    const disabled = "sigaltstack({ss_sp=NULL, ss_flags=SS_DISABLE, ss_size=0}, NULL) = 0";
    expect(await isAlive(STACK, disabled, handler("SA_ONSTACK"), "alloca(8388608)")).toBe(false);
  });

  test("survive signals after which the log continues", async () => {
    expect(await isAlive("alloca(8388608) = SIGSEGV SEGV_MAPERR", "brk(NULL)")).toBe(true);
  });

  test("have a frame for signals of other processes, too", async () => {
    const faults = async (...lines: string[]) => (await runLines([...START, ...lines])).process.faults.minor;
    const alarm = "--- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---";
    const handled = handler("0").replace("SIGSEGV", "SIGALRM");
    expect(await faults(handled, alarm, "brk(NULL)")).toBe((await faults(alarm, "brk(NULL)")) + 1);
  });
});
