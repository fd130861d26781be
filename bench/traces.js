/** Rates of decoding and writing traces, in bytes per second of each format's text or file. */
import { fileURLToPath } from "node:url";
import { Bench } from "tinybench";
import { BATCH_RECORDS } from "../dist/assembly/abi/core.js";
import { CHAMPSIM_BYTES, CHAMPSIM_READ, CHAMPSIM_WRITTEN } from "../dist/assembly/abi/formats.js";
import { BytesSink, convertTrace, generateTrace, openTrace } from "../dist/src/index.js";
import { KernelDecoder } from "../dist/src/wasm/decoder.js";
import { Kernel } from "../dist/src/wasm/kernel.js";

const RECORDING = fileURLToPath(new URL("../examples/wordcount/wordcount.pagewalk", import.meta.url));

/** @type {import("./main.js").Suite} */
export default async function measureTraces() {
  const text = await inFormat("lackey");
  const rows = [];
  rows.push(
    await rate("lackey, in the kernel alone", text.length, await kernelDecoding(text, "decodeLackey")),
  );
  rows.push(await rate("lackey, as a trace", text.length, () => readThrough(text)));
  const file = await inFormat("pagewalk");
  rows.push(
    await rate("pagewalk, every reference", text.length, () => readThrough(file), "of the lackey text"),
  );
  rows.push(await rate("lackey to pagewalk", text.length, () => convert(text), "of the lackey text"));
  for (const [format, bytes] of await otherFormats(text)) {
    const options = { format };
    rows.push(await rate(`${format}, as a trace`, bytes.length, () => readThrough(bytes, options)));
  }
  return rows;
}

/**
 * Addresses are those of the recording; page numbers have a Zipf distribution, and a fifth of them is written.
 *
 * @param {Uint8Array} lackey
 * @returns {Promise<[format: string, bytes: Uint8Array][]>}
 */
async function otherFormats(lackey) {
  const references = new TextDecoder().decode(lackey).split("\n", 2_000_000);
  /** @type {[string, Uint8Array][]} */
  const all = [
    ["address", await inFormat("address")],
    ["din", await inFormat("din")],
    ["drmemtrace-text", asDrmemtrace(references)],
    ["champsim", asChampsim(references)],
  ];
  for (const format of ["csv", "vscsi", "oracleGeneral", "lirs", "arc"]) {
    const sink = new BytesSink();
    const zipf = generateTrace({ pattern: "zipf", references: 2_000_000, pages: 1_000_000, writes: 0.2 });
    await convertTrace(zipf, sink, { format });
    all.push([format, sink.bytes]);
  }
  return all;
}

/** @param {readonly string[]} references */
function asDrmemtrace(references) {
  const words = { I: "ifetch", L: "read", S: "write", M: "write" };
  const lines = references.map((line, i) => {
    const kind = /** @type {keyof typeof words} */ (line.slice(0, 2).trim());
    const [address = "", size = ""] = line.slice(3).split(",");
    const place = `${`${i}`.padStart(12)}${`${i}`.padStart(12)}: ${"2765543".padStart(11)}`;
    const touched = `${size.padStart(2)} byte(s) @ 0x${address.padStart(16, "0")}`;
    return `${place} ${words[kind].padEnd(12)}${touched} by PC 0x0000000000404a7e\n`;
  });
  return new TextEncoder().encode(lines.join(""));
}

/** @param {readonly string[]} references */
function asChampsim(references) {
  const view = new DataView(new ArrayBuffer(references.length * CHAMPSIM_BYTES));
  let end = 0;
  for (const line of references) {
    const [address = ""] = line.slice(3).split(",");
    if (line.startsWith("I")) end += CHAMPSIM_BYTES;
    if (end === 0) continue;
    const field = line.startsWith("I") ? 0 : line.startsWith(" L") ? CHAMPSIM_READ : CHAMPSIM_WRITTEN;
    view.setBigUint64(end - CHAMPSIM_BYTES + field, BigInt(`0x${address}`), true);
  }
  return new Uint8Array(view.buffer, 0, end);
}

/** @param {string} format */
async function inFormat(format) {
  const sink = new BytesSink();
  await convertTrace(await openTrace(RECORDING), sink, { format });
  return sink.bytes;
}

/**
 * @param {Uint8Array} text
 * @param {import("../dist/src/wasm/decoder.js").DecodeExport} decode
 */
async function kernelDecoding(text, decode) {
  const kernel = await Kernel.create();
  return () => {
    const decoder = new KernelDecoder(kernel, decode);
    let records = 0;
    for (let at = 0; at < text.length; ) {
      at += decoder.put(text.subarray(at));
      do {
        records = decoder.decode(records % BATCH_RECORDS);
      } while (records === BATCH_RECORDS);
    }
  };
}

/**
 * @param {Uint8Array} bytes
 * @param {import("../dist/src/index.js").OpenTraceOptions} options
 */
async function readThrough(bytes, options = {}) {
  const reader = await (await openTrace(bytes, options)).read(await Kernel.create());
  while ((await reader.next()) !== undefined);
  await reader.close();
}

/** @param {Uint8Array} text */
async function convert(text) {
  await convertTrace(await openTrace(text), new BytesSink(), { format: "pagewalk" });
}

/**
 * @param {string} what
 * @param {number} bytes
 * @param {() => void | Promise<void>} run
 */
async function rate(what, bytes, run, note = "") {
  const bench = new Bench({ iterations: 5, time: 1, warmup: true });
  bench.add(what, run);
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result?.state !== "completed") throw new Error(`${what} was not measured`);
  return { suite: "traces", what, perSecond: (bytes * 1000) / result.latency.min, unit: "bytes", note };
}
