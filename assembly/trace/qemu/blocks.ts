/**
 * The definitions of translation blocks, copied from the recorded processes' memory in segments. A definition holds its
 * instructions as records, so that fetches are copied into the batch. It is checked when it is first used, and marked.
 */
import { KIND_FETCH, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND, RECORD_SIZE } from "../../abi/core";
import {
  BLOCK_HEAD_BYTES,
  BLOCK_SEGMENT_BYTES,
  MOST_INSTRUCTIONS,
  SHARED_BLOCKS_BYTES,
} from "../../abi/recording";
import { allocate } from "../../core/arena";

const SEGMENTS: u32 = SHARED_BLOCKS_BYTES / BLOCK_SEGMENT_BYTES;
/** Blocks of 16 bytes in a segment, as a shift. */
const SEGMENT_SHIFT: u32 = 16;
/** In the definition's `zero`: it has been checked. */
const CHECKED: u64 = 1;

/** A definition that is not in the copy yet, or is not whole there. */
export const BLOCK_ABSENT: usize = 0;
/** No definition can be like this. */
export const BLOCK_DAMAGED: usize = 1;

/** The addresses of the segments; 0 when memory is out. */
export function createSegments(): usize {
  return allocate(SEGMENTS * 4);
}

/** The address of segment number `segment`, allocated at its first use; 0 when memory is out. */
export function segmentAt(segments: usize, segment: u32): usize {
  if (segment >= SEGMENTS) return 0;
  const slot = segments + segment * 4;
  if (load<u32>(slot) == 0) store<u32>(slot, <u32>allocate(BLOCK_SEGMENT_BYTES));
  return load<u32>(slot);
}

export class Blocks {
  /** The address of the instructions of a block with `length` of them, or BLOCK_…. */
  @inline
  static find(segments: usize, number: u32, length: u32): usize {
    const segment = number >> SEGMENT_SHIFT;
    const base = segment < SEGMENTS ? <usize>load<u32>(segments + segment * 4) : 0;
    if (base == 0) return segment < SEGMENTS ? BLOCK_ABSENT : BLOCK_DAMAGED;
    const block = base + ((number & ((1 << SEGMENT_SHIFT) - 1)) << 4);
    if (load<u32>(block) == length && load<u64>(block, 8) == CHECKED) return block + BLOCK_HEAD_BYTES;
    return checkBlock(base, block, length);
  }
}

function checkBlock(base: usize, block: usize, length: u32): usize {
  const count = load<u32>(block);
  if (count == 0) return BLOCK_ABSENT;
  if (count != length || count > <u32>MOST_INSTRUCTIONS || load<u64>(block, 8) > CHECKED)
    return BLOCK_DAMAGED;
  const first = block + BLOCK_HEAD_BYTES;
  const end = first + count * RECORD_BYTES;
  if (end > base + BLOCK_SEGMENT_BYTES) return BLOCK_DAMAGED;
  for (let at = first; at < end; at += RECORD_BYTES) {
    const va = load<u64>(at, RECORD_ADDRESS);
    const size = load<u32>(at, RECORD_SIZE);
    if (load<u32>(at, RECORD_KIND) != KIND_FETCH || size == 0 || va + size - 1 < va) return BLOCK_DAMAGED;
  }
  store<u64>(block, CHECKED, 8);
  return first;
}
