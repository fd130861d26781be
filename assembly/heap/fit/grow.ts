/**
 * Memory for a heap, by sbrk. Where another has moved the break since, the memory between is bridged by a chunk that is
 * never free:
 *
 *   ├ chunk ┼ chunk ┼ fence: another's memory ┼ chunk ┄
 */
import { NO_MEMORY } from "../memory";
import { isPowerOfTwo, roundUp } from "../parts";
import { BEFORE_FREE, FENCE, TAGS_BOTH, Tags, WORD } from "./tags";

/** Makes the heap larger by a node of `need` bytes or more, which is not free; 0 when the system has none. */
export function growHeap(tags: Tags, need: u64, multiple: u64): u64 {
  const memory = tags.memory;
  const isFirst = tags.first == 0;
  const wanted = isFirst ? need + lead(tags, memory.breakAddress) + tail(tags) : need;
  const bytes = roundUp(wanted, roundUp(multiple, tags.alignment));
  const at = memory.sbrk(<i64>bytes);
  if (at == NO_MEMORY || at < tags.breakAddress) return 0;
  return !isFirst && at == tags.breakAddress ? append(tags, bytes) : begin(tags, at, bytes, need);
}

/** The heap has `bytes` in all, and never more: its only node, not free; 0 when the system has none. */
export function fixHeap(tags: Tags, bytes: u64): u64 {
  const memory = tags.memory;
  const before = lead(tags, memory.breakAddress);
  if (tags.isTable) {
    if (before != 0 && memory.sbrk(<i64>before) == NO_MEMORY) return 0;
  } else if (bytes < before + tags.least + tail(tags)) {
    return 0;
  }
  const at = memory.sbrk(<i64>bytes);
  return at == NO_MEMORY ? 0 : begin(tags, at, bytes, 0);
}

/** Bytes from `at` to where a chunk may begin. */
function lead(tags: Tags, at: u64): u64 {
  // An alignment that is not a power of two rounds only sizes, as OSTEP's does, not addresses.
  if (!isPowerOfTwo(tags.alignment)) return 0;
  const begin = at + (tags.isTable ? 0 : tags.header);
  return roundUp(begin, tags.alignment) - begin;
}

/** Bytes at the end of new memory that are of no chunk, at most. */
function tail(tags: Tags): u64 {
  return tags.isTable ? 0 : tags.alignment;
}

/** The heap grows from its end. */
function append(tags: Tags, bytes: u64): u64 {
  const memory = tags.memory;
  const node = tags.end;
  tags.end += bytes;
  tags.breakAddress += bytes;
  if (tags.isTable) return tags.table.append(node, bytes, false);
  memory.write<u64>(node, bytes | (memory.read<u64>(node) & BEFORE_FREE));
  return close(tags, node, bytes);
}

/** The heap begins in `bytes` of new memory at `at`, or continues there after memory of other owners. */
function begin(tags: Tags, at: u64, bytes: u64, need: u64): u64 {
  const isFirst = tags.first == 0;
  // The word before the first chunk is the fence's last one.
  const from = at + (isFirst || tags.isTable ? 0 : WORD);
  const start = from + lead(tags, from);
  const lacking = <i64>(start + need + tail(tags)) - <i64>(at + bytes);
  if (lacking > 0) {
    const more = roundUp(<u64>lacking, tags.alignment);
    if (tags.memory.sbrk(<i64>more) == NO_MEMORY) return 0;
    bytes += more;
  }
  if (!isFirst) bridge(tags, start);
  const room = at + bytes - start;
  const node = place(tags, start, tags.isTable ? room : ((room - WORD) / tags.alignment) * tags.alignment);
  tags.breakAddress = at + bytes;
  if (isFirst) tags.first = node;
  return node;
}

function place(tags: Tags, start: u64, bytes: u64): u64 {
  tags.end = start + bytes;
  if (tags.isTable) return tags.table.append(start, bytes, false);
  tags.memory.write<u64>(start, bytes);
  return close(tags, start, bytes);
}

/** Makes the bytes between the heap's end and `start` the fence. */
function bridge(tags: Tags, start: u64): void {
  const memory = tags.memory;
  const end = tags.end;
  const gap = start - end;
  if (tags.isTable) {
    if (gap != 0) tags.table.append(end, gap, true);
    return;
  }
  memory.write<u64>(end, gap | FENCE | (memory.read<u64>(end) & BEFORE_FREE));
  memory.write<u64>(start - WORD, gap | FENCE);
}

/** Ends the last chunk, and writes the word behind it. */
function close(tags: Tags, node: u64, bytes: u64): u64 {
  const memory = tags.memory;
  memory.write<u64>(tags.end, 0);
  if (tags.style == TAGS_BOTH) memory.write<u64>(node + bytes - WORD, bytes);
  return node;
}
