/**
 * Allocators on a random program's operations, all in kernel memory beforehand, so that only the engine is timed; the same
 * operations through the machine's own C library, where there is a compiler; and how fast a log is read.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HEAP_BATCH, HEAP_BYTES, HEAP_PAGES } from "../dist/assembly/abi-heap.js";
import { chooseAllocators } from "../dist/src/allocators/allocators.js";
import { openHeapLog } from "../dist/src/heap/log/open.js";
import { spawn } from "../dist/src/index.js";
import { randomLog, randomRecords } from "./heap/random-log.js";

const OPERATIONS = 1_000_000;
const PLACES = 1000;
const TURNS = 3;
const DRIVER = fileURLToPath(new URL("./heap/driver.c", import.meta.url));

/** @type {import("./main.js").Suite} */
export default async function measureHeaps() {
  const records = randomRecords({ operations: OPERATIONS, places: PLACES });
  const native = measureNative(records);
  /** @type {import("./main.js").Row[]} */
  const rows = [];
  let glibc = 0;
  for (const choice of await chooseAllocators("glibc,all")) {
    const perSecond = await measureAllocator(choice, records);
    if (choice.name === "glibc") glibc = perSecond;
    const note =
      choice.name === "glibc"
        ? native === undefined
          ? "no C compiler here"
          : `${(perSecond / native).toFixed(2)} of the C library's ${(native / 1e6).toFixed(1)} M`
        : `${(perSecond / glibc).toFixed(2)} of glibc's`;
    rows.push({ suite: "heap", what: choice.name, perSecond, unit: "operations", note });
  }
  rows.push(await measureReading());
  return rows;
}

/**
 * @param {import("../dist/src/allocators/allocators.js").AllocatorChoice} choice
 * @param {Uint8Array} records
 */
async function measureAllocator({ id, parameters }, records) {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < TURNS; turn++) {
    const process = await spawn();
    const heap = process.system.kernel.createHeap(process.asid, {
      allocator: id,
      parameters,
      mode: HEAP_PAGES,
      isUsed: false,
      byAddress: false,
    });
    let milliseconds = 0;
    for (let at = 0; at < records.length; at += HEAP_BATCH * HEAP_BYTES) {
      const batch = records.subarray(at, at + HEAP_BATCH * HEAP_BYTES);
      const start = performance.now();
      heap.serve(batch, batch.length / HEAP_BYTES);
      milliseconds += performance.now() - start;
    }
    best = Math.min(best, milliseconds);
  }
  return OPERATIONS / (best / 1000);
}

/**
 * Operations a second of the C library's allocator; undefined where nothing compiles C.
 * @param {Uint8Array} records
 */
function measureNative(records) {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-heap-"));
  try {
    const program = join(folder, "driver");
    const { status } = spawnSync(process.env.CC ?? "cc", ["-O2", "-o", program, DRIVER], { stdio: "ignore" });
    if (status !== 0) return undefined;
    const file = join(folder, "records");
    writeFileSync(file, records);
    let best = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < TURNS; turn++) {
      const { stdout } = spawnSync(program, [file, `${PLACES}`], { encoding: "utf8" });
      best = Math.min(best, Number(stdout.split(" ")[1]));
    }
    return OPERATIONS / best;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureReading() {
  const text = new TextEncoder().encode(randomLog({ operations: OPERATIONS, places: PLACES }));
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < TURNS; turn++) {
    const start = performance.now();
    const log = await openHeapLog(text);
    while ((await log.next()) !== undefined);
    await log.close();
    best = Math.min(best, performance.now() - start);
  }
  const megabytes = text.length / 1e6 / (best / 1000);
  return {
    suite: "heap",
    what: "reading ltrace's text",
    perSecond: OPERATIONS / (best / 1000),
    unit: "operations",
    note: `${megabytes.toFixed(0)} MB/s`,
  };
}
