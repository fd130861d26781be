/** References per second of the machine: by page blocks, by records, and with too little memory. */
import { fileURLToPath } from "node:url";
import { Bench } from "tinybench";
import { openTrace, replay } from "../dist/src/index.js";

const RECORDING = fileURLToPath(new URL("../examples/wordcount/wordcount.pagewalk", import.meta.url));

/** @type {Readonly<Record<string, import("../dist/src/index.js").ReplayOptions>>} */
const CASES = {
  "page blocks": {},
  records: { engine: "exact" },
  "records, clock in 256 KiB": { memory: "256KiB" },
  "records, lru in 256 KiB": { memory: "256KiB", policy: "lru" },
};

/** @type {import("./main.js").Suite} */
export default async function measureMachine() {
  const rows = [];
  for (const [what, options] of Object.entries(CASES)) {
    let engineSeconds = Number.POSITIVE_INFINITY;
    let references = 0;
    const bench = new Bench({ iterations: 10, time: 1, warmup: true });
    bench.add(what, async () => {
      const { trace, time } = await replay(await openTrace(RECORDING), options);
      references = trace.references;
      engineSeconds = Math.min(engineSeconds, time.engineSeconds);
    });
    await bench.run();
    const result = bench.tasks[0]?.result;
    if (result?.state !== "completed") throw new Error(`${what} was not measured`);
    const whole = (references / result.latency.min / 1000).toFixed(0);
    rows.push({
      suite: "machine",
      what,
      perSecond: references / engineSeconds,
      unit: "references",
      note: `${whole} M with reading and decoding`,
    });
  }
  return rows;
}
