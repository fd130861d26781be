/**
 * The functions that get the inputs. A target ends normally, or with an error of the library's own; `outcomeOf` judges
 * which. A checksummed file that was damaged and is read all the same has to give what was in it.
 */
import { createHash } from "node:crypto";
import {
  BytesSink,
  compare,
  convertTrace,
  heap,
  mrc,
  openTrace,
  PagewalkError,
  replay,
  runLog,
  traceInfo,
} from "#pagewalk/index.js";
import { FORMATS } from "#pagewalk/trace/formats.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { ARCHITECTURE_NAMES } from "../../dist/assembly/abi/names.js";
import { below, DAMAGE, mutated, oneOf } from "./mutations.js";

/** @typedef {import("#pagewalk/custom/random.js").Random} Random */
/** @typedef {import("./seeds.js").Seed} Seed */

/**
 * @typedef {object} Target
 * @property {number} weight share of the inputs
 * @property {(seed: Seed) => boolean} takes
 * @property {readonly import("./mutations.js").Mutation[]} [mutations]
 * @property {(bytes: Buffer, seed: Seed, random: Random, all: readonly Seed[]) => Promise<void>} run
 */

/** A wrong answer where an error was due, or another answer. */
export class WrongAnswer extends Error {
  /** @override */
  name = "WrongAnswer";
}

/** Bounds that keep an input's work small: a log may ask for all of memory, and a trace for many pages. */
const MEMORY = ["1MiB", "4MiB", "32MiB"];
/** Time after which work is stopped; less than the time after which an input counts as one that hangs. */
const WORK_MS = 400;
const POLICIES = [
  "lru",
  "clock",
  "arc",
  "lirs",
  "opt",
  "s3-fifo",
  "wsclock",
  "mglru",
  "clock-pro",
  "working-set",
  "lhd",
  "cacheus",
];
const ALLOCATORS = [
  "glibc",
  "musl",
  "tlsf",
  "buddy",
  "slab",
  "bump",
  "best-fit",
  "jemalloc",
  "mimalloc",
  "tcmalloc",
  "segregated",
];
const MAPS =
  "00400000-00401000 r-xp 00000000 fe:00 1 /bin/a\n00602000-00623000 rw-p 00000000 00:00 0 [heap]\n";

const isTrace = (/** @type {Seed} */ { kind }) => kind === "trace" || kind === "calls";
const isLog = (/** @type {Seed} */ { kind, name }) =>
  kind === "calls" || kind === "heap" || /lackey$|calls$/.test(name);
const isHeapLog = (/** @type {Seed} */ { kind }) => kind === "heap" || kind === "calls";

