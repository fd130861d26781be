/** Invalid arguments of the library: each is refused in one line with place and remedy. */
import { describe, expect, test } from "vitest";
import {
  mapsText,
  pagemap,
  System,
  type SystemState,
  smapsText,
  spawn,
  statusText,
  statusView,
  UsageError,
} from "#pagewalk/index.js";
import { mapped, PAGE } from "./machine-of.js";

/** A call as in a program without types. */
type Loose = Record<string, (...args: unknown[]) => unknown>;

function problem(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message;
  }
  throw new Error("was accepted");
}

describe("an invalid argument is refused with the call and its position", () => {
  test.each<[name: string, args: unknown[], message: string]>([
    ["mmap", [0, 4096], "argument 3 of mmap: it is missing; give a number, or names such as"],
    [
      "mmap",
      [0, 4096, "PROT_REED", 0x22],
      'argument 3 of mmap: unknown constant "PROT_REED"; did you mean PROT_READ?',
    ],
    ["mmap", [0, 4096, 3, 2, 5], "argument 5 of mmap: 5 is not a file; give a path such as"],
    [
      "mmap",
      [0, 4096, 3, 2, "/a", 0.5],
      "argument 6 of mmap: 0.5 is not an address or size; give a whole number",
    ],
    ["munmap", ["", 4096], 'argument 1 of munmap: "" is not an address or size; '],
    ["munmap", [true, 4096], "argument 1 of munmap: true is not an address or size; "],
    ["munmap", [{}, 4096], "argument 1 of munmap: an object is not an address or size; "],
    ["munmap", [0], "argument 2 of munmap: it is missing; "],
    [
      "munmap",
      [0, -4096n],
      "argument 2 of munmap: -4096 is negative; give a whole number from 0 to 2^64 - 1",
    ],
    [
      "mprotect",
      [0, 4096, 2n ** 64n],
      "argument 3 of mprotect: 18446744073709551616 does not fit in 64 bits; ",
    ],
    ["mprotect", [0, 4096, Symbol("x")], "argument 3 of mprotect: Symbol(x) is not a flag; "],
    ["mremap", [0, 4096, "12 pages"], 'argument 3 of mremap: "12 pages" is not an address or size; '],
    ["madvise", [0, 4096, "MADV_DONTNED"], 'unknown constant "MADV_DONTNED"; did you mean MADV_DONTNEED?'],
    ["brk", [-1], "argument 1 of brk: -1 is negative; "],
    ["sbrk", [2n ** 64n], "argument 1 of sbrk: 18446744073709551616 does not fit in 64 bits; "],
    ["sbrk", ["a page"], 'argument 1 of sbrk: "a page" is not a size; give a whole number'],
    ["mincore", [0, 1e300], "argument 2 of mincore: 1e+300 does not fit in 64 bits; "],
    ["setrlimit", ["stack", "much"], 'argument 2 of setrlimit: unknown constant "much"; '],
    ["setrlimit", ["stacks", 1], 'unknown resource "stacks"; there are data, stack, memlock, as'],
    ["getrlimit", ["constructor"], 'unknown resource "constructor"; '],
    ["store", [0, 1e300], "argument 2 of store: 1e+300 does not fit in 64 bits; "],
    ["store", [2n ** 64n], "argument 1 of store: 18446744073709551616 does not fit in 64 bits; "],
    ["store", [0, -5], "argument 2 of store: -5 is negative; "],
    ["load", [Number.NaN], "argument 1 of load: NaN is not an address or size; "],
    ["fetch", [null], "argument 1 of fetch: null is not an address or size; "],
    ["alloca", [-16], "argument 1 of alloca: -16 is negative; "],
    ["enter", ["x".repeat(99)], `argument 1 of enter: "${"x".repeat(40)}…" is not an address or size; `],
    ["call", ["nonsense", []], 'there is no call "nonsense"; did you mean madvise? There are brk, mmap, '],
    ["call", ["constructor", []], 'there is no call "constructor"; '],
    ["call", ["munmap", 5], "munmap: 5 is not a list of arguments; give an array of bigints"],
    ["call", ["munmap", [0n, 4096]], "argument 2 of munmap: 4096 is not a bigint; "],
    [
      "call",
      ["munmap", [0n, 2n ** 64n]],
      "argument 2 of munmap: 18446744073709551616 does not fit in 64 bits; ",
    ],
    ["callMany", [5], 'callMany: 5 is not a list of calls; give calls as ["munmap", [address, bytes]]'],
    [
      "callMany",
      [
        [
          ["brk", [0n]],
          ["foo", 0],
        ],
      ],
      'call 2 of callMany: there is no call "foo"; ',
    ],
    ["callMany", [["brk"]], 'call 1 of callMany: "brk" is not a call; '],
    ["callMany", [[["munmap", [0n, 1]]]], "call 1 of callMany, argument 2 of munmap: 1 is not a bigint; "],
    ["touchMany", ["x"], 'touchMany: "x" is not a list of addresses; give an array of bigints'],
    ["touchMany", [[0n, 5]], "address 2 of touchMany: 5 is not a bigint; "],
    ["touchMany", [[-1n]], "address 1 of touchMany: -1 is negative; "],
    [
      "touchMany",
      [[], "read"],
      'touchMany: there is no reference "read"; there are fetch, load, store, modify',
    ],
    ["touchMany", [[], "load", 1.5], "touchMany: 1.5 is not a reference's size; give 0 to 4294967295 bytes"],
    ["fork", ["x"], '"x" is not a process\'s number; Linux numbers them from 1 to 4194304'],
    ["subscribe", [5], "subscribe: 5 cannot listen; give a function that takes an event"],
    ["thread", [-1], "thread: options cannot be -1; give an object"],
    ["thread", [{ stack: 1 }], 'thread: unknown option "stack"; did you mean "stackBytes"?'],
    ["thread", [{ stackBytes: -1 }], "stackBytes: -1 is not a whole number of bytes; "],
    ["thread", [{ stackBytes: "8 megs" }], 'stackBytes: "8 megs" is not a size; '],
    ["thread", [{ stackBytes: 0 }], "stackBytes: 0 is too small; give 16KiB or more"],
    ["thread", [{ guardBytes: 2n ** 70n }], "guardBytes: 1.1805916207174113e+21 is too large; "],
  ])("%s(%o)", async (name, args, message) => {
    const { process } = await mapped(2);
    const before = process.system.checkpoint().memory;
    expect(problem(() => (process as unknown as Loose)[name]?.(...args))).toContain(message);
    // A refused call has no effect.
    expect(Buffer.compare(process.system.checkpoint().memory, before)).toBe(0);
  });

  test("a value of 64 bits is accepted", async () => {
    const { process, at } = await mapped(1);
    expect(process.munmap(2n ** 64n - PAGE, PAGE).error).toBe("EINVAL");
    expect(process.mprotect(`0x${at.toString(16)}`, "4096", "0x1|PROT_WRITE").error).toBeUndefined();
    expect(process.mmap(0, PAGE, -1, 0x22).error).toBeUndefined(); // bits that Linux does not look at
    expect(process.setrlimit("as", "RLIM_INFINITY").error).toBeUndefined();
    expect(process.sbrk("-0x10").error).toBe("ENOMEM"); // below where the heap begins
    expect(process.touchMany(BigUint64Array.of(at)).done).toBe(1);
  });

  test("sizes of stacks have the notation of other options", async () => {
    const { process } = await mapped(1);
    process.thread({ stackBytes: "64KiB", guardBytes: "0" });
    expect(process.regions().some(({ start, end }) => end - start === 65536n)).toBe(true);
    expect(process.thread({ stackBytes: 1e15 })).toMatchObject({ error: "ENOMEM" });
  });
});

