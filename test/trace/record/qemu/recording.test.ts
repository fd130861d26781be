/** The decoder of recordings by QEMU, against a naive one, and on damaged streams. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelRecording } from "#pagewalk/wasm/recording.js";
import * as abi from "../../../../assembly/abi/recording.js";
import { caseCount } from "../../../build.js";
import type { PlainRecord } from "../../records.js";
import {
  type Block,
  definitionsOf,
  eventsOf,
  programs,
  recordsOf,
  type Stretch,
  timeLines,
} from "./stream.js";

const CALL = 4;
const { RECORDING_DAMAGED, RECORDING_HUNGRY, RECORDING_NO_BLOCK } = abi;

/** A record, or the thread and text of a call. */
type Item = PlainRecord | { thread: number; text: string };

interface Decoded {
  items: Item[];
  status: number;
}

let used: { kernel: Kernel; empty: Uint8Array } | undefined;

/** The same kernel each time, as it is made: that takes longer than a short stream. */
async function emptyKernel(): Promise<Kernel> {
  if (used === undefined) {
    const kernel = await Kernel.create();
    used = { kernel, empty: kernel.snapshot() };
  }
  used.kernel.restore(used.empty);
  return used.kernel;
}

/** Decodes the streams of the threads, in pieces of `piece` events by turns; each thread's floor is its next ticket. */
async function decode(
  streams: readonly BigUint64Array<ArrayBuffer>[],
  definitions: Uint8Array,
  piece: number,
): Promise<Decoded> {
  const kernel = await emptyKernel();
  const recording = new KernelRecording(kernel);
  recording.segment(0).set(definitions);
  const threads = streams.map((events, number) => ({ events, taken: 0, thread: recording.begin(number) }));
  const items: Item[] = [];
  recording.clock = 1n << 40n;
  for (;;) {
    const count = recording.decode(0);
    items.push(...itemsOf(kernel, recording, count));
    const { status } = recording;
    if (status !== RECORDING_HUNGRY && status !== 0 && status !== abi.RECORDING_FULL)
      return { items, status };
    if (status !== RECORDING_HUNGRY) continue;
    const waiting = threads.filter(({ events, taken }) => taken < events.length);
    if (waiting.length === 0) return { items, status };
    for (const one of threads) {
      const count = Math.min(piece, one.events.length - one.taken, one.thread.room);
      const words = one.events.subarray(one.taken, one.taken + count);
      one.thread.fill(count, (bytes) =>
        bytes.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)),
      );
      one.taken += count;
      // The events that are still to come have no lower ticket than the last one.
      one.thread.floor = one.taken < one.events.length ? 0n : (1n << 64n) - 1n;
    }
  }
}

function itemsOf(kernel: Kernel, recording: KernelRecording, count: number): Item[] {
  const calls = recording.calls();
  const view = kernel.view();
  return Array.from({ length: count }, (_, n) => {
    const at = recording.records + n * 16;
    const kind = view.getUint8(at + 12);
    if (kind === CALL) return calls[Number(view.getBigUint64(at, true))] ?? { thread: -1, text: "" };
    return { kind, address: view.getBigUint64(at, true), size: view.getUint32(at + 8, true) };
  });
}

/** The items of a time line: before each thread's records its turn, if another one was last. */
function expected(line: readonly Stretch[], blocks: readonly Block[]): Item[] {
  const items: Item[] = [];
  for (const stretch of line) {
    items.push(...recordsOf(stretch, blocks));
    if (stretch.text !== undefined) items.push({ thread: stretch.thread, text: stretch.text });
  }
  return items;
}

const isTurn = (item: Item) => "text" in item && item.text === "";

test("merges the threads by ticket, each instruction's accesses joined behind its fetch", async () => {
  const cases = programs.chain((blocks) =>
    fc.record({
      blocks: fc.constant(blocks),
      line: timeLines(blocks, 3),
      piece: fc.constantFrom(1, 2, 7, 1000),
    }),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ({ blocks, line, piece }) => {
      const { bytes, numbers } = definitionsOf(blocks);
      const ticketed = line.map((stretch, n) => ({ ...stretch, ticket: n + 1 }));
      const streams = [0, 1, 2].map((thread) =>
        eventsOf(
          ticketed.filter((stretch) => stretch.thread === thread),
          blocks,
          numbers,
        ),
      );
      const { items, status } = await decode(streams, bytes, piece);
      expect(status).toBe(RECORDING_HUNGRY);
      expect(items.filter((item) => !isTurn(item))).toEqual(expected(line, blocks));
      checkTurns(items, line, blocks);
    }),
    { seed: 11, numRuns: caseCount(200) },
  );
});

/** Each record belongs to the thread of the last turn or text before it. */
function checkTurns(items: readonly Item[], line: readonly Stretch[], blocks: readonly Block[]): void {
  const threads = line.flatMap((stretch) => recordsOf(stretch, blocks).map(() => stretch.thread));
  let running = -1;
  let record = 0;
  for (const item of items) {
    if ("thread" in item) running = item.thread;
    else expect(running).toBe(threads[record++]);
  }
}