/** @type {Readonly<Record<string, Target>>} */
export const TARGETS = {
  read: {
    weight: 70,
    takes: isTrace,
    run: async (bytes, { name }, random) => {
      const format = random() < 0.3 ? oneOf(random, FORMATS).name : undefined;
      await contentsOf(random() < 0.2 ? piecesOf(bytes, random) : bytes, { name, ...(format && { format }) });
    },
  },
  damage: {
    weight: 15,
    takes: ({ isChecked }) => isChecked === true,
    mutations: DAMAGE,
    run: async (bytes, seed) => {
      // Without its magic number a compressed file is text, of which some formats skip lines.
      if (!bytes.subarray(0, 2).equals(seed.bytes.subarray(0, 2))) return;
      const found = await contentsOf(bytes, { name: seed.name, format: formatOf(seed) });
      const original = await originalOf(seed);
      if (found !== undefined && original !== undefined && found !== original)
        throw new WrongAnswer("damage is accepted: the contents differ");
    },
  },
  info: {
    weight: 2,
    takes: isTrace,
    run: (bytes, { name }) => withTrace(bytes, { name }, (trace) => traceInfo(trace, stopping())),
  },
  replay: {
    weight: 2,
    takes: isTrace,
    run: (bytes, { name }, random) =>
      withTrace(bytes, { name }, (trace) =>
        replay(trace, {
          ...stopping(),
          arch: oneOf(random, ARCHITECTURE_NAMES),
          memory: oneOf(random, MEMORY),
          policy: oneOf(random, POLICIES.slice(0, 3)),
          swap: "1GiB",
        }),
      ),
  },
  compare: {
    weight: 2,
    takes: isTrace,
    run: (bytes, { name }, random) =>
      withTrace(bytes, { name }, (trace) =>
        compare(trace, {
          policies: oneOf(random, POLICIES),
          frames: oneOf(random, ["2", "10%", "3,100"]),
          jobs: 1,
          ...stopping(),
        }),
      ),
  },
  mrc: {
    weight: 1,
    takes: isTrace,
    run: (bytes, { name }, random) =>
      withTrace(bytes, { name }, (trace) =>
        mrc(trace, { ...stopping(), ...(random() < 0.5 && { sample: 0.5, policy: "fifo", points: 5 }) }),
      ),
  },
  convert: {
    weight: 2,
    takes: isTrace,
    run: (bytes, { name }, random) =>
      withTrace(bytes, { name }, (trace) =>
        convertTrace(trace, new BytesSink(), {
          format: oneOf(random, ["pagewalk", "csv", "din", "vscsi", "calls"]),
          ...stopping(),
        }),
      ),
  },
  run: {
    weight: 6,
    takes: isLog,
    run: async (bytes, { name }, random) => {
      const options = { memory: oneOf(random, MEMORY), swap: oneOf(random, ["0", "1MiB", "1GiB"]) };
      const arch =
        random() < 0.2 ? { arch: oneOf(random, /** @type {const} */ (["i386", "sv39", "aarch64-4k"])) } : {};
      judgeRun(
        await runLog(bytes, {
          name,
          verify: random() < 0.5,
          answers: true,
          ...options,
          ...arch,
          ...stopping(),
        }),
      );
    },
  },
  maps: {
    weight: 1,
    takes: ({ kind }) => kind === "maps",
    run: async (bytes) => {
      const log = Buffer.from("mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\nbrk(NULL)\n");
      judgeRun(await runLog(log, { maps: bytes.toString("utf8"), memory: "4MiB" }));
    },
  },
  heap: {
    weight: 2,
    takes: isHeapLog,
    run: async (bytes, { name }, random) => {
      await heap(bytes, {
        name,
        allocators: oneOf(random, ALLOCATORS),
        memory: "32MiB",
        maps: MAPS,
        jobs: 1,
        costs: random() < 0.2,
        ...stopping(),
      });
    },
  },
  options: {
    weight: 2,
    takes: ({ name }) => name === "small.csv" || name === "small.lackey",
    mutations: [], // the trace stays, its options change
    run: async (bytes, seed, random, all) => runWithOptions(bytes, seed, random, all),
  },
};

/** A few bytes may ask for a lot of work: then it has to stop when it is told to. */
function stopping() {
  return { signal: AbortSignal.timeout(WORK_MS) };
}

/** Options as a user may mistype them. @type {Target["run"]} */
async function runWithOptions(bytes, { name }, random, all) {
  const change = (/** @type {string} */ text) =>
    mutated(Buffer.from(text), random, undefined, oneOf(random, all).bytes).toString("utf8");
  const csv = { columns: change("page=lbn,size=3,kind=op"), delimiter: random() < 0.5 ? "," : change(",") };
  const [opening, use] = oneOf(random, [
    [name.endsWith("csv") ? csv : {}, (/** @type {any} */ trace) => traceInfo(trace)],
    [
      {},
      (/** @type {any} */ trace) =>
        replay(trace, { tlb: change("l1i=64x4,l1d=64xfull,l2=1536x12"), memory: "4MiB" }),
    ],
    [{}, (/** @type {any} */ trace) => replay(trace, { memory: change("64KiB"), policy: change("clock") })],
    [
      {},
      (/** @type {any} */ trace) =>
        compare(trace, { policies: change("lru,2q:kin=0.25,kout=0.5"), frames: "2", jobs: 1 }),
    ],
    [
      {},
      (/** @type {any} */ trace) => compare(trace, { policies: "lru", frames: change("5%,128"), jobs: 1 }),
    ],
    [{ format: change("lackey") }, (/** @type {any} */ trace) => traceInfo(trace)],
  ]);
  await withTrace(bytes, { name, ...opening }, use);
}