describe("messages use the library's names of options", () => {
  test.each<[options: object, message: string]>([
    [{ memory: "4KiB" }, "memory: 4KiB has no room for a page"],
    [{ swap: 1 }, "swap: 1 byte is not a whole number of pages of 4KiB"],
    [{ kernel: "2.6" }, 'kernel: "2.6" is not a known version of Linux'],
    [{ ulimit: "stak=1" }, 'ulimit: unknown limit "stak"; did you mean stack?'],
    [{ ulimit: "stack=x" }, 'ulimit: "x" is not a size'],
    [{ costs: "walk=1" }, 'costs: unknown cost "walk"'],
    [{ memory: "1MiB", policy: "opt" }, "policy: opt needs the future"],
    [{ arch: "vax" }, 'arch: unknown architecture "vax"'],
    [{ tlb: "l1=3x2" }, "tlb: l1=3x2 has 1.5 sets"],
  ])("%o", async (options, message) => {
    await expect(spawn(options)).rejects.toThrow(message);
    await expect(spawn(options)).rejects.not.toThrow("--");
  });

  test("options that are not an object are refused", async () => {
    await expect(spawn(5 as unknown as object)).rejects.toThrow("spawn: options cannot be 5; give an object");
  });
});

describe("a checkpoint", () => {
  test.each<[what: string, state: () => unknown]>([
    ["nothing", () => undefined],
    ["another system's", () => other.checkpoint()],
    ["a copy", () => structuredClone({ memory: new Uint8Array(8), processes: [], objects: [], nextPid: 1 })],
  ])("that is %s is refused, and changes nothing", async (_, state) => {
    other = await System.create();
    const { process, at } = await mapped(1);
    const { system } = process;
    expect(problem(() => system.restore(state() as SystemState))).toBe(
      "restore: this is not a checkpoint of this system; give what its checkpoint() gave",
    );
    expect(process.store(at).signal).toBeUndefined();
    expect(system.defect()).toBeUndefined();
  });
  let other: System;

  test("ends processes that began after it, and a later checkpoint restores them", async () => {
    const { process, at } = await mapped(1);
    const { system } = process;
    const before = system.checkpoint();
    const child = process.fork();
    const thread = process.thread({ stackBytes: "64KiB" });
    if ("error" in child || "error" in thread) throw new Error("no room");
    thread.alloca(1000);
    child.store(at);
    const [faults, top] = [child.faults, thread.stackPointer];
    const later = system.checkpoint();
    thread.alloca(1000);

    system.restore(before);
    expect([child.isAlive, child.faults, child.cycles.total]).toEqual([false, { minor: 0, major: 0 }, 0]);
    expect([child.regions(), child.rawRegions(), [...pagemap(child)]]).toEqual([[], [], []]);
    expect(problem(() => child.store(at))).toBe(`process ${child.pid} has ended; start another`);
    expect(problem(() => thread.alloca(8))).toMatch(/^the thread began after what was restored; /);

    system.restore(later);
    expect([child.isAlive, child.faults, thread.stackPointer]).toEqual([true, faults, top]);
    expect([child.store(at).signal, thread.alloca(8).signal]).toEqual([undefined, undefined]);
  });

  test("a step back ends the processes that the step began", async () => {
    const { process } = await mapped(1, { history: 1 });
    const child = process.fork();
    if ("error" in child) throw new Error(child.error);
    process.system.stepBack();
    expect(child.isAlive).toBe(false);
  });
});

