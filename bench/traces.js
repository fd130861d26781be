/** How fast traces are decoded and written. Bytes a second of each format's own text or file. */
import { fileURLToPath } from "node:url";
import { Bench } from "tinybench";
import { BATCH_RECORDS } from "../dist/assembly/abi.js";
import { BytesSink, convertTrace, openTrace } from "../dist/src/index.js";
import { KernelDecoder } from "../dist/src/wasm/decoder.js";
import { Kernel } from "../dist/src/wasm/kernel.js";

const RECORDING = fileURLToPath(new URL("../examples/wordcount/wordcount.pagewalk", import.meta.url));

/** @type {import("./main.js").Suite} */
export default async function measureTraces() {
  const text = await inFormat("lackey");
  const rows = [];
  rows.push(await rate("lackey, in the kernel alone", text.length, await kernelDecoding(text)));
  rows.push(await rate("lackey, as a trace", text.length, () => readThrough(text)));
  const file = await inFormat("pagewalk");
  rows.push(
    await rate("pagewalk, every reference", text.length, () => readThrough(file), "of the lackey text"),
  );
  rows.push(await rate("lackey to pagewalk", text.length, () => convert(text), "of the lackey text"));
  return rows;
}

/** @param {string} format */
async function inFormat(format) {
  const sink = new BytesSink();
  await convertTrace(await openTrace(RECORDING), sink, { format });
  return sink.bytes;
}

/** @param {Uint8Array} text */
async function kernelDecoding(text) {
  const kernel = await Kernel.create();
  return () => {
    const decoder = new KernelDecoder(kernel, "decodeLackey");
    let records = 0;
    for (let at = 0; at < text.length; ) {
      at += decoder.put(text.subarray(at));
      do {
        records = decoder.decode(records % BATCH_RECORDS);
      } while (records === BATCH_RECORDS);
    }
  };
}

/** @param {Uint8Array} bytes */
async function readThrough(bytes) {
  const reader = await (await openTrace(bytes)).read(await Kernel.create());
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
