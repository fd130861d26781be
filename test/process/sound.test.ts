/** The walk for soundness finds what is wrong: each claim is broken on purpose, in kernel memory, and told. */
import { describe, expect, test } from "vitest";
import type { Process } from "#pagewalk/process/process.js";
import type { System } from "#pagewalk/process/system.js";
import * as abi from "../../assembly/abi-process.js";
import { map, mapFile, SHARED, storeAll, systemOf } from "./memory.js";

/** A system in which there is something of everything. */
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

test("nothing is wrong with a system that was left alone", async () => {
  const { system } = await settled();
  expect(system.defect()).toBeUndefined();
});

describe("a sum that is off by one", () => {
  test.each([
    ["SPACE_TOTAL", "a sum of a space"],
    ["SPACE_LOCKED", "a sum of a space"],
    ["SPACE_DATA", "a sum of a space"],
    ["SPACE_STACK", "a sum of a space"],
    ["SPACE_EXECUTABLE", "a sum of a space"],
    ["SPACE_ANONYMOUS", "a sum of a space"],
    ["SPACE_FILE", "a sum of a space"],
    ["SPACE_SHARED", "a sum of a space"],
    ["SPACE_SWAPPED", "a sum of a space"],
    ["SPACE_COMMITTED", "what was promised"],
    ["SPACE_TABLES", "page tables"],
  ] as const)("%s", async (field, told) => {
    const { system, process } = await settled();
    system.kernel.setField(process.asid, abi[field], process.field(abi[field]) + 1n);
    expect(system.defect()).toContain(told);
  });
});

describe("a region that is not what it was", () => {
  const change = async (change: (at: DataView) => void) => {
    const { system, process } = await settled();
    const region = system.kernel.regionAddress(process.asid, 1);
    const bytes = system.kernel.bytesAt(region, abi.REGION_BYTES);
    change(new DataView(bytes.buffer));
    system.kernel.writeBytes(region, bytes);
    return system.defect();
  };

  test("begins before the one below it ends", async () => {
    expect(await change((region) => region.setBigUint64(abi.REGION_START, 4096n, true))).toContain("regions");
  });

  test("ends before it begins", async () => {
    expect(await change((region) => region.setBigUint64(abi.REGION_END, 8192n, true))).toContain("regions");
  });

  test("is not as long as its pages reach", async () => {
    const shorten = (region: DataView) =>
      region.setBigUint64(abi.REGION_END, region.getBigUint64(abi.REGION_START, true) + 4096n, true);
    expect(await change(shorten)).toBeDefined();
  });

  test("is locked, and its pages are not", async () => {
    const lock = (region: DataView) =>
      region.setUint32(abi.REGION_FLAGS, region.getUint32(abi.REGION_FLAGS, true) | abi.VM_LOCKED, true);
    expect(await change(lock)).toContain("pages that stay");
  });

  test("maps an object that does not know of it", async () => {
    const adopt = (region: DataView) =>
      region.setUint32(abi.REGION_OBJECT, region.getUint32(abi.REGION_OBJECT, true) === 1 ? 2 : 1, true);
    expect(await change(adopt)).toContain("an object");
  });
});

// Offsets as assembly/frames/frames.ts draws them.
const FRAME = { owner: 0, slot: 8, evicted: 12, state: 16, used: 18, content: 24, mapped: 28 };

describe("a frame that is not what it was", () => {
  test.each([
    ["does not know who maps it", FRAME.owner, "a frame does not know"],
    ["counts one who does not", FRAME.mapped, "a frame does not know"],
    ["is in a slot of another", FRAME.slot, "the policy"],
    ["names a place in swap that is not its own", FRAME.evicted, "a place in swap"],
  ] as const)("%s", async (_, offset, told) => {
    const { system, process } = await settled();
    const [region] = process.rawRegions().filter(({ object, flags }) => object === 0 && (flags & abi.VM_LOCKED) === 0).slice(-1);
    const { pfn } = system.kernel.page(process.asid, (region?.start ?? 0n) + 4096n);
    const frame = system.kernel.frameAddress(pfn ?? 0);
    const bytes = system.kernel.bytesAt(frame + offset, 4);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, view.getUint32(0, true) ^ 8, true);
    system.kernel.writeBytes(frame + offset, bytes);
    expect(system.defect()).toContain(told);
  });
});
