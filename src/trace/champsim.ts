/** ChampSim's instruction traces; assembly/abi draws a record. Only ChampSim's tracer writes them. */

import { CHAMPSIM_BRANCH, CHAMPSIM_BYTES, CHAMPSIM_TAKEN } from "../../assembly/abi/formats.js";
import { DecodingReader } from "./decoding-reader.js";
import type { TraceFormat } from "./format.js";

const NAME = "champsim";

export const champsimFormat: TraceFormat = {
  name: NAME,
  about: "instructions of 64 bytes, from ChampSim's tracers",
  extensions: ["champsim", "champsimtrace", "champsim.trace"],
  isBinary: true,
  detect: looksLikeInstructions,
  shape: () => ({ unit: "address", hasPageBlocks: false }),
  read: async (kernel, source) =>
    new DecodingReader(kernel, source, {
      name: NAME,
      decode: "decodeChampsim",
      recordBytes: CHAMPSIM_BYTES,
      standsForSeveral: true,
      example: "",
    }),
};

/** There is no magic number. No instruction has address 0, and both branch flags are 0 or 1. */
function looksLikeInstructions(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const starts = Array.from(
    { length: Math.floor(head.length / CHAMPSIM_BYTES) },
    (_, i) => i * CHAMPSIM_BYTES,
  );
  const isInstruction = (at: number) => {
    const branch = view.getUint8(at + CHAMPSIM_BRANCH);
    const taken = view.getUint8(at + CHAMPSIM_TAKEN);
    return view.getBigUint64(at, true) !== 0n && branch <= 1 && taken <= branch;
  };
  return starts.length > 0 && starts.every(isInstruction);
}
