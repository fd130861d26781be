/** Rates of `trace record`, in references per second: whole runs of programs, from start to the complete file. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { recordTrace } from "../dist/src/index.js";

const RECORDING = fileURLToPath(new URL("../examples/wordcount/wordcount.pagewalk", import.meta.url));
const RUNS = 3;

/** @type {import("./main.js").Suite} */
export default async function measureRecording() {
  const folder = await mkdtemp(join(tmpdir(), "pagewalk-bench-"));
  try {
    const script = join(folder, "loop.js");
    await writeFile(script, "let sum = 0; for (let i = 0; i < 2e6; i++) sum += Math.sqrt(i ^ sum);");
    const programs = [
      ["gzip", "--keep", "--stdout", RECORDING],
      ["ls", "-lR", "/usr/share"],
      [process.execPath, script],
    ];
    const rows = [];
    for (const command of programs) rows.push(await rate(command, join(folder, "out.pagewalk")));
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * The best of some runs.
 * @param {readonly string[]} command
 * @param {string} output
 */
async function rate(command, output) {
  let perSecond = 0;
  let references = 0;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const { counts } = await recordTrace(command, output, { with: "qemu", programOutput: "ignore" });
    references = counts.references;
    perSecond = Math.max(perSecond, (references * 1000) / (performance.now() - start));
  }
  const note = `${(references / 1e6).toFixed(0)} M references`;
  return { suite: "recording", what: `record ${command[0]}`, perSecond, unit: "references", note };
}
