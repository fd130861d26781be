import { describe, expect, test } from "vitest";
import { spawn, type Thread } from "#pagewalk/index.js";
import { runLines } from "./logs.js";

async function started(options = {}): Promise<Thread> {
  const thread = (await spawn()).thread(options);
  if ("error" in thread) throw new Error(thread.error);
  return thread;
}

const MIB = 1 << 20;

describe("a thread", () => {
  test("has a stack of the limit's size with a guard below it, as mapped by glibc", async () => {
    const { process } = await started();
    const shown = process.regions().filter(({ name }) => name === "");
    expect(
      shown.slice(0, 2).map(({ start, end, permissions }) => [Number(end - start), permissions]),
    ).toEqual([
      [4096, "---p"],
      [8 * MIB, "rw-p"],
    ]);
  });

  test("moves its own stack and no other's", async () => {
    const thread = await started();
    const { process } = thread;
    const before = { main: process.stackPointer, own: thread.stackPointer };
    expect(thread.alloca(4 * MIB).signal).toBeUndefined();
    expect(process.stackPointer).toBe(before.main);
    expect(Number(before.own - thread.stackPointer)).toBeGreaterThanOrEqual(4 * MIB);
  });

  test("gets a signal at its guard when it overflows", async () => {
    const thread = await started();
    expect(thread.alloca(8 * MIB - 4096).signal).toMatchObject({ signal: "SIGSEGV", code: "SEGV_ACCERR" });
    expect(thread.process.isAlive).toBe(false);
  });

  test("releases on leave what it took on enter", async () => {
    const thread = await started();
    const before = thread.stackPointer;
    thread.enter(100);
    thread.alloca(5000);
    thread.leave();
    expect(thread.stackPointer).toBe(before);
    expect(() => thread.leave()).toThrow(/leave without enter; enter a function first/);
  });

  test("may have another size, and no guard", async () => {
    const { process } = await started({ stackBytes: 64 << 10, guardBytes: 0 });
    const own = process.regions().find(({ start, end }) => end - start === 65536n);
    expect(own?.permissions).toBe("rw-p");
  });

  test("has 2 MiB if the stack has no limit", async () => {
    const process = await spawn({ ulimit: "stack=unlimited" });
    process.thread();
    expect(process.regions().some(({ start, end }) => end - start === BigInt(2 * MIB))).toBe(true);
  });

  test("fails if there is no room for its stack", async () => {
    const process = await spawn({ ulimit: "as=16MiB" });
    expect(process.thread({ stackBytes: 32 * MIB })).toEqual({ value: -1n, error: "ENOMEM" });
  });

  test("can be stepped back with its process", async () => {
    const process = await spawn({ history: 10 });
    const thread = process.thread();
    if ("error" in thread) throw new Error(thread.error);
    const before = thread.stackPointer;
    thread.alloca(10_000);
    expect(process.system.stepBack()).toBe(true);
    expect(thread.stackPointer).toBe(before);
  });
});

describe("a thread in a log", () => {
  const STACK = [
    "1 mmap(NULL, 69632, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x7ffff7fee000",
    "1 mprotect(0x7ffff7fef000, 65536, PROT_READ|PROT_WRITE) = 0",
  ];
  const clone = [
    "1 clone(child_stack=0x7ffff7ffef80, flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, tls=0x7ffff7fff6c0) = 2",
    "1 clone3({flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, exit_signal=0, stack=0x7ffff7fee000, stack_size=0x10f80}, 88) = 2",
  ];

  test.each(clone)("of %.12s has the stack that the call gave it", async (line) => {
    const result = await runLines([...STACK, line, "2 alloca(4096) = 0x7ffff7ffdf80"], { verify: true });
    expect(result.firstMismatch).toBeUndefined();
    expect(result.processes).toHaveLength(1);
  });

  test.each(clone)("of %.12s gets a signal at the guard of its stack", async (line) => {
    const result = await runLines([...STACK, line, "2 alloca(65536) = SIGSEGV SEGV_ACCERR"], {
      verify: true,
    });
    expect(result).toMatchObject({ mismatched: 0, signals: [{ line: 4, code: "SEGV_ACCERR" }] });
  });
});
