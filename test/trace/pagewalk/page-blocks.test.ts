import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { caseCount } from "../../build.js";
import {
  FETCH,
  fileOf,
  items,
  LOAD,
  MODIFY,
  openFile,
  openStream,
  options,
  type Reference,
  readTouches,
  references,
  STORE,
  type Touch,
} from "./files.js";
import { readIndependently } from "./independent-reader.js";

/** The touches of one block, in the layout of assembly/abi. */
function touchesOf(all: readonly Reference[], unit: "address" | "page"): Touch[] {
  const touches: Touch[] = [];
  const at: Record<string, { page: bigint; touch: Touch } | undefined> = {};
  for (const { kind, address, size } of all) {
    const side = kind === FETCH ? "fetch" : "data";
    const write = kind === STORE || kind === MODIFY;
    const end = address + BigInt(Math.max(size, 1)) - 1n;
    const last = unit === "page" ? address : (end < 2n ** 64n ? end : 2n ** 64n - 1n) >> 12n;
    const vpn = unit === "page" ? address : address >> 12n;
    const current = at[side];
    const passedOver = current !== undefined && vpn === last && vpn === current.page;
    if (passedOver && write && !current.touch.write && current.touch.pages === 1) current.touch.write = true;
    const covered = passedOver && (!write || current.touch.write);
    if (covered) continue;
    const touch: Touch = { vpn, pages: Number(last - vpn) + 1, side, write };
    touches.push(touch);
    at[side] = { page: last, touch };
  }
  return touches;
}

async function touches(bytes: Uint8Array): Promise<Touch[][]> {
  const kernel = await Kernel.create();
  return readTouches(kernel, await openFile(bytes, kernel));
}

const at = (kind: number, address: number, size = 1) => ({ kind, address: BigInt(address), size });
const address = { unit: "address" } as const;

describe("page blocks", () => {
  test("have the touches of a naive model, block by block", async () => {
    await fc.assert(
      fc.asyncProperty(items, options, async (all, how) => {
        const bytes = await fileOf(all, how);
        const expected = readIndependently(bytes).blocks.map((block) =>
          touchesOf(references(block.items), how.unit),
        );
        expect(await touches(bytes)).toEqual(expected);
      }),
      { numRuns: caseCount(100) },
    );
  });

  test("are the same from a stream", async () => {
    await fc.assert(
      fc.asyncProperty(items, options, async (all, how) => {
        const bytes = await fileOf(all, how);
        const kernel = await Kernel.create();
        const streamed = await readTouches(kernel, await openStream(bytes, [100, 7], kernel));
        expect(streamed).toEqual(await touches(bytes));
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("omit references to the page of the previous reference of their side", async () => {
    const all = [at(FETCH, 0x1000), at(LOAD, 0x5000), at(FETCH, 0x1004), at(LOAD, 0x5008), at(FETCH, 0x2000)];
    expect(await touches(await fileOf(all, address))).toEqual([
      [
        { vpn: 1n, pages: 1, side: "fetch", write: false },
        { vpn: 5n, pages: 1, side: "data", write: false },
        { vpn: 2n, pages: 1, side: "fetch", write: false },
      ],
    ]);
  });

  test("mark a touch as a write if an omitted reference after it writes", async () => {
    const all = [at(LOAD, 0x5000), at(LOAD, 0x5010), at(STORE, 0x5020), at(LOAD, 0x6000), at(LOAD, 0x5000)];
    expect((await touches(await fileOf(all, address))).flat().map(({ write }) => write)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("touch again if only the second page of a crossing reference is written after it", async () => {
    const all = [at(LOAD, 0x5ffc, 8), at(MODIFY, 0x6000), at(STORE, 0x6008)];
    expect(await touches(await fileOf(all, address))).toEqual([
      [
        { vpn: 5n, pages: 2, side: "data", write: false },
        { vpn: 6n, pages: 1, side: "data", write: true },
      ],
    ]);
  });

  test("have symbols of two bytes from 257 entries", async () => {
    for (const pages of [256, 257]) {
      const all = Array.from({ length: 3 * pages }, (_, i) => at(LOAD, ((i * 5) % pages) * 4096));
      expect((await touches(await fileOf(all, address))).flat()).toEqual(touchesOf(all, "address"));
    }
  });
});
