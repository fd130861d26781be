/** Block traces of virtual disks; assembly/abi draws both versions of their records. */

import { DECODER_PLAN, DECODER_VERSION } from "../../assembly/abi/decoder.js";
import {
  VSCSI_TS,
  VSCSI1_BYTES,
  VSCSI1_CMD,
  VSCSI1_VER,
  VSCSI2_BYTES,
  VSCSI2_CMD,
  VSCSI2_VER,
} from "../../assembly/abi/formats.js";
import { InputError, optionNamed } from "../errors.js";
import { DecodingReader } from "./decoding-reader.js";
import { EncodingWriter } from "./encoding-writer.js";
import type { Confidence, TraceFormat } from "./format.js";
import { recordsOf, shareOf } from "./head.js";

import { PeekedSource } from "./peeked-source.js";

const NAME = "vscsi";
/** Blocks have 512 bytes. */
const SECTOR_SHIFT = 9;

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
  detect: looksLikeCommands,
  shape: (_, { ranges }) => ({ unit: ranges ? "address" : "page", hasPageBlocks: false }),
  async read(kernel, source, { ranges }) {
    const peeked = new PeekedSource(source);
    const first = versionOf(await peeked.peek(2 * VSCSI2_BYTES));
    if (first === undefined) {
      const remedy = `name its format with ${optionNamed("format")}, or leave it out to have it detected`;
      throw new InputError("has vscsi records of neither version", remedy, `${source.name}:0`);
    }
    return new DecodingReader(kernel, peeked, {
      name: NAME,
      decode: "decodeVscsi",
      settings: [
        [DECODER_VERSION, first.version],
        [DECODER_PLAN, ranges ? SECTOR_SHIFT : 0],
      ],
      recordBytes: first.bytes,
      example: "",
    });
  },
  write: async (kernel, sink, options) =>
    new EncodingWriter(kernel, sink, { name: NAME, unit: "page", encode: "encodeVscsi" }, options.unit),
  keeps: { unit: "page", kinds: ["load", "store"], size: "same" },
};

/**
 * READ, WRITE, WRITE AND VERIFY and SYNCHRONIZE CACHE, of 6, 10, 12 and 16 bytes, and other commands that disks
 * receive.
 */
const DEFAULT_COMMANDS: readonly number[] = [
  0x00, 0x08, 0x0a, 0x12, 0x25, 0x28, 0x2a, 0x2e, 0x2f, 0x35, 0x41, 0x42, 0x88, 0x8a, 0x8e, 0x8f, 0x91, 0x93,
  0x9e, 0xa8, 0xaa, 0xae,
];

/** Strong if nearly all commands are common ones, and nearly all are later than the previous command. */
function looksLikeCommands(head: Uint8Array): Confidence | undefined {
  const version = versionOf(head);
  if (version === undefined) return undefined;
  const { view, starts } = recordsOf(head, version.bytes);
  const time = (at: number) => view.getBigUint64(at + VSCSI_TS, true);
  const usual = shareOf(starts, (at) => DEFAULT_COMMANDS.includes(view.getUint8(at + version.cmd)));
  const ordered = shareOf(starts.slice(1), (at, index) => time(at) >= time(starts[index] ?? 0));
  return starts.length > 1 && usual >= 0.9 && ordered >= 0.9 ? "strong" : "weak";
}

/** The version whose field has a valid version number in every whole record, with single-byte operation codes. */
function versionOf(head: Uint8Array): Version | undefined {
  return VERSIONS.find(({ version, bytes, ver, cmd }) => {
    const { view, starts } = recordsOf(head, bytes);
    const fits = (at: number) => view.getUint8(at + ver + 1) === version && view.getUint8(at + cmd + 1) === 0;
    return starts.length > 0 && starts.every(fits);
  });
}
