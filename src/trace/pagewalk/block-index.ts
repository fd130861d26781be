/** The index at a file's end and the trailer that finds it; assembly/trace/pagewalk/format.ts draws both. */

import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE } from "../../../assembly/abi/core.js";
import {
  BLOCK_HEADER_BYTES,
  INDEX_CALLS,
  INDEX_COUNTS,
  INDEX_ENTRY_BYTES,
  INDEX_FIRST_REFERENCE,
  INDEX_HEADER_BYTES,
  INDEX_MAGIC,
  INDEX_PATH_BYTES,
  TRAILER_BYTES,
  TRAILER_CRC,
  TRAILER_MAGIC,
  TRAILER_MAGIC_AT,
  TRAILER_REFERENCES,
} from "../../../assembly/trace/pagewalk/format.js";
import type { Checksum } from "../../wasm/checksum.js";
import type { ReferenceCounts } from "../../wasm/counts.js";
import type { RandomAccess } from "../source.js";

import { readKinds } from "./block-header.js";
import { viewOf } from "./damage.js";

const CRC_BYTES = 4;

export interface IndexEntry {
  /** Offset of the block. */
  readonly offset: number;
  readonly firstReference: number;
  readonly counts: ReferenceCounts;
  readonly calls: number;
  /** Bytes of the block's header and its pages section. */
  readonly pathBytes: number;
}

export interface BlockIndex {
  readonly entries: readonly IndexEntry[];
  /** Offset of the index: the end of the last block. */
  readonly offset: number;
}

/** Index and trailer, for an index that begins at `offset`. */
export function encodeIndex({ entries, offset }: BlockIndex, checksum: Checksum): Uint8Array {
  const end = INDEX_HEADER_BYTES + entries.length * INDEX_ENTRY_BYTES;
  const bytes = new Uint8Array(end + CRC_BYTES + TRAILER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, INDEX_MAGIC, true);
  view.setUint32(4, entries.length, true);
  for (const [number, entry] of entries.entries()) {
    putEntry(view, INDEX_HEADER_BYTES + number * INDEX_ENTRY_BYTES, entry);
  }
  view.setUint32(end, checksum.of(bytes.subarray(0, end)), true);
  const trailer = end + CRC_BYTES;
  view.setBigUint64(trailer, BigInt(offset), true);
  view.setBigUint64(trailer + TRAILER_REFERENCES, BigInt(referencesOf(entries)), true);
  const crc = checksum.of(bytes.subarray(trailer, trailer + TRAILER_CRC));
  view.setUint32(trailer + TRAILER_CRC, crc, true);
  view.setUint32(trailer + TRAILER_MAGIC_AT, TRAILER_MAGIC, true);
  return bytes;
}

function putEntry(view: DataView, at: number, entry: IndexEntry): void {
  view.setBigUint64(at, BigInt(entry.offset), true);
  view.setBigUint64(at + INDEX_FIRST_REFERENCE, BigInt(entry.firstReference), true);
  view.setUint32(at + INDEX_COUNTS + KIND_FETCH * 4, entry.counts.instructionFetches, true);
  view.setUint32(at + INDEX_COUNTS + KIND_LOAD * 4, entry.counts.loads, true);
  view.setUint32(at + INDEX_COUNTS + KIND_STORE * 4, entry.counts.stores, true);
  view.setUint32(at + INDEX_COUNTS + KIND_MODIFY * 4, entry.counts.modifies, true);
  view.setUint32(at + INDEX_CALLS, entry.calls, true);
  view.setUint32(at + INDEX_PATH_BYTES, entry.pathBytes, true);
}

/** References of all the blocks. */
export function referencesOf(entries: readonly IndexEntry[]): number {
  const last = entries.at(-1);
  return last === undefined ? 0 : last.firstReference + last.counts.references;
}

/** The index, found from the trailer; undefined if it is damaged or missing, as in a truncated file. */
export async function findIndex(
  input: RandomAccess,
  firstBlock: number,
  checksum: Checksum,
): Promise<BlockIndex | undefined> {
  const end = input.sizeBytes - TRAILER_BYTES;
  if (end < firstBlock) return undefined;
  const trailer = await input.read(end, TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) return undefined;
  const view = viewOf(trailer);
  const isTrailer = view.getUint32(TRAILER_MAGIC_AT, true) === TRAILER_MAGIC;
  if (!isTrailer || view.getUint32(TRAILER_CRC, true) !== checksum.of(trailer.subarray(0, TRAILER_CRC))) {
    return undefined;
  }
  const offset = Number(view.getBigUint64(0, true));
  if (offset < firstBlock || offset + INDEX_HEADER_BYTES + CRC_BYTES > end) return undefined;
  const bytes = await input.read(offset, end - offset);
  const entries = parseIndex(bytes, checksum);
  const references = Number(view.getBigUint64(TRAILER_REFERENCES, true));
  if (entries === undefined || !areInOrder(entries, firstBlock, offset)) return undefined;
  return referencesOf(entries) === references ? { entries, offset } : undefined;
}

function parseIndex(bytes: Uint8Array, checksum: Checksum): IndexEntry[] | undefined {
  const view = viewOf(bytes);
  const end = bytes.length - CRC_BYTES;
  if (end < INDEX_HEADER_BYTES || view.getUint32(0, true) !== INDEX_MAGIC) return undefined;
  if (end !== INDEX_HEADER_BYTES + view.getUint32(4, true) * INDEX_ENTRY_BYTES) return undefined;
  if (view.getUint32(end, true) !== checksum.of(bytes.subarray(0, end))) return undefined;
  const entries: IndexEntry[] = [];
  for (let at = INDEX_HEADER_BYTES; at < end; at += INDEX_ENTRY_BYTES) {
    entries.push({
      offset: Number(view.getBigUint64(at, true)),
      firstReference: Number(view.getBigUint64(at + INDEX_FIRST_REFERENCE, true)),
      counts: readKinds(view, at + INDEX_COUNTS),
      calls: view.getUint32(at + INDEX_CALLS, true),
      pathBytes: view.getUint32(at + INDEX_PATH_BYTES, true),
    });
  }
  return entries;
}

/** True if the blocks are contiguous in bytes and in references. */
function areInOrder(entries: readonly IndexEntry[], firstBlock: number, indexOffset: number): boolean {
  let reference = 0;
  return entries.every((entry, number) => {
    const from = number === 0 ? firstBlock : entry.offset;
    const end = entries[number + 1]?.offset ?? indexOffset;
    const inPlace = entry.offset === from && entry.firstReference === reference;
    reference += entry.counts.references;
    return inPlace && entry.pathBytes >= BLOCK_HEADER_BYTES && entry.offset + entry.pathBytes <= end;
  });
}
