/**
 * Checks what `npm publish` would send: its fields and shape with publint, and its size. Needs a built dist/.
 *
 * The limits are a little above the current sizes, to find a file that does not belong there, or a bundle that contains a
 * new library. Raise a limit in the change that needs it.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes at most. A name is a file of the package, or all of it. @type {Record<string, number>} */
const limits = {
  "the package, packed": 5.5 * MIB,
  "the package, unpacked": 12.5 * MIB,
  "dist/browser/pagewalk.wasm": 768 * KIB,
  "dist/browser/pagewalk.js": 704 * KIB,
  "dist/browser/machine.wasm": 128 * KIB,
  "dist/browser/machine.js": 64 * KIB,
  "dist/bundle/cli/main.js": 2 * KIB,
  "dist/bundle/cli/program.part.js": 384 * KIB,
  "dist/browser/report.js": 768 * KIB,
};

const root = fileURLToPath(new URL("..", import.meta.url));
const faults = [...(await shape()), ...sizes()];
for (const fault of faults) console.error(`check-package: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;

/** @returns {Promise<string[]>} */
async function shape() {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true });
  return messages.map((message) =>
    String(formatMessage(message, /** @type {any} */ (pkg), { color: false })),
  );
}

/** Prints each size beside its limit. @returns {string[]} */
function sizes() {
  const options = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [packed] = JSON.parse(execFileSync("npm", options, { cwd: root, encoding: "utf8" }));
  /** @type {Map<string, number>} */
  const found = new Map(packed.files.map((/** @type {any} */ file) => [file.path, file.size]));
  found.set("the package, packed", packed.size).set("the package, unpacked", packed.unpackedSize);
  return Object.entries(limits).flatMap(([name, limit]) => {
    const bytes = found.get(name);
    if (bytes === undefined) return [`${name} is missing; run npm run build`];
    console.log(`${name}: ${inKiB(bytes)} of at most ${inKiB(limit)}`);
    return bytes > limit ? [`${name} is too large: ${inKiB(bytes)} of at most ${inKiB(limit)}`] : [];
  });
}

/** @param {number} bytes */
function inKiB(bytes) {
  return `${Math.ceil(bytes / KIB).toLocaleString("en")} KiB`;
}
