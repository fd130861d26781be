/**
 * Operations of a log that can be repeated in one heap: the log's own, then a free of each block that is still in
 * use, so that the heap is empty again. All are in memory before the measurement.
 */

import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { NONE } from "../../dist/assembly/abi/core.js";
import {
  HEAP_BATCH,
  HEAP_BYTES,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_MADE,
  HEAP_OP,
  HEAP_PVALLOC,
  HEAP_RESULT,
} from "../../dist/assembly/abi/heap.js";
import { openHeapLog } from "../../dist/src/heap/log/open.js";

/** The default log: a recording of `perl examples/heap/words.pl`. */
export const WORDS = fileURLToPath(new URL("../../examples/heap/words.log.gz", import.meta.url));

/**
 * @typedef {object} Operations
 * @property {string} name
 * @property {Uint8Array} records
 * @property {number} places above every block's number
 */

/**
 * The operations of the log at `path`: calls that allocate, resize or free.
 * @param {string} path
 * @returns {Promise<Operations>}
 */
export async function loggedOperations(path) {
  const kept = [];
  const records = await recordsOf(path);
  for (const { view, at } of each(records)) {
    if (view.getUint32(at + HEAP_OP, true) <= HEAP_PVALLOC) kept.push(records.subarray(at, at + HEAP_BYTES));
  }
  return closed(basename(path), Buffer.concat(kept));
}

/**
 * All records of a log, their blocks numbered.
 * @param {import("../../dist/src/index.js").TraceInput} input
 */
async function recordsOf(input) {
  const log = await openHeapLog(input);
  const batches = [];
  for (let batch = await log.next(); batch !== undefined; batch = await log.next())
    batches.push(batch.records.slice(0, batch.count * HEAP_BYTES));
  await log.close();
  return Buffer.concat(batches);
}

/**
 * @param {string} name
 * @param {Uint8Array} records
 * @returns {Operations}
 */
export function closed(name, records) {
  const { left, places } = leftIn(records);
  const frees = new Uint8Array(left.size * HEAP_BYTES);
  const numbers = left.keys();
  for (const { view, at } of each(frees)) {
    view.setUint32(at + HEAP_OP, HEAP_FREE, true);
    view.setUint32(at + HEAP_MADE, NONE, true);
    view.setUint32(at + HEAP_FREED, numbers.next().value ?? NONE, true);
  }
  return { name, records: Buffer.concat([records, frees]), places };
}

/**
 * A log's text, with a free of each block that is still in use at its end, as ltrace prints them.
 * @param {Uint8Array} text
 */
export async function closedText(text) {
  const { left } = leftIn(await recordsOf(text));
  const frees = [...left.values()].map((address) => `free(0x${address.toString(16)}) = <void>\n`);
  return Buffer.concat([text, Buffer.from(frees.join(""))]);
}

/**
 * The addresses of the blocks that are in use at the end, by number.
 * @param {Uint8Array} records
 */
function leftIn(records) {
  /** @type {Map<number, bigint>} */
  const left = new Map();
  let places = 0;
  for (const { view, at } of each(records)) {
    const made = view.getUint32(at + HEAP_MADE, true);
    left.delete(view.getUint32(at + HEAP_FREED, true));
    if (made === NONE) continue;
    left.set(made, view.getBigUint64(at + HEAP_RESULT, true));
    places = Math.max(places, made + 1);
  }
  return { left, places };
}

/** @param {Uint8Array} records */
function* each(records) {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  for (let at = 0; at < records.length; at += HEAP_BYTES) yield { view, at };
}

/**
 * The batches of `times` repetitions, in the kernel's form.
 * @param {Uint8Array} records
 * @param {number} times
 */
export function* batchesOf(records, times) {
  for (let time = 0; time < times; time++) {
    for (let at = 0; at < records.length; at += HEAP_BATCH * HEAP_BYTES)
      yield records.subarray(at, at + HEAP_BATCH * HEAP_BYTES);
  }
}
