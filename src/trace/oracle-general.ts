/** libCacheSim's oracleGeneral records; assembly/trace/oracle-general.ts has the layout. */

import { ORACLE_BYTES, ORACLE_NEXT } from "../../assembly/abi/formats.js";
import { DecodingReader } from "./decoding-reader.js";
import { EncodingWriter } from "./encoding-writer.js";
import type { TraceFormat } from "./format.js";

const NAME = "oracleGeneral";

export const oracleGeneralFormat: TraceFormat = {
  name: NAME,
  about: "records of 24 bytes, from libCacheSim",
  extensions: ["oracleGeneral", "oracleGeneral.bin"],
  isBinary: true,
  detect: looksLikeRequests,
  shape: () => ({ unit: "page", hasPageBlocks: false }),
  read: async (kernel, source) =>
    new DecodingReader(kernel, source, {
      name: NAME,
      decode: "decodeOracleGeneral",
      recordBytes: ORACLE_BYTES,
      example: "",
    }),
  write: async (kernel, sink, options) =>
    new EncodingWriter(
      kernel,
      sink,
      { name: NAME, unit: "page", encode: "encodeOracleGeneral" },
      options.unit,
    ),
  keeps: { unit: "page", kinds: ["load"], size: "same" },
};

/** More requests than any trace has. */
const LONGEST = 2n ** 48n;

/** There is no magic number. Time never decreases, and every next request is later or absent. */
function looksLikeRequests(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const count = Math.floor(head.length / ORACLE_BYTES);
  let before = 0;
  for (let request = 0; request < count; request++) {
    const time = view.getUint32(request * ORACLE_BYTES, true);
    const next = view.getBigInt64(request * ORACLE_BYTES + ORACLE_NEXT, true);
    const later = next > BigInt(request) && next < LONGEST;
    const plausible = later || next === -1n || next === -2n;
    if (time < before || !plausible) return false;
    before = time;
  }
  return count > 0;
}
