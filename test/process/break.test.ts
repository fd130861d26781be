/** Claims about brk(2) at the ends of the address space. */
import { expect, test } from "vitest";
import { systemOf } from "./memory.js";

const PAGE = 4096n;

test.each([2n ** 64n - 1n, 2n ** 64n - PAGE, 2n ** 63n])(
  "brk(0x%x) returns the old break and changes nothing",
  async (address) => {
    const process = (await systemOf(128)).start();
    process.brk(8n * PAGE);
    const before = { brk: process.brk(8n * PAGE).value, regions: process.regions() };
    expect(process.brk(address).value).toBe(8n * PAGE);
    expect({ brk: process.brk(8n * PAGE).value, regions: process.regions() }).toEqual(before);
    expect(process.store(7n * PAGE, 8).signal).toBeUndefined();
  },
);
