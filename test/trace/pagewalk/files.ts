/** Writes and reads pagewalk files for tests, and generates their references. */
import fc from "fast-check";
import { openTrace } from "#pagewalk/trace/open.js";
import { type PagewalkReader, readPagewalk } from "#pagewalk/trace/pagewalk/reader.js";
import { createPagewalkWriter, type PagewalkWriterOptions } from "#pagewalk/trace/pagewalk/writer.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import type { ByteSource } from "#pagewalk/trace/source.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";

export interface Reference {
  kind: number;
  address: bigint;
  size: number;
}

/** A reference, or the text of a call event. */
export type Item = Reference | string;

export const FETCH = 0;
export const LOAD = 1;
export const STORE = 2;
export const MODIFY = 3;
const CALL = 4;
const RECORD_BYTES = 16;
const BATCH = 1000;

export async function fileOf(items: readonly Item[], options: PagewalkWriterOptions): Promise<Uint8Array> {
  const kernel = await Kernel.create();
  const sink = new BytesSink();
  const writer = await createPagewalkWriter(kernel, sink, options);
  const records = kernel.allocate(BATCH * RECORD_BYTES);
  for (let at = 0; at < items.length; at += BATCH) {
    const batch = items.slice(at, at + BATCH);
    const view = kernel.view();
    const calls: string[] = [];
    for (const [i, item] of batch.entries()) {
      const isCall = typeof item === "string";
      const record = records + i * RECORD_BYTES;
      view.setBigUint64(record, isCall ? BigInt(calls.push(item) - 1) : item.address, true);
      view.setUint32(record + 8, isCall ? 0 : item.size, true);
      view.setUint32(record + 12, isCall ? CALL : item.kind, true);
    }
    await writer.write({ records, count: batch.length, calls });
  }
  await writer.finish();
  return sink.bytes;
}

export async function readItems(kernel: Kernel, reader: PagewalkReader): Promise<Item[]> {
  const items: Item[] = [];
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
    const view = kernel.view();
    const references = items.filter((item) => typeof item !== "string").length;
    if (batch.firstReference < references) throw new Error("batches are numbered backwards");
    for (let i = 0; i < batch.count; i++) {
      const record = batch.records + i * RECORD_BYTES;
      const address = view.getBigUint64(record, true);
      const kind = view.getUint32(record + 12, true);
      if (kind === CALL) items.push(batch.calls[Number(address)] ?? "no such call");
      else items.push({ kind, address, size: view.getUint32(record + 8, true) });
    }
  }
  return items;
}

export interface Touch {
  vpn: bigint;
  pages: number;
  side: "fetch" | "data";
  write: boolean;
}

/** The touches of each block. */
export async function readTouches(kernel: Kernel, reader: PagewalkReader): Promise<Touch[][]> {
  const blocks: Touch[][] = [];
  for (let block = await reader.nextPageBlock(); block !== undefined; block = await reader.nextPageBlock()) {
    const view = kernel.view();
    const field = (offset: number) => view.getUint32(block.header + offset, true);
    const [symbols, count, width, dictionary] = [field(0), field(4), field(8), field(12)];
    const touches: Touch[] = [];
    for (let i = 0; i < count; i++) {
      const symbol = width === 1 ? view.getUint8(symbols + i) : view.getUint16(symbols + 2 * i, true);
      const entry = dictionary + symbol * 16;
      touches.push({
        vpn: view.getBigUint64(entry, true),
        pages: view.getUint32(entry + 8, true),
        side: view.getUint8(entry + 12) === 0 ? "fetch" : "data",
        write: view.getUint8(entry + 13) === 1,
      });
    }
    blocks.push(touches);
  }
  return blocks;
}

export async function openFile(bytes: Uint8Array, kernel: Kernel): Promise<PagewalkReader> {
  const random = {
    sizeBytes: bytes.length,
    read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
  };
  return readPagewalk(kernel, { ...streamSource(bytes, [4096]), random });
}

export function openStream(bytes: Uint8Array, pieces: readonly number[], kernel: Kernel) {
  return readPagewalk(kernel, streamSource(bytes, pieces));
}

/** Each chunk is overwritten when the next is requested, as a source may do. */
function streamSource(bytes: Uint8Array, pieces: readonly number[]): ByteSource {
  let at = 0;
  let turn = 0;
  let chunk = new Uint8Array(0);
  return {
    name: "t.pagewalk",
    bytesRead: 0,
    async next() {
      chunk.fill(0xee);
      chunk = bytes.slice(at, at + (pieces[turn++ % pieces.length] ?? 1));
      at += chunk.length;
      return chunk.length > 0 ? chunk : undefined;
    },
    async close() {},
  };
}

export async function itemsOf(bytes: Uint8Array): Promise<Item[]> {
  const kernel = await Kernel.create();
  return readItems(kernel, await openFile(bytes, kernel));
}

export const open = (bytes: Uint8Array) => openTrace(bytes, { name: "t.pagewalk" });

/** Addresses close together, near the ends of pages and of the address space, and anywhere. */
const address = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 0x401000n, max: 0x401fffn }) },
  { weight: 3, arbitrary: fc.bigInt({ min: 0x1ffeffff00n, max: 0x1fff000100n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 2n ** 64n - 1n, 2n ** 64n - 4097n) },
);
const size = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(1, 2, 4, 8, 16) },
  { weight: 1, arbitrary: fc.constantFrom(0, 4096, 4097, 2 ** 32 - 1) },
);
const kind = fc.constantFrom(FETCH, FETCH, LOAD, STORE, MODIFY);
export const reference: fc.Arbitrary<Reference> = fc.record({ kind, address, size });
const text = fc.oneof(
  fc.constantFrom("malloc(40)", "", "ip = mmap(NULL, 8192) = 0x7ffff7fbb000", "\ufeffgrün\n"),
  fc.string({ unit: "grapheme" }),
);

/** Repeated instructions, as in a program, with occasional others. */
const program = fc
  .tuple(
    fc.array(fc.array(reference, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: -64, max: 64 })), { maxLength: 60 }),
  )
  .map(([routines, calls]) =>
    calls.flatMap(([routine, shift], turn) =>
      (routines[routine % routines.length] ?? []).map((one) =>
        one.kind === FETCH
          ? one
          : { ...one, address: BigInt.asUintN(64, one.address + BigInt(shift * turn)) },
      ),
    ),
  );

export const items: fc.Arbitrary<Item[]> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: program },
      { weight: 2, arbitrary: fc.array(reference, { maxLength: 40 }) },
      { weight: 1, arbitrary: fc.array(text, { maxLength: 3 }) },
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.flat());

export const options: fc.Arbitrary<PagewalkWriterOptions> = fc.record({
  unit: fc.constantFrom("address" as const, "page" as const),
  blockReferences: fc.constantFrom(1, 2, 7, 50, 1000),
});

export function references(all: readonly Item[]): Reference[] {
  return all.filter((item) => typeof item !== "string");
}