/** @param {import("#pagewalk/index.js").RunResult} result */
function judgeRun({ stopped, warnings, firstMismatch }) {
  for (const text of [...warnings, firstMismatch?.actual ?? ""]) {
    if (UNPRINTABLE.test(text))
      throw new WrongAnswer(`a warning has control characters: ${JSON.stringify(text)}`);
  }
  if (stopped !== undefined) throw stopped;
}

/**
 * @param {Buffer} bytes
 * @param {import("#pagewalk/index.js").OpenTraceOptions} options
 * @param {(trace: import("#pagewalk/index.js").Trace) => Promise<unknown>} use
 */
async function withTrace(bytes, options, use) {
  const trace = await openTrace(bytes, options);
  try {
    await use(trace);
  } finally {
    await trace.close();
  }
}

/** @type {{ kernel: Kernel, fresh: Uint8Array } | undefined} */
let shared;

/** One kernel for all, as new each time: an instance would cost more than most inputs. */
async function freshKernel() {
  if (shared === undefined || shared.kernel.memory.buffer.byteLength > 2 ** 28) {
    const kernel = await Kernel.create();
    shared = { kernel, fresh: kernel.snapshot() };
  }
  shared.kernel.restore(shared.fresh);
  return shared.kernel;
}

/**
 * A digest of all records and calls; undefined if they were too many for the time.
 * @param {import("#pagewalk/index.js").TraceInput} input
 * @param {import("#pagewalk/index.js").OpenTraceOptions} options
 */
async function contentsOf(input, options) {
  const kernel = await freshKernel();
  const trace = await openTrace(input, options);
  const hash = createHash("sha1");
  const end = performance.now() + WORK_MS;
  try {
    const reader = await trace.read(kernel);
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      if (performance.now() > end) return undefined;
      hash.update(kernel.bytes(batch.records, batch.count * 16)).update(JSON.stringify(batch.calls));
    }
    return hash.digest("hex");
  } finally {
    await trace.close();
  }
}

/** The format inside, since damage may make it another's. @param {Seed} seed */
function formatOf({ name }) {
  const suffix = name
    .replace(/\.(gz|zst|xz)$/, "")
    .split(".")
    .at(-1);
  return suffix === "drmemtrace" ? "drmemtrace-text" : (suffix ?? "");
}

/** @type {WeakMap<Seed, Promise<string | undefined>>} */
const originals = new WeakMap();

/** @param {Seed} seed */
function originalOf(seed) {
  const known = originals.get(seed) ?? contentsOf(seed.bytes, { name: seed.name, format: formatOf(seed) });
  originals.set(seed, known);
  return known;
}

/** @param {Buffer} bytes @param {Random} random */
async function* piecesOf(bytes, random) {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + below(random, 300);
    yield new Uint8Array(bytes.subarray(at, at + length));
    at += length;
  }
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const LONGEST_MESSAGE = 6000;

/**
 * Describes the fault in a target's end; undefined if there is none.
 * @param {() => Promise<void>} work
 * @returns {Promise<string | undefined>}
 */
export async function outcomeOf(work) {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") return undefined; // stopped
    if (!(error instanceof PagewalkError)) return describe(error);
    const { message } = error;
    if (UNPRINTABLE.test(message))
      return `the message has control characters: ${JSON.stringify(message.slice(0, 300))}`;
    if (message.length > LONGEST_MESSAGE)
      return `the message has ${message.length} characters: ${message.slice(0, 300)}`;
    if (/\bundefined\b|\bNaN\b|\[object /.test(error.problem.replace(/"(?:[^"\\]|\\.)*"?/g, "")))
      return `the message makes no sense: ${message.slice(0, 300)}`;
    return undefined;
  }
}

/** An error and where it comes from. @param {unknown} error */
function describe(error) {
  if (!(error instanceof Error)) return `no error: ${String(error)}`;
  const [place = ""] = /at .*(?:dist|wasm).*/.exec(error.stack ?? "") ?? [];
  return `${error.name}: ${error.message.slice(0, 300)} ${place.replace(/\(?file:.*\/dist\//, "(dist/")}`;
}
