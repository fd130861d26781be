/** `readReferences`, compared with the records that a reader leaves in kernel memory. */
import { describe, expect, test } from "vitest";
import {
  generateTrace,
  openTrace,
  REFERENCE_KINDS,
  type ReferenceBatch,
  readReferences,
} from "#pagewalk/index.js";

const open = (text: string, format = "lackey") =>
  openTrace(new TextEncoder().encode(text), { format, name: "t" });

async function all(batches: AsyncIterable<ReferenceBatch>): Promise<ReferenceBatch[]> {
  const list: ReferenceBatch[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}

describe("the references of a trace", () => {
  test("have the kinds, addresses and sizes of its lines", async () => {
    const [batch, ...rest] = await all(
      readReferences(await open("I  401000,3\n L fffffffffffffff8,8\n S 10,4\n M 20,1\n")),
    );
    expect(rest).toEqual([]);
    expect(batch?.firstReference).toBe(0);
    expect([...(batch?.kinds ?? [])].map((kind) => REFERENCE_KINDS[kind])).toEqual([
      "fetch",
      "load",
      "store",
      "modify",
    ]);
    expect([...(batch?.addresses ?? [])]).toEqual([0x401000n, 0xfffffffffffffff8n, 0x10n, 0x20n]);
    expect([...(batch?.sizes ?? [])]).toEqual([3, 8, 4, 1]);
  });

  test("are page numbers where the trace has those", async () => {
    const [batch] = await all(readReferences(await open("7 7 9\n", "references")));
    expect([...(batch?.addresses ?? [])]).toEqual([7n, 7n, 9n]);
  });

  test("come in batches that follow one another and stay as they are", async () => {
    const references = 100_000;
    const trace = generateTrace({ pattern: "stride", references, stride: 64, pages: 100_000, writes: 0 });
    const batches = await all(readReferences(trace));
    expect(batches.length).toBeGreaterThan(1);
    let next = 0;
    for (const { firstReference, addresses } of batches) {
      expect(firstReference).toBe(next);
      expect([addresses[0], addresses.at(-1)]).toEqual([
        BigInt(next) * 64n,
        BigInt(next + addresses.length - 1) * 64n,
      ]);
      next += addresses.length;
    }
    expect(next).toBe(references);
  });

  test("stop at a signal, with its reason, and report progress before", async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ references }: { references: number }) => {
      seen.push(references);
      controller.abort(new Error("enough"));
    };
    const trace = generateTrace({ pattern: "loop", references: 1_000_000 });
    await expect(all(readReferences(trace, { signal: controller.signal, onProgress }))).rejects.toThrow(
      "enough",
    );
    expect(seen).toEqual([32_768]);
  });

  test("end with the error of a line that cannot be read", async () => {
    await expect(all(readReferences(await open(" L 10,8\n L 1x0,8\n")))).rejects.toThrow(/^t:2: /);
  });
});
