import { describe, expect, test } from "vitest";
import { type Process, type ProcessEvent, spawn } from "#pagewalk/index.js";

/** The start of the typical program's heap, with the cache that glibc allocates first. */
const FIRST = 0x5555555602a0n;

const chunksOf = (process: Process) =>
  (process.heap()?.chunks ?? []).map(({ address, bytes, state, list }) => [
    Number(address - 0x555555560000n),
    bytes,
    state,
    list,
  ]);

describe("a process's allocator", () => {
  test("returns addresses, or errors by name", async () => {
    const process = await spawn();
    expect(process.malloc(24)).toEqual({
      value: FIRST,
      error: undefined,
      signal: undefined,
      message: undefined,
    });
    expect(process.malloc(-1n & 0xffffffffffffffffn)).toMatchObject({ value: 0n, error: "ENOMEM" });
    expect(process.posix_memalign(24, 1)).toMatchObject({ value: 0n, error: "EINVAL" });
    expect(process.posix_memalign(64, 1)).toMatchObject({ error: undefined });
    expect(process.mallopt("M_MMAP_THRESHOLD", 65536).value).toBe(1n);
    expect(process.malloc_usable_size(FIRST).value).toBe(24n);
  });

  test("throws for invalid arguments", async () => {
    const process = await spawn();
    expect(() => process.malloc("many")).toThrow(/argument 1 of malloc: "many" is not an address or size/);
    expect(() => process.mallopt("M_MAP_THRESHOLD", 1)).toThrow(
      /unknown constant .* did you mean M_MMAP_THRESHOLD/,
    );
    process.exit();
    expect(() => process.malloc(1)).toThrow(/has ended/);
  });

  test("is chosen by name when the process begins", async () => {
    const process = await spawn({ allocator: "bump:alignment=64" });
    expect(process.malloc(24).value % 64n).toBe(0n);
    await expect(spawn({ allocator: "dump" })).rejects.toThrow(
      /allocator: unknown allocator "dump"; did you mean bump/,
    );
  });

  test("shows its chunks and their lists", async () => {
    const process = await spawn();
    expect(process.heap()).toBeUndefined();
    const [a, , c] = [process.malloc(24), process.malloc(2000), process.malloc(2000), process.malloc(24)];
    process.free(a?.value ?? 0n);
    process.free(c?.value ?? 0n);
    process.malloc(200_000);
    expect(chunksOf(process)).toEqual([
      [0, 656, "used", undefined],
      [0x290, 32, "cached", "tcache 32"],
      [0x2b0, 2016, "used", undefined],
      [0xa90, 2016, "free", "large 79"],
      [0x1270, 32, "used", undefined],
      [0x1290, 135168 - 0x1290, "top", undefined],
      [expect.any(Number), 200704, "mapped", undefined],
    ]);
    expect(process.heap()?.counts).toMatchObject({ allocator: "glibc", brkCalls: 1, mmapCalls: 1, taken: 0 });
  });

  test("uses memory of the process: limits hold, faults are counted", async () => {
    const process = await spawn({ ulimit: "as=20MiB" });
    const before = process.faults.minor;
    process.malloc(24);
    expect(process.faults.minor).toBe(before + 1);
    expect(process.malloc(1 << 25)).toMatchObject({ value: 0n, error: "ENOMEM" });
  });

  test("aborts with its message, and the process has ended", async () => {
    const process = await spawn();
    const { value } = process.malloc(24);
    process.free(value);
    expect(process.free(value)).toEqual({
      value: 0n,
      error: undefined,
      signal: { signal: "SIGABRT", code: "SI_TKILL", address: 0n },
      message: "free(): double free detected in tcache 2",
    });
    expect(process.isAlive).toBe(false);
    expect(process.heap()).toMatchObject({ counts: { operations: 3 }, chunks: [] });
  });

  test("continues after a signal that the process handles", async () => {
    const process = await spawn();
    process.handle("SIGABRT");
    process.handle("SIGSEGV");
    const { value } = process.malloc(24);
    expect(process.free(16).signal).toMatchObject({ signal: "SIGSEGV", address: 8n });
    expect(process.free(value + 8n).signal).toMatchObject({ signal: "SIGABRT" });
    process.free(value);
    expect(process.malloc(24).value).toBe(value);
  });

  test("has its calls among the events", async () => {
    const process = await spawn();
    const events: ProcessEvent[] = [];
    process.subscribe((event) => events.push(event));
    process.malloc(24);
    expect(events.filter(({ type }) => type === "call")).toMatchObject([
      { name: "malloc", args: [24n], answer: { value: FIRST } },
    ]);
  });

  test("has an arena for each thread, which the next thread reuses", async () => {
    const process = await spawn();
    process.malloc(24);
    const threads = [process.thread(), process.thread()];
    const blocks = threads.map((thread) => {
      if (!("process" in thread)) throw new Error("no thread");
      const block = process.runAs(thread, () => process.malloc(24)).value;
      process.runAs(thread, () => process.thread_exit());
      return block;
    });
    expect(blocks.map((block) => block & 0xfffn)).toEqual([0xb70n, 0xb90n]);
    expect(new Set(process.heap()?.chunks.map(({ arena }) => arena))).toEqual(new Set([0, 1]));
  });
});

