/** The chunks of a custom allocator's heap in the kernel's form. */
import { CHUNK_STATES } from "../../../assembly/abi/names.js";
import { isObject } from "../../custom/definition.js";
import type { AllocatorChunk } from "./definition.js";
import type { CallFaults } from "./faults.js";

/** Address, bytes and state of each chunk in turn. */
export function chunkWords(chunks: Iterable<AllocatorChunk>, faults: CallFaults): number[] {
  const words: number[] = [];
  for (const chunk of chunks) {
    if (!isChunk(chunk)) throw faults.wrongChunk(chunk);
    words.push(chunk.address, chunk.bytes, CHUNK_STATES.indexOf(chunk.state));
  }
  return words;
}

function isChunk(chunk: unknown): boolean {
  if (!isObject(chunk)) return false;
  const { address, bytes, state } = chunk;
  return isCount(address) && isCount(bytes) && isState(state);
}

/** True if it is a state of a custom chunk: they are never `mapped`. */
function isState(state: unknown): boolean {
  return state !== "mapped" && CHUNK_STATES.some((one) => one === state);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
