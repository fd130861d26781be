/** The header of a block, and the checks of its fields; assembly/trace/pagewalk/format.ts draws it. */

import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE } from "../../../assembly/abi/core.js";
import {
  BLOCK_CALLS,
  BLOCK_CHAINS,
  BLOCK_COUNTS,
  BLOCK_CRC,
  BLOCK_ENTRIES,
  BLOCK_FIRST_REFERENCE,
  BLOCK_HEADER_BYTES,
  BLOCK_MAGIC,
  BLOCK_OPERATIONS,
  BLOCK_RESERVED,
  BLOCK_SECTIONS,
  BLOCK_TOUCHES,
  MOST_CALL_BYTES,
  MOST_CALLS,
  MOST_ENTRIES,
  MOST_OPERATIONS,
  SECTION_CRC,
  SECTION_HEADER_BYTES,
  SECTION_RAW_BYTES,
  SECTION_STORED_BYTES,
  SECTIONS,
} from "../../../assembly/trace/pagewalk/format.js";
import type { Checksum } from "../../wasm/checksum.js";
import type { ReferenceCounts } from "../../wasm/counts.js";

import { viewOf } from "./damage.js";
import type { StoredSection } from "./encoded-block.js";

export interface SectionHeader {
  readonly rawBytes: number;
  /** Less than `rawBytes` if it is compressed, else equal. */
  readonly storedBytes: number;
  readonly crc: number;
}

export interface BlockHeader {
  /** The header itself. */
  readonly bytes: Uint8Array;
  readonly firstReference: number;
  readonly counts: ReferenceCounts;
  readonly calls: number;
  readonly sections: readonly SectionHeader[];
}

/** Deflate's best ratio is 258 bytes for two bits. */
const BEST_RATIO = 1032;
/** Largest size of a number, and a byte of flags: generous upper bounds. */
const NUMBER_BYTES = 10;

/** The counts of kinds at `at`, four u32. */
export function readKinds(view: DataView, at: number): ReferenceCounts {
  const of = (kind: number) => view.getUint32(at + kind * 4, true);
  const instructionFetches = of(KIND_FETCH);
  const loads = of(KIND_LOAD);
  const stores = of(KIND_STORE);
  const modifies = of(KIND_MODIFY);
  const references = instructionFetches + loads + stores + modifies;
  return { references, instructionFetches, loads, stores, modifies };
}

/** The header; undefined if it is damaged. */
export function parseBlockHeader(
  bytes: Uint8Array,
  blockReferences: number,
  checksum: Checksum,
): BlockHeader | undefined {
  const view = viewOf(bytes);
  const of = (offset: number) => view.getUint32(offset, true);
  if (bytes.length !== BLOCK_HEADER_BYTES || of(0) !== BLOCK_MAGIC) return undefined;
  if (of(BLOCK_CRC) !== checksum.of(bytes.subarray(0, BLOCK_CRC))) return undefined;
  const header = {
    bytes,
    firstReference: Number(view.getBigUint64(BLOCK_FIRST_REFERENCE, true)),
    counts: readKinds(view, BLOCK_COUNTS),
    calls: of(BLOCK_CALLS),
    sections: sectionHeaders(view),
  };
  return isPlausible(header, view, blockReferences) ? header : undefined;
}

function sectionHeaders(view: DataView): SectionHeader[] {
  return Array.from({ length: SECTIONS }, (_, section) => {
    const at = BLOCK_SECTIONS + section * SECTION_HEADER_BYTES;
    return {
      rawBytes: view.getUint32(at + SECTION_RAW_BYTES, true),
      storedBytes: view.getUint32(at + SECTION_STORED_BYTES, true),
      crc: view.getUint32(at + SECTION_CRC, true),
    };
  });
}

/** True if no field requires more memory or work than the block's references can need. */
function isPlausible(header: BlockHeader, view: DataView, blockReferences: number): boolean {
  const { references } = header.counts;
  const touches = view.getUint32(BLOCK_TOUCHES, true);
  const entries = view.getUint32(BLOCK_ENTRIES, true);
  const operations = view.getUint32(BLOCK_OPERATIONS, true);
  const chains = view.getUint32(BLOCK_CHAINS, true);
  const numbers = [
    references + header.calls > 0 && references <= blockReferences && header.calls <= MOST_CALLS,
    touches <= references && entries <= Math.min(touches, MOST_ENTRIES),
    operations <= Math.min(references, MOST_OPERATIONS) && chains <= operations,
    references === 0 || (entries > 0 && chains > 0),
    view.getUint32(BLOCK_RESERVED, true) === 0 && Number.isSafeInteger(header.firstReference + references),
  ];
  // In the order of the sections.
  const bounds = [
    touches * 2 + entries * 2 * NUMBER_BYTES,
    header.calls === 0 ? 0 : MOST_CALL_BYTES,
    operations * (1 + 2 * NUMBER_BYTES),
    references * 2 * NUMBER_BYTES,
    references * NUMBER_BYTES,
    references * NUMBER_BYTES,
  ];
  const areSections = header.sections.every(
    ({ rawBytes, storedBytes }, section) =>
      rawBytes <= (bounds[section] ?? 0) &&
      storedBytes <= rawBytes &&
      rawBytes <= (storedBytes + 1) * BEST_RATIO,
  );
  return numbers.every(Boolean) && areSections;
}

/** Bytes of the block, header included. */
export function blockBytes(header: BlockHeader): number {
  return header.sections.reduce((sum, { storedBytes }) => sum + storedBytes, BLOCK_HEADER_BYTES);
}

/** Completes `bytes`, a header from the kernel, with the fields that only the host knows. */
export function completeBlockHeader(
  bytes: Uint8Array,
  firstReference: number,
  sections: readonly StoredSection[],
  checksum: Checksum,
): void {
  const view = viewOf(bytes);
  view.setUint32(0, BLOCK_MAGIC, true);
  view.setBigUint64(BLOCK_FIRST_REFERENCE, BigInt(firstReference), true);
  for (const [section, { rawBytes, stored }] of sections.entries()) {
    const at = BLOCK_SECTIONS + section * SECTION_HEADER_BYTES;
    view.setUint32(at + SECTION_RAW_BYTES, rawBytes, true);
    view.setUint32(at + SECTION_STORED_BYTES, stored.length, true);
    view.setUint32(at + SECTION_CRC, checksum.of(stored), true);
  }
  view.setUint32(BLOCK_CRC, checksum.of(bytes.subarray(0, BLOCK_CRC)), true);
}
