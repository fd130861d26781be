/**
 * How fast heap logs of text are read, in bytes of text: decoded in the kernel, their blocks numbered, opened as a log, and
 * by the command heap through one cheap allocator. A log is repeated, with frees of what it leaves, to 64 MB of text.
 *
 * Rates are per second of processor time: the best of a few rounds, in each of which every step runs once.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { HEAP_BATCH } from "../dist/assembly/abi/heap.js";
import { detectHeapLogFormat } from "../dist/src/heap/log/formats.js";
import { openHeapLog } from "../dist/src/heap/log/open.js";
import { heap } from "../dist/src/index.js";
import { KernelHeapDecoder, KernelResolver } from "../dist/src/wasm/heap-log.js";
import { Kernel } from "../dist/src/wasm/kernel.js";
import { closedText, WORDS } from "./heap/operations.js";
import { randomLog } from "./heap/random-log.js";

const BYTES = 64e6;
const TURNS = 5;
const CHUNK = 262144;
/** Records that are decoded at once: half a batch, since the resolver may insert a free before each. */
const MOST = HEAP_BATCH / 2;
/** A cheap allocator, which maps no page that it does not need. */
const ALLOCATOR = "buddy";

/**
 * @param {readonly string[]} logs
 * @returns {Promise<import("./main.js").Row[]>}
 */
export default async function measureHeapLogs(logs) {
  const rows = [];
  for (const path of logs.length > 0 ? logs : [WORDS]) {
    const stored = await readFile(path);
    rows.push(...(await measureText(basename(path), path.endsWith(".gz") ? gunzipSync(stored) : stored)));
  }
  if (logs.length > 0) return rows;
  const random = new TextEncoder().encode(randomLog({ operations: 1_000_000, places: 1000 }));
  return [...rows, ...(await measureText("random", random))];
}

/**
 * @param {string} name
 * @param {Uint8Array} once
 */
async function measureText(name, once) {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-log-"));
  try {
    const closed = await closedText(once);
    const text = Buffer.concat(Array.from({ length: Math.ceil(BYTES / closed.length) }, () => closed));
    const file = join(folder, "log");
    writeFileSync(file, text);
    /** @type {[string, () => Promise<unknown>][]} */
    const ways = [
      ["decoded", () => decode(text, false)],
      ["decoded, blocks numbered", () => decode(text, true)],
      ["opened as a log", () => readThrough(file)],
      [`heap --allocators ${ALLOCATOR}`, () => heap(file, { allocators: ALLOCATOR, jobs: 1 })],
      [
        `heap --allocators ${ALLOCATOR} --touch none`,
        () => heap(file, { allocators: ALLOCATOR, jobs: 1, touch: "none" }),
      ],
    ];
    const best = ways.map(() => ({ processor: Number.POSITIVE_INFINITY, clock: Number.POSITIVE_INFINITY }));
    for (let turn = 0; turn < TURNS; turn++) {
      for (const [n, [, way]] of ways.entries()) {
        const [took, least] = [await timed(way), best[n]];
        if (least === undefined) continue;
        least.processor = Math.min(least.processor, took.processor);
        least.clock = Math.min(least.clock, took.clock);
      }
    }
    return ways.map(([what], n) => ({
      suite: "heap-log",
      what: `${name}: ${what}`,
      perSecond: text.length / (best[n]?.processor ?? Number.NaN),
      unit: "bytes",
      note: `${(text.length / 1e6 / (best[n]?.clock ?? Number.NaN)).toFixed(0)} M by the clock`,
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {() => Promise<unknown>} way */
async function timed(way) {
  const clock = performance.now();
  const start = process.cpuUsage();
  await way();
  const { user, system } = process.cpuUsage(start);
  return { processor: (user + system) / 1e6, clock: (performance.now() - clock) / 1e3 };
}

/**
 * @param {Uint8Array} text
 * @param {boolean} isResolved
 */
async function decode(text, isResolved) {
  const kernel = await Kernel.create();
  const format = detectHeapLogFormat(text.subarray(0, CHUNK));
  if (format === undefined) throw new Error("no heap log");
  const decoder = new KernelHeapDecoder(kernel, format.decode, false);
  const resolver = isResolved ? new KernelResolver(kernel, false) : undefined;
  for (let at = 0; at < text.length; ) {
    at += decoder.put(text.subarray(at, at + CHUNK));
    for (let count = MOST; count === MOST; ) {
      count = decoder.decode(0);
      resolver?.resolve(decoder.records, count);
    }
  }
}

/** @param {string} file */
async function readThrough(file) {
  const log = await openHeapLog(file);
  while ((await log.next()) !== undefined);
  await log.close();
}
