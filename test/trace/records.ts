/** Reading whole traces into plain objects, for comparison. */
import { openTrace } from "#pagewalk/trace/open.js";
import type { OpenTraceOptions, Trace, TraceInput } from "#pagewalk/trace/trace.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";

export interface PlainRecord {
  kind: number;
  address: bigint;
  size: number;
}

export const FETCH = 0;
export const LOAD = 1;
export const STORE = 2;
export const MODIFY = 3;

export async function readTrace(trace: Trace): Promise<PlainRecord[]> {
  return (await readPlaces(trace)).map(({ record }) => record);
}

/** Every record with the position that messages would give. */
export async function readPlaces(trace: Trace): Promise<{ record: PlainRecord; place: string }[]> {
  const kernel = await Kernel.create();
  const reader = await trace.read(kernel);
  const all: { record: PlainRecord; place: string }[] = [];
  try {
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      const view = kernel.view();
      for (let i = 0; i < batch.count; i++) {
        const at = batch.records + i * 16;
        const address = view.getBigUint64(at, true);
        const record = { kind: view.getUint8(at + 12), address, size: view.getUint32(at + 8, true) };
        all.push({ record, place: reader.place(batch.firstReference + i) });
      }
    }
  } finally {
    await reader.close();
  }
  return all;
}

export async function readAll(input: TraceInput, options: OpenTraceOptions = {}): Promise<PlainRecord[]> {
  return readTrace(await openTrace(input, options));
}

export const bytesOf = (text: string) => new TextEncoder().encode(text);

/** `bytes` in pieces of the given lengths, repeated, each overwritten when the next is requested. */
export async function* inPieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let turn = 0;
  for (let at = 0; at < bytes.length; ) {
    const piece = new Uint8Array(bytes.subarray(at, at + Math.max(1, lengths[turn % lengths.length] ?? 1)));
    yield piece;
    at += piece.length;
    turn++;
    piece.fill(0xee);
  }
}
