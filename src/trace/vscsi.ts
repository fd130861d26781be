/** Block traces of virtual disks; assembly/abi draws both versions of their records. */

import { DECODER_VERSION } from "../../assembly/abi/decoder.js";
import {
  VSCSI1_BYTES,
  VSCSI1_CMD,
  VSCSI1_VER,
  VSCSI2_BYTES,
  VSCSI2_CMD,
  VSCSI2_VER,
} from "../../assembly/abi/formats.js";
import { InputError } from "../errors.js";
import { DecodingReader } from "./decoding-reader.js";
import { EncodingWriter } from "./encoding-writer.js";
import type { TraceFormat } from "./format.js";

import { PeekedSource } from "./peeked-source.js";

const NAME = "vscsi";

interface Version {
  readonly version: number;
  readonly bytes: number;
  readonly ver: number;
  readonly cmd: number;
}

/** In libCacheSim's order of detection. */
const VERSIONS: readonly Version[] = [
  { version: 2, bytes: VSCSI2_BYTES, ver: VSCSI2_VER, cmd: VSCSI2_CMD },
  { version: 1, bytes: VSCSI1_BYTES, ver: VSCSI1_VER, cmd: VSCSI1_CMD },
];

export const vscsiFormat: TraceFormat = {
  name: NAME,
  about: "records of 32 or 40 bytes, from VMware's vscsiStats and CloudPhysics",
  extensions: ["vscsi"],
  isBinary: true,
  detect: (head) => versionOf(head) !== undefined,
  shape: () => ({ unit: "page", hasPageBlocks: false }),
  async read(kernel, source) {
    const peeked = new PeekedSource(source);
    const first = versionOf(await peeked.peek(2 * VSCSI2_BYTES));
    if (first === undefined) {
      const remedy = "name its format with --format, or leave it out to have it detected";
      throw new InputError("has vscsi records of neither version", remedy, `${source.name}:0`);
    }
    return new DecodingReader(kernel, peeked, {
      name: NAME,
      decode: "decodeVscsi",
      settings: [[DECODER_VERSION, first.version]],
      recordBytes: first.bytes,
      example: "",
    });
  },
  write: async (kernel, sink, options) =>
    new EncodingWriter(kernel, sink, { name: NAME, unit: "page", encode: "encodeVscsi" }, options.unit),
  keeps: { unit: "page", kinds: ["load", "store"], size: "same" },
};

/** The version whose field has a valid version number in every whole record, with single-byte operation codes. */
function versionOf(head: Uint8Array): Version | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return VERSIONS.find(({ version, bytes, ver, cmd }) => {
    const starts = Array.from({ length: Math.floor(head.length / bytes) }, (_, i) => i * bytes);
    const fits = (at: number) => view.getUint8(at + ver + 1) === version && view.getUint8(at + cmd + 1) === 0;
    return starts.length > 0 && starts.every(fits);
  });
}