/** A stream of one thread with every kind of event. */
function sample(): { events: BigUint64Array<ArrayBuffer>; bytes: Uint8Array; records: number } {
  const blocks = [
    [
      { address: 0x401000n, size: 4 },
      { address: 0x401004n, size: 3 },
    ],
    [{ address: 0x402000n, size: 2 }],
  ];
  const { bytes, numbers } = definitionsOf(blocks);
  const access = { instruction: 1, kind: 1, address: 0x7ff0n, shift: 3 } as const;
  const far = { ...access, address: 0x8000_0000_0000_0000n };
  const executions = [
    { block: 0, begun: undefined, accesses: [access, { ...access, kind: 2 as const }] },
    { block: 1, begun: undefined, accesses: [] },
    { block: 0, begun: 1, accesses: [] },
    { block: 0, begun: undefined, accesses: [far] },
  ];
  const stretch = { thread: 0, ticket: 1, executions, text: "brk(NULL) = 0x1000" };
  return { events: eventsOf([stretch], blocks, numbers), bytes, records: recordsOf(stretch, blocks).length };
}

test("of a stream that is cut anywhere gives what is whole", async () => {
  const { events, bytes, records } = sample();
  let before = 0;
  for (let length = 0; length <= events.length; length++) {
    const { items, status } = await decode([events.slice(0, length)], bytes, 3);
    expect(status).toBe(RECORDING_HUNGRY);
    const count = items.filter((item) => !("text" in item)).length;
    expect(count).toBeGreaterThanOrEqual(before);
    before = count;
  }
  expect(before).toBe(records);
});

test("believes nothing of a stream with any byte flipped", async () => {
  const { events, bytes } = sample();
  for (let at = 0; at < events.length * 8; at++) {
    const flipped = events.slice();
    new Uint8Array(flipped.buffer)[at] =
      (new Uint8Array(events.buffer)[at] ?? 0) ^ (at % 2 === 0 ? 0xff : 0x40);
    const { status } = await decode([flipped], bytes, 1000);
    expect([RECORDING_HUNGRY, RECORDING_DAMAGED, RECORDING_NO_BLOCK]).toContain(status);
  }
});

test("refuses definitions with a byte that no definition has", async () => {
  const { events, bytes } = sample();
  const { items } = await decode([events], bytes, 1000);
  let refused = 0;
  for (let at = 16; at < bytes.length; at++) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 0x80;
    const decoded = await decode([events], flipped, 1000);
    if (decoded.status === RECORDING_HUNGRY) expect(decoded.items).toHaveLength(items.length);
    else refused++;
  }
  expect(refused).toBeGreaterThan(0);
});

test("an access that wraps past the end of the address space is one reference", async () => {
  const blocks = [[{ address: 0x1000n, size: 1 }]];
  const { bytes, numbers } = definitionsOf(blocks);
  const last = { instruction: 0, kind: 1 as const, address: 0xffff_ffff_ffff_fff8n, shift: 3 };
  const stretch = {
    thread: 0,
    ticket: 1,
    executions: [{ block: 0, begun: undefined, accesses: [last] }],
    text: undefined,
  };
  const { items } = await decode([eventsOf([stretch], blocks, numbers)], bytes, 1000);
  expect(items.slice(1)).toEqual(recordsOf(stretch, blocks));
});

test("the numbers of the shared memory are those of the plugin", () => {
  const source = readFileSync(
    new URL("../../../../src/trace/record/qemu/plugin/shared.h", import.meta.url),
    "utf8",
  );
  const ofC = (name: string) =>
    Number.parseInt(
      new RegExp(`#define ${name} (0x)?\\(?([0-9a-f]+)`).exec(source)?.[2] ?? "",
      name === "SHARED_MAGIC" ? 16 : 10,
    );
  expect(ofC("SHARED_MAGIC")).toBe(abi.SHARED_MAGIC);
  expect(ofC("RINGS")).toBe(abi.SHARED_RINGS);
  expect(ofC("RING_EVENTS")).toBe(abi.RING_EVENTS);
  expect(ofC("RINGS_AT")).toBe(abi.SHARED_RINGS_AT);
  expect(ofC("COUNTERS_AT")).toBe(abi.SHARED_COUNTERS_AT);
  expect(ofC("COUNTER_BYTES")).toBe(abi.SHARED_COUNTER_BYTES);
  expect(ofC("EVENTS_AT")).toBe(abi.SHARED_EVENTS_AT);
  expect(ofC("BLOCKS_BYTES")).toBe(abi.SHARED_BLOCKS_BYTES);
  expect(ofC("SEGMENT_BYTES")).toBe(abi.BLOCK_SEGMENT_BYTES);
  expect(ofC("MOST_INSTRUCTIONS")).toBe(abi.MOST_INSTRUCTIONS);
  expect(ofC("MOST_TEXT_BYTES")).toBe(abi.MOST_TEXT_BYTES);
  const failures = [...source.matchAll(/\bFAILED_(\w+) = (\d+)/g)].map(([, name, number]) => [
    name,
    Number(number),
  ]);
  expect(failures).toEqual([
    ["BLOCKS", abi.FAILED_BLOCKS],
    ["RINGS", abi.FAILED_RINGS],
    ["VCPUS", abi.FAILED_VCPUS],
  ]);
  expect(abi.SHARED_BLOCKS_AT).toBe(abi.SHARED_EVENTS_AT + abi.SHARED_RINGS * abi.RING_EVENTS * 8);
});
