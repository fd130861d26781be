/**
 * Processes: memory calls over a thousand live regions, in the kernel and from JavaScript, and the references of the
 * recording in examples/ through regions, TLBs and page tables, against the same references on a bare machine.
 */
import { RECORD_ADDRESS, RECORD_BYTES, RECORD_SIZE } from "../dist/assembly/abi/core.js";
import { openTrace, replay, spawn } from "../dist/src/index.js";

const RECORDING = new URL("../examples/wordcount/wordcount.pagewalk", import.meta.url);
const TURNS = 5;
const REGIONS = 1250; // as many steps leave a thousand regions
const BASE = 0x1000_0000n;
const PAGE = 4096n;
const CALLS = 262_144;

/** @type {import("./main.js").Suite} */
export default async function measureProcess() {
  return [...(await measureCalls()), ...(await measureReferences())];
}

async function measureCalls() {
  const process = await spawn();
  // Every other page may not be written, so nothing merges.
  process.mmap(BASE, PAGE * 2n * BigInt(REGIONS), 3, "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED");
  for (let n = 0; n < REGIONS; n++) process.mprotect(BASE + BigInt(n) * 2n * PAGE, PAGE, 1);
  const calls = randomCalls();
  const many = best(() => process.callMany(calls));
  const single = best(() => {
    for (const [name, args] of calls) process.call(name, args);
  });
  const row = { suite: "process", unit: "calls", note: `over ${process.rawRegions().length} regions` };
  return [
    { ...row, what: "mmap, munmap, mprotect at random, many at once", perSecond: CALLS / many },
    { ...row, what: "the same, one by one", perSecond: CALLS / single },
  ];
}

function randomCalls() {
  let state = 1;
  const draw = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % REGIONS;
  };
  return Array.from({ length: CALLS }, (_, n) => {
    const at = BASE + BigInt(draw()) * 2n * PAGE;
    if (n % 3 === 0) return /** @type {const} */ (["munmap", [at, PAGE]]);
    if (n % 3 === 1) return /** @type {const} */ (["mmap", [at, PAGE, 3n, 0x32n, 0n, 0n]]);
    return /** @type {const} */ (["mprotect", [at, PAGE, 1n]]);
  });
}

async function measureReferences() {
  const trace = await openTrace(RECORDING);
  const process = await spawn();
  await mapPages(trace, process);
  let bulk = Number.POSITIVE_INFINITY;
  let bare = Number.POSITIVE_INFINITY;
  let references = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    const pass = await touchAll(trace, process);
    references = pass.references;
    bulk = Math.min(bulk, pass.seconds);
    bare = Math.min(bare, (await replay(trace, { engine: "exact" })).time.engineSeconds);
  }
  const row = { suite: "process", unit: "references" };
  return [
    {
      ...row,
      what: "of wordcount, in bulk",
      perSecond: references / bulk,
      note: `${process.rawRegions().length} regions`,
    },
    { ...row, what: "the same on a bare machine", perSecond: references / bare, note: "replay, by records" },
  ];
}

/**
 * Maps every page that the trace touches.
 *
 * @param {import("../dist/src/index.js").Trace} trace
 * @param {import("../dist/src/index.js").Process} process
 */
async function mapPages(trace, process) {
  const { reader, memory } = await process.system.read(trace);
  const mapped = new Set();
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
    const pages = new Set();
    const view = new DataView(memory.buffer);
    for (let n = 0; n < batch.count; n++) {
      const at = batch.records + n * RECORD_BYTES;
      const address = view.getBigUint64(at + RECORD_ADDRESS, true);
      const last = address + BigInt(Math.max(view.getUint32(at + RECORD_SIZE, true), 1)) - 1n;
      pages.add(address / PAGE).add(last / PAGE);
    }
    for (const page of pages) {
      if (mapped.has(page)) continue;
      mapped.add(page);
      process.mmap(page * PAGE, PAGE, 7, "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED");
    }
  }
}

/**
 * @param {import("../dist/src/index.js").Trace} trace
 * @param {import("../dist/src/index.js").Process} process
 */
async function touchAll(trace, process) {
  const { reader } = await process.system.read(trace);
  let seconds = 0;
  let references = 0;
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
    const start = performance.now();
    const { done } = process.touchRecords(batch.records, batch.count);
    seconds += (performance.now() - start) / 1000;
    if (done < batch.count) throw new Error("a page was not mapped");
    references += done;
  }
  return { seconds, references };
}

/** @param {() => void} work */
function best(work) {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < TURNS; turn++) {
    const start = performance.now();
    work();
    least = Math.min(least, (performance.now() - start) / 1000);
  }
  return least;
}
