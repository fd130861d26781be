/** The check of consistency finds faults: each claim is violated on purpose, in kernel memory, and must be reported. */
import { describe, expect, test } from "vitest";
import type { Process } from "#pagewalk/process/process.js";
import type { System } from "#pagewalk/process/system.js";
import { NONE } from "../../assembly/abi/core.js";
import { VM_ACCOUNT, VM_LOCKED } from "../../assembly/abi/linux.js";
import { FRAME_PAGE } from "../../assembly/abi/machine.js";
import {
  REGION_ANON,
  REGION_END,
  REGION_FLAGS,
  REGION_OBJECT,
  SPACE_ANONYMOUS,
  SPACE_COMMITTED,
  SPACE_DATA,
  SPACE_EXECUTABLE,
  SPACE_FILE,
  SPACE_LOCKED,
  SPACE_SHARED,
  SPACE_STACK,
  SPACE_SWAPPED,
  SPACE_TABLES,
  SPACE_TOTAL,
} from "../../assembly/abi/process.js";
import { map, mapFile, SHARED, storeAll, systemOf } from "./memory.js";

/** A system with something of every kind. */
async function settled(): Promise<{ system: System; process: Process }> {
  const system = await systemOf(128);
  const process = system.start();
  const own = map(process, 20);
  storeAll(process, own, 20);
  process.madvise(own, 5 * 4096, "MADV_PAGEOUT");
  process.mlock(own + 4096n * 10n, 3 * 4096);
  storeAll(process, map(process, 4, SHARED), 4);
  process.load(mapFile(process, "/data", 4, "MAP_SHARED"));
  process.fork();
  return { system, process };
}

test("an unchanged system is consistent", async () => {
  const { system } = await settled();
  expect(system.defect()).toBeUndefined();
});

describe("a sum that is off by one is found", () => {
  test.each([
    ["SPACE_TOTAL", SPACE_TOTAL, "a sum of a space"],
    ["SPACE_LOCKED", SPACE_LOCKED, "a sum of a space"],
    ["SPACE_DATA", SPACE_DATA, "a sum of a space"],
    ["SPACE_STACK", SPACE_STACK, "a sum of a space"],
    ["SPACE_EXECUTABLE", SPACE_EXECUTABLE, "a sum of a space"],
    ["SPACE_ANONYMOUS", SPACE_ANONYMOUS, "a sum of a space"],
    ["SPACE_FILE", SPACE_FILE, "a sum of a space"],
    ["SPACE_SHARED", SPACE_SHARED, "a sum of a space"],
    ["SPACE_SWAPPED", SPACE_SWAPPED, "a sum of a space"],
    ["SPACE_COMMITTED", SPACE_COMMITTED, "committed memory"],
    ["SPACE_TABLES", SPACE_TABLES, "page tables"],
  ] as const)("%s", async (_, field, told) => {
    const { system, process } = await settled();
    process.space.kernel.setField(field, process.field(field) + 1n);
    expect(system.defect()).toContain(told);
  });
});

/** Kernel memory by words, to find a struct and to damage it. */
class Words {
  constructor(readonly view: DataView) {}

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  u64(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }

  setU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  setU64(at: number, value: bigint): void {
    this.view.setBigUint64(at, value, true);
  }

  /** The addresses of `value` for which `isIt` holds. */
  find(value: bigint, isIt: (at: number) => boolean): number[] {
    const low = Number(value & 0xffffffffn);
    const places: number[] = [];
    for (let at = 4096; at + 64 <= this.view.byteLength; at += 8) {
      if (this.view.getUint32(at, true) === low && this.u64(at) === value && isIt(at)) places.push(at);
    }
    return places;
  }
}

/** Damages kernel memory with `change`. Returns the reported fault. */
async function corrupt(change: (words: Words, process: Process) => void): Promise<string | undefined> {
  const { system, process } = await settled();
  const state = system.checkpoint();
  change(
    new Words(new DataView(state.memory.buffer, state.memory.byteOffset, state.memory.byteLength)),
    process,
  );
  system.restore(state);
  return system.defect();
}

/** The only one of the places. */
function only(places: readonly number[]): number {
  expect(places).toHaveLength(1);
  return places[0] ?? 0;
}

/** The lowest region of private memory: its first five pages are in swap, the others in memory. */
function ownRegion(process: Process) {
  const region = process.rawRegions().find(({ object }) => object === 0);
  if (region === undefined) throw new Error("no such region");
  return region;
}

