/** ChampSim's instruction traces; assembly/abi draws a record. Only ChampSim's tracer writes them. */

import {
  CHAMPSIM_BRANCH,
  CHAMPSIM_BYTES,
  CHAMPSIM_TAKEN,
  CHAMPSIM_WRITTEN,
} from "../../assembly/abi/formats.js";
import { DecodingReader } from "./decoding-reader.js";
import type { Confidence, TraceFormat } from "./format.js";
import { recordsOf } from "./head.js";

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
      hasSeveralReferences: true,
      example: "",
    }),
};

/** Least number of records: a shorter file may look like instructions by chance. */
const LEAST_RECORDS = 8;
/** No program has code or data in the first page. */
const LEAST_ADDRESS = 4096n;
/** The largest address of a process with five levels of page tables, and the least of the kernel. */
const LAST_USER = 1n << 56n;
const FIRST_KERNEL = 0xffn << 56n;
/** Code lies in the program and its libraries, in regions of this size. */
const REGION_SHIFT = 30n;

/**
 * There is no magic number. Every record has a plausible instruction pointer, flags of 0 and 1, and addresses of 0 or
 * in an address space. Code lies in few regions. At least one instruction uses a register, at least one uses memory,
 * and at least one is not a branch.
 */
function looksLikeInstructions(head: Uint8Array): Confidence | undefined {
  const { view, starts } = recordsOf(head, CHAMPSIM_BYTES);
  const isInstruction = (at: number) => {
    const branch = view.getUint8(at + CHAMPSIM_BRANCH);
    const taken = view.getUint8(at + CHAMPSIM_TAKEN);
    return isAddress(view.getBigUint64(at, true)) && branch <= 1 && taken <= branch;
  };
  const slots = (at: number) =>
    [0, 1, 2, 3, 4, 5].map((slot) => view.getBigUint64(at + CHAMPSIM_WRITTEN + slot * 8, true));
  const isPlausible = (at: number) =>
    isInstruction(at) && slots(at).every((address) => address === 0n || isAddress(address));
  if (starts.length === 0 || !starts.every(isPlausible)) return undefined;
  const regions = new Set(starts.map((at) => view.getBigUint64(at, true) >> REGION_SHIFT));
  const hasRegisters = (at: number) =>
    [10, 11, 12, 13, 14, 15].some((register) => view.getUint8(at + register) !== 0);
  const hasMemory = (at: number) => slots(at).some((address) => address !== 0n);
  const isBranch = (at: number) => view.getUint8(at + CHAMPSIM_BRANCH) === 1;
  const isSure =
    starts.length >= LEAST_RECORDS &&
    regions.size <= MOST_REGIONS &&
    starts.some(hasRegisters) &&
    starts.some(hasMemory) &&
    !starts.every(isBranch);
  return isSure ? "strong" : "weak";
}

/** Regions of code that 1,024 instructions of a program lie in. */
const MOST_REGIONS = 16;

function isAddress(address: bigint): boolean {
  return (address >= LEAST_ADDRESS && address < LAST_USER) || address >= FIRST_KERNEL;
}