describe("the contents of memory", () => {
  test("are read and written by peek and poke without a reference", async () => {
    const process = await spawn();
    const { value } = process.malloc(24);
    const before = process.field(0) && process.cycles.references;
    expect([...process.peek(value - 8n, 8)]).toEqual([0x21, 0, 0, 0, 0, 0, 0, 0]);
    process.poke(value, Uint8Array.of(1, 2, 3));
    expect([...process.peek(value, 4)]).toEqual([1, 2, 3, 0]);
    expect(process.cycles.references).toBe(before);
    expect(process.load(value, 2).value).toBe(0x201n);
  });

  test("may span pages, and can be poked only in mappings", async () => {
    const process = await spawn();
    const { value } = process.malloc(10_000);
    const bytes = Uint8Array.from({ length: 9000 }, (_, n) => n % 251);
    process.poke(value, bytes);
    expect(process.peek(value, 9000)).toEqual(bytes);
    expect(() => process.poke(16, bytes)).toThrow(/not all of 0x10 is mapped; map it first/);
  });

  test("a poked header is read by the allocator", async () => {
    const process = await spawn();
    const { value } = process.malloc(24);
    process.poke(value - 8n, Uint8Array.of(0x31));
    process.free(value);
    expect(process.malloc(40).value).toBe(value);
  });
});

describe("a heap", () => {
  test("is the child's own after fork", async () => {
    const process = await spawn();
    const a = process.malloc(24).value;
    process.store(a, 8, 1);
    const child = process.fork();
    if (!("pid" in child)) throw new Error("no child");
    child.store(a, 8, 2);
    child.free(a);
    expect(child.malloc(24).value).toBe(a);
    expect(process.load(a, 8).value).toBe(1n);
    expect(process.malloc(24).value).toBe(a + 32n);
    expect(child.malloc(24).value).toBe(a + 32n);
    child.exit();
    expect(process.malloc(24).value).toBe(a + 64n);
  });

  test("is restored with the system", async () => {
    const process = await spawn();
    const empty = process.system.checkpoint();
    const a = process.malloc(24).value;
    const state = process.system.checkpoint();
    process.free(a);
    process.store(a, 8, 7);
    process.system.restore(state);
    expect(process.malloc(24).value).toBe(a + 32n);
    expect(process.library.isValid).toBe(true);
    process.system.restore(empty);
    expect(process.heap()).toBeUndefined();
    expect(process.malloc(24).value).toBe(a);
  });

  test("can be stepped back, call by call", async () => {
    const process = await spawn({ history: 10 });
    const a = process.malloc(24).value;
    process.store(a, 8, 7);
    process.free(a);
    expect(process.system.stepBack()).toBe(true);
    expect(process.load(a, 8).value).toBe(7n);
    process.system.stepBack();
    process.system.stepBack();
    expect(process.load(a, 8).value).toBe(0n);
    process.system.stepBack();
    process.system.stepBack();
    expect(process.heap()).toBeUndefined();
    expect(process.malloc(24).value).toBe(a);
  });

  test("is reused when its process ends, so that a sequence of processes needs no more memory", async () => {
    const process = await spawn();
    process.malloc(24);
    const fork = () => {
      const child = process.fork();
      if (!("pid" in child)) throw new Error("no child");
      child.malloc(5000);
      child.exit();
    };
    for (let n = 0; n < 3; n++) fork();
    const used = process.system.checkpoint().memory.length;
    for (let n = 0; n < 300; n++) fork();
    expect(process.system.checkpoint().memory.length - used).toBeLessThan(1 << 20);
  });
});
