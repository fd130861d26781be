/** The chunks of an own allocator's heap in the kernel's form. */
import { CHUNK_CACHED, CHUNK_FREE, CHUNK_META, CHUNK_TOP, CHUNK_USED } from "../../../assembly/abi/heap.js";
import { isObject } from "../../own/definition.js";
import type { AllocatorChunk, ChunkState } from "./definition.js";
import type { CallFaults } from "./faults.js";

const STATES: Readonly<Record<ChunkState, number>> = {
  used: CHUNK_USED,
  free: CHUNK_FREE,
  cached: CHUNK_CACHED,
  top: CHUNK_TOP,
  meta: CHUNK_META,
};

/** Address, bytes and state of each chunk in turn. */
export function chunkWords(chunks: Iterable<AllocatorChunk>, faults: CallFaults): number[] {
  const words: number[] = [];
  for (const chunk of chunks) {
    if (!isChunk(chunk)) throw faults.wrongChunk(chunk);
    words.push(chunk.address, chunk.bytes, STATES[chunk.state]);
  }
  return words;
}

function isChunk(chunk: unknown): boolean {
  if (!isObject(chunk)) return false;
  const { address, bytes, state } = chunk;
  return isCount(address) && isCount(bytes) && typeof state === "string" && Object.hasOwn(STATES, state);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