describe("a view of /proc", () => {
  test("can be made from a process or from a stored view", async () => {
    const { process, at } = await mapped(1);
    process.store(at);
    expect(mapsText(process)).toBe(mapsText(process.regions()));
    expect(smapsText(process)).toBe(smapsText(process.regions()));
    expect(statusText(process)).toBe(statusText(statusView(process)));
    expect([...pagemap(process, Number(at), `${at + PAGE}`)]).toHaveLength(1);
  });

  test("is empty after the end of the process", async () => {
    const { process } = await mapped(1);
    process.exit();
    expect([mapsText(process), smapsText(process), statusText(process), [...pagemap(process)]]).toEqual([
      "",
      "",
      "",
      [],
    ]);
    expect(Object.values(statusView(process)).every((bytes) => bytes === 0)).toBe(true);
  });

  test.each<[show: (of: never) => unknown, message: string]>([
    [mapsText, "mapsText: 5 has no regions; give a process, or its regions()"],
    [smapsText, "smapsText: 5 has no regions; "],
    [statusText, "statusText: 5 has no status; give a process, or its statusView"],
    [statusView, "statusView: 5 is not a process; give one that spawn or start made"],
    [pagemap, "pagemap: 5 is not a process; "],
  ])("%o refuses other values", (show, message) => {
    expect(problem(() => show(5 as never))).toContain(message);
  });
});
