/**
 * The fuzzer: `npm run fuzz` changes inputs of every format at random and feeds them to the library. A crash, a trap of
 * the kernel, an input that takes longer than two seconds, a message with control characters, and damage that a checksum
 * should have shown are failures. The first of each kind is made smaller, written to a file and printed.
 *
 *   --count N        inputs (default: 20000)
 *   --first N        number of the first (default: 0)
 *   --seed N         other inputs (default: 1)
 *   --seconds N      begin no input after N seconds
 *   --jobs N         threads (default: every core)
 *   --limit MS       time for one input (default: 2000)
 *   --targets LIST   some of read,damage,info,… only
 *   --debug          the debug build of the kernel, with its assertions
 *   --out FOLDER     where failing inputs go (default: fuzz-failures)
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzz, minimised } from "../test/fuzz/fuzzer.js";
import { TARGETS } from "../test/fuzz/targets.js";

const config = /** @type {const} */ ({
  options: {
    count: { type: "string", default: "20000" },
    first: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "Infinity" },
    jobs: { type: "string", default: String(availableParallelism()) },
    limit: { type: "string", default: "2000" },
    targets: { type: "string", default: Object.keys(TARGETS).join(",") },
    debug: { type: "boolean", default: false },
    out: { type: "string", default: "fuzz-failures" },
  },
});

/** The values of the options. Ends the program with one line if an option is unknown or has a wrong value. */
function optionsGiven() {
  try {
    return parseArgs(config).values;
  } catch (error) {
    const [problem] = String(error instanceof Error ? error.message : error).split(".");
    const names = Object.keys(config.options).map((name) => `--${name}`);
    console.error(`fuzz: ${problem}; the options are ${names.join(", ")}`);
    process.exit(2);
  }
}

const values = optionsGiven();
const targets = values.targets.split(",");
const unknown = targets.find((name) => !(name in TARGETS));
if (unknown !== undefined) {
  console.error(`fuzz: no target is called "${unknown}"; there are ${Object.keys(TARGETS).join(", ")}`);
  process.exit(2);
}
const seed = Number(values.seed);
const lane = { seed, targets, limitMs: Number(values.limit), isDebug: values.debug };
const start = Date.now();
let shown = start;

const { done, failures } = await fuzz({
  ...lane,
  count: Number(values.count),
  first: Number(values.first),
  jobs: Number(values.jobs),
  seconds: Number(values.seconds),
  onFailure: ({ number, input, what }) =>
    console.log(`fuzz: input ${number}, ${input.target} of ${input.seed.name}: ${what}`),
  onProgress: (count, found) => {
    if (Date.now() - shown < 10_000) return;
    shown = Date.now();
    console.error(
      `fuzz: ${count} inputs, ${Math.round((60_000 * count) / (shown - start))} a minute, ${found} failures`,
    );
  },
});

for (const failure of failures) {
  const { number, input } = await minimised(failure, lane);
  mkdirSync(values.out, { recursive: true });
  const path = join(values.out, `${seed}-${number}-${input.target}-${input.seed.name}`);
  writeFileSync(path, input.bytes);
  console.log(`fuzz: ${path}: ${input.bytes.length} bytes, ${failure.what}`);
}
console.log(
  `fuzz: ${done} inputs of seed ${seed}, ${failures.length} failures, ${Math.round((Date.now() - start) / 1000)} s`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
