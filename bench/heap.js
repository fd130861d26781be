/**
 * Allocators on logs' operations, all in kernel memory beforehand, so that only the engine is timed; the same operations
 * through the machine's own C library, where there is a compiler. A log is repeated in one heap until it has a million
 * operations, and blocks are not touched.
 *
 * Times are processor times. The allocators run in rounds, each once a round. A ratio is the median of the ratios within
 * the rounds, so other load on the machine affects all allocators alike.
 */
import { HEAP_BYTES, HEAP_PAGES } from "../dist/assembly/abi/heap.js";
import { chooseAllocators } from "../dist/src/allocators/allocators.js";
import { spawn } from "../dist/src/index.js";
import { NativeHeap } from "./heap/native.js";
import { batchesOf, closed, loggedOperations, WORDS } from "./heap/operations.js";
import { randomRecords } from "./heap/random-log.js";

const OPERATIONS = 1_000_000;
const PLACES = 1000;
const TURNS = 5;
/** The C library's row. */
const NATIVE = "the C library";

/**
 * @param {readonly string[]} logs
 * @returns {Promise<import("./main.js").Row[]>}
 */
export default async function measureHeaps(logs) {
  const random = closed("random", randomRecords({ operations: OPERATIONS / 4, places: PLACES }));
  const native = NativeHeap.build();
  const rows = [];
  try {
    for (const path of logs.length > 0 ? logs : [WORDS]) {
      rows.push(...(await measureLog(await loggedOperations(path), native)));
    }
    if (logs.length === 0) rows.push(...(await measureLog(random, native)));
  } finally {
    native?.remove();
  }
  return rows;
}

/**
 * @param {import("./heap/operations.js").Operations} operations
 * @param {NativeHeap | undefined} native
 */
async function measureLog(operations, native) {
  const choices = await chooseAllocators("glibc,all");
  const count = operations.records.length / HEAP_BYTES;
  const times = Math.ceil(OPERATIONS / count);
  native?.load(operations);
  /** Seconds by turn. @type {Map<string, number[]>} */
  const seconds = new Map([...choices.map(({ name }) => name), NATIVE].map((name) => [name, []]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const choice of choices) {
      seconds.get(choice.name)?.push(await secondsOf(choice, operations, times));
    }
    if (native !== undefined) seconds.get(NATIVE)?.push(native.seconds(operations, times));
  }
  return [...seconds].flatMap(([name, all]) => {
    if (all.length === 0) return [];
    const than = name === "glibc" ? NATIVE : "glibc";
    const ratio = medianRatio(seconds.get(than) ?? [], all);
    const note = ratio === undefined ? "no C compiler here" : `${ratio.toFixed(2)} of ${than}'s`;
    const perSecond = (count * times) / Math.min(...all);
    return { suite: "heap", what: `${operations.name}: ${name}`, perSecond, unit: "operations", note };
  });
}

/**
 * @param {import("../dist/src/allocators/allocators.js").AllocatorChoice} choice
 * @param {import("./heap/operations.js").Operations} operations
 * @param {number} times
 */
async function secondsOf({ id, parameters }, { records }, times) {
  const { space } = await spawn();
  const heap = space.kernel.createHeap({
    allocator: id,
    parameters,
    mode: HEAP_PAGES,
    isUsed: false,
    byAddress: false,
  });
  let microseconds = 0;
  for (const batch of batchesOf(records, times)) {
    heap.putBatch(batch, batch.length / HEAP_BYTES);
    const start = process.cpuUsage();
    heap.serveBatch(batch.length / HEAP_BYTES);
    const used = process.cpuUsage(start);
    microseconds += used.user + used.system;
  }
  return microseconds / 1e6;
}

/**
 * @param {readonly number[]} numerators by turn
 * @param {readonly number[]} denominators
 */
function medianRatio(numerators, denominators) {
  if (numerators.length === 0) return undefined;
  const ratios = numerators.map((seconds, turn) => seconds / (denominators[turn] ?? Number.NaN));
  return ratios.sort((a, b) => a - b)[ratios.length >> 1];
}
