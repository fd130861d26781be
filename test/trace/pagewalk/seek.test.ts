import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "#pagewalk/errors.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { caseCount } from "../../build.js";
import { fileOf, items, openFile, openStream, options, readItems, references } from "./files.js";

test("starting at any reference gives the same as reading up to it", async () => {
  await fc.assert(
    fc.asyncProperty(items, options, fc.array(fc.nat(), { maxLength: 4 }), async (all, how, places) => {
      const kernel = await Kernel.create();
      const reader = await openFile(await fileOf(all, how), kernel);
      const count = references(all).length;
      for (const place of places.map((any) => any % (count + 1))) {
        // The items from the requested reference: as many references as remain, counted from the end.
        let from = all.length;
        for (let left = count - place; left > 0; ) if (typeof all[--from] !== "string") left--;
        reader.seek(place);
        const rest = await readItems(kernel, reader);
        expect(references(rest)).toEqual(references(all.slice(from)));
        if (place < count) expect(rest).toEqual(all.slice(from));
      }
    }),
    { numRuns: caseCount(60) },
  );
});

test("page blocks start at the block that contains the reference", async () => {
  const all = Array.from({ length: 100 }, (_, i) => ({ kind: 1, address: BigInt(i), size: 0 }));
  const kernel = await Kernel.create();
  const reader = await openFile(await fileOf(all, { unit: "page", blockReferences: 30 }), kernel);
  reader.seek(65);
  expect((await reader.nextPageBlock())?.firstReference).toBe(60);
  expect((await reader.nextPageBlock())?.firstReference).toBe(90);
});

test("a seek to a missing reference, or in a stream, is refused", async () => {
  const bytes = await fileOf([{ kind: 1, address: 1n, size: 1 }], { unit: "address" });
  const kernel = await Kernel.create();
  const file = await openFile(bytes, kernel);
  expect(() => file.seek(2)).toThrow(UsageError);
  expect(() => file.seek(-1)).toThrow(UsageError);
  expect(() => file.seek(0.5)).toThrow(UsageError);
  const stream = await openStream(bytes, [10], kernel);
  expect(() => stream.seek(0)).toThrow("a stream is not seekable");
});
