/**
 * Bytes of kernel memory that each policy takes for a frame. `node bench/memory.js` writes the last column of the
 * table in docs/policies.md; a test compares the two.
 */
import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { choosePolicies } from "../dist/src/policy/policies.js";
import { Kernel } from "../dist/src/wasm/kernel.js";
import { KernelRequests, KernelSimulation } from "../dist/src/wasm/pages.js";

export const TABLE = new URL("../docs/policies.md", import.meta.url);

/** Frames from one power of two to the next: the ratio of allocated to needed memory varies from 1 to 2. */
const SIZES = Array.from({ length: 33 }, (_, n) => Math.floor(65536 * 2 ** (n / 32)) + 1);

/**
 * Bytes that simulations of `policy` take for each of these numbers of frames, without the numbers of pages that all
 * simulations share.
 * @param {string} policy
 * @param {readonly number[]} frames
 */
export async function simulationBytes(policy, frames) {
  const [choice] = await choosePolicies([policy]);
  if (choice === undefined) throw new Error(`no policy ${policy}`);
  const kernel = await Kernel.create();
  const requests = KernelRequests.create(kernel, undefined, "all");
  new KernelSimulation(kernel, requests, choice.id, choice.parameters, 1); // makes the shared part
  const before = kernel.exports.arenaBytes() >>> 0;
  const empty = kernel.snapshot();
  return frames.map((count) => {
    new KernelSimulation(kernel, requests, choice.id, choice.parameters, count);
    const bytes = (kernel.exports.arenaBytes() >>> 0) - before;
    kernel.restore(empty);
    return bytes;
  });
}

/**
 * The least and the most bytes per frame, as the table shows them: without those of a simulation with one frame.
 * @param {string} policy
 */
export async function bytesAFrame(policy) {
  const [fixed = 0, ...bytes] = await simulationBytes(policy, [1, ...SIZES]);
  const measured = SIZES.map((frames, n) => (Number(bytes[n]) - fixed) / frames);
  return `${Math.round(Math.min(...measured))}–${Math.round(Math.max(...measured))}`;
}

/**
 * The rows of the table by the policy's name: the text before the last column, and the last column.
 * @param {string} text
 */
export function tableRows(text) {
  const rows = [...text.matchAll(/^(\| `([\w-]+)` \|.*\| )(\d+–\d+) \|$/gm)];
  return new Map(rows.map(([line, front = "", name = "", bytes = ""]) => [name, { line, front, bytes }]));
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  let text = await readFile(TABLE, "utf8");
  for (const [name, { line, front }] of tableRows(text)) {
    text = text.replace(line, `${front}${await bytesAFrame(name)} |`);
  }
  await writeFile(TABLE, text);
}