describe("a changed region is found if it", () => {
  const change = (change: (words: Words, at: number) => void) =>
    corrupt((words, process) => {
      const { start, end, anon } = ownRegion(process);
      const isRegion = (at: number) =>
        words.u64(at + REGION_END) === end && words.u32(at + REGION_ANON) === anon;
      change(words, only(words.find(start, isRegion)));
    });
  const end = REGION_END;
  const flags = REGION_FLAGS;

  test("overlaps the one above it", async () => {
    expect(await change((words, at) => words.setU64(at + end, words.u64(at + end) + 4096n))).toContain(
      "regions",
    );
  });

  test("is empty", async () => {
    expect(await change((words, at) => words.setU64(at + end, words.u64(at)))).toContain("regions");
  });

  test("does not contain all of its pages", async () => {
    const told = await change((words, at) => words.setU64(at + end, words.u64(at) + 4096n));
    expect(told).toContain("exactly those who map it");
  });

  test("is locked, but its pages are not", async () => {
    const told = await change((words, at) => words.setU32(at + flags, words.u32(at + flags) | VM_LOCKED));
    expect(told).toContain("unevictable pages");
  });

  test("has committed memory that is not counted", async () => {
    const told = await change((words, at) => words.setU32(at + flags, words.u32(at + flags) & ~VM_ACCOUNT));
    expect(told).toContain("committed memory");
  });

  test("maps an object that does not list it", async () => {
    expect(await change((words, at) => words.setU32(at + REGION_OBJECT, 1))).toContain("an object");
  });
});

// Keys as assembly/mmu/key.ts draws them, frames' records as assembly/frames/frames.ts does.
const keyOf = (asid: number, va: bigint) => (BigInt(asid) << 48n) | ((va >> 12n) << 3n) | 2n;
const SLOT = 8;
const EVICTED = 12;
const STATE = 16;
const MAPPED = 28;

/** The record of the frame that page 7 is in, of parent and child. */
function frameOf(words: Words, process: Process): number {
  const va = ownRegion(process).start + 7n * 4096n;
  const isFrame = (at: number) =>
    words.view.getUint8(at + STATE) === FRAME_PAGE && words.u32(at + MAPPED) === 2;
  return only([0, 1].flatMap((asid) => words.find(keyOf(asid, va), isFrame)));
}

describe("a changed frame is found", () => {
  test.each([
    ["is mapped by another", 4, "a frame does not know"],
    ["counts one who does not map it", MAPPED, "a frame does not know"],
    ["is in another's slot", SLOT, "the policy"],
    ["names a place in swap that is not its own", EVICTED, "a place in swap"],
  ] as const)("%s", async (_, offset, told) => {
    const flip = (words: Words, process: Process) => {
      const at = frameOf(words, process) + offset;
      words.setU32(at, words.u32(at) ^ 1);
    };
    expect(await corrupt(flip)).toContain(told);
  });
});

test("an entry that leads to another frame is found", async () => {
  const change = (words: Words, process: Process) => {
    const va = ownRegion(process).start + 7n * 4096n;
    const { pfn = 0 } = process.space.kernel.page(va);
    // NX, user, present, accessed and dirty, and no longer writable: the parent's.
    const at = only(words.find((1n << 63n) | (BigInt(pfn) << 12n) | 0x65n, () => true));
    words.setU64(at, words.u64(at) ^ 0x1000n);
  };
  expect(await corrupt(change)).toBeDefined();
});

test("a swap place that counts one user too few is found", async () => {
  const change = (words: Words) => {
    // Place 2, held by parent and child: page 2 of five; private, and not in memory.
    const isSwapEntry = (at: number) => words.u32(at + 8) === NONE && words.u32(at + 20) === 0x80;
    words.setU32(only(words.find((2n << 32n) | 2n, isSwapEntry)) + 4, 1);
  };
  expect(await corrupt(change)).toContain("a place in swap");
});

test("a translation that leads to another frame is found", async () => {
  const change = (words: Words, process: Process) => {
    const shared = process.rawRegions().find(({ object }) => object !== 0)?.start ?? 0n;
    const isTranslation = (at: number) => words.view.getUint8(at + STATE) !== FRAME_PAGE;
    const places = [0n, 1n].flatMap((dirty) =>
      words.find(keyOf(process.asid, shared) | dirty, isTranslation),
    );
    expect(places.length).toBeGreaterThan(0);
    for (const at of places) words.setU64(at + 8, words.u64(at + 8) ^ 0x100n);
  };
  expect(await corrupt(change)).toContain("a TLB");
});
