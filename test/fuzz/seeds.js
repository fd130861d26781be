/** The inputs that mutation starts from: one of every format at least, from files here and in examples/. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { BytesSink, convertTrace, openTrace } from "#pagewalk/index.js";

/**
 * @typedef {object} Seed
 * @property {string} name a file's name, whose suffix is its format's
 * @property {Buffer} bytes
 * @property {"trace" | "calls" | "heap" | "maps"} kind what reads it
 * @property {boolean} [isChecked] its format has a checksum over everything
 */

/** Compressed files with checksums. */
const CHECKED = /\.(zst|xz)$/;
const SEEDS = new URL("seeds/", import.meta.url);
const EXAMPLES = ["heap", "process"].map((name) => new URL(`../../examples/${name}/`, import.meta.url));
/** Traces that are converted to other formats: addresses with calls, and page numbers. */
const BASES = ["small.lackey", "small.lirs"];
/** Formats that the library writes. */
const WRITTEN = ["pagewalk", "oracleGeneral", "vscsi", "csv", "arc", "lirs", "din", "address", "calls"];
/** @type {Readonly<Record<string, Seed["kind"]>>} */
const KINDS = {
  calls: "calls",
  strace: "calls",
  ltrace: "heap",
  mtrace: "heap",
  rep: "heap",
  heaptrack: "heap",
  maps: "maps",
};

/** @returns {Promise<Seed[]>} */
export async function readSeeds() {
  const files = [SEEDS, ...EXAMPLES].flatMap(seedsOf);
  const traces = files.filter(
    ({ kind, isChecked, name }) => kind === "trace" && !isChecked && !/\.zst$/.test(name),
  );
  const made = await Promise.all(traces.filter(({ name }) => BASES.includes(name)).map(inOtherFormats));
  const packed = traces.map(({ name, bytes }) => checked(`${name}.gz`, gzipSync(bytes)));
  return [...files, ...made.flat(), ...packed, champsim()];
}

/** @param {URL} folder @returns {Seed[]} */
function seedsOf(folder) {
  return readdirSync(folder)
    .filter((name) => !/\.(md|c|js|pl|gz|log\.maps)$/.test(name))
    .map((name) => {
      const kind = KINDS[name.slice(name.lastIndexOf(".") + 1)] ?? "trace";
      return { name, kind, bytes: readFileSync(new URL(name, folder)), isChecked: CHECKED.test(name) };
    });
}

/** @param {Seed} seed @returns {Promise<Seed[]>} */
async function inOtherFormats({ name, bytes }) {
  /** @type {Seed[]} */
  const all = [];
  for (const format of WRITTEN) {
    const trace = await openTrace(bytes, { name });
    const sink = new BytesSink();
    // Page numbers are not written as addresses.
    if (trace.unit === "page" && ["din", "address", "calls"].includes(format)) continue;
    await convertTrace(trace, sink, { format });
    const made = `${name}.${format}`;
    if (format === "pagewalk") all.push(checked(made, Buffer.from(sink.bytes)));
    else all.push({ name: made, bytes: Buffer.from(sink.bytes), kind: "trace" });
  }
  return all;
}

/** @param {string} name @param {Buffer} bytes @returns {Seed} */
function checked(name, bytes) {
  return { name, bytes, kind: "trace", isChecked: true };
}

/** Instructions with two operands each. @returns {Seed} */
function champsim() {
  const bytes = Buffer.alloc(64 * 12);
  for (let at = 0; at < bytes.length; at += 64) {
    bytes.writeBigUInt64LE(0x401000n + BigInt(at), at);
    bytes.writeUInt8(at % 3 === 0 ? 1 : 0, at + 8);
    bytes.writeBigUInt64LE(0x7fff0000n + BigInt(at), at + 16);
    bytes.writeBigUInt64LE(0x602000n + BigInt(at), at + 32);
  }
  return { name: "small.champsim", bytes, kind: "trace" };
}
