/** Plain binary ids, of a width and byte order; assembly/trace/ids.ts has the layout. Named only, never detected. */

import { DECODER_PLAN, DECODER_VERSION } from "../../assembly/abi/decoder.js";
import { DecodingReader } from "./decoding-reader.js";
import type { TraceFormat } from "./format.js";

function idsFormat(bytes: 4 | 8, order: "le" | "be"): TraceFormat {
  const name = `u${bytes * 8}${order}`;
  return {
    name,
    about: `page numbers of ${bytes} bytes, ${order === "le" ? "little" : "big"}-endian; only by name`,
    extensions: [],
    isBinary: true,
    detect: () => undefined,
    shape: () => ({ unit: "page", hasPageBlocks: false }),
    read: async (kernel, source) =>
      new DecodingReader(kernel, source, {
        name,
        decode: "decodeIds",
        settings: [
          [DECODER_VERSION, bytes],
          [DECODER_PLAN, order === "be" ? 1 : 0],
        ],
        recordBytes: bytes,
        example: "",
      }),
  };
}

export const idsFormats: readonly TraceFormat[] = [
  idsFormat(4, "le"),
  idsFormat(4, "be"),
  idsFormat(8, "le"),
  idsFormat(8, "be"),
];
