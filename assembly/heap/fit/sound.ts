/**
 * The check of a heap of tagged chunks: chunks tile it, tags agree, free neighbours are joined where that is done at once,
 * and just the free chunks are in the index.
 */
import { Index } from "./index";
import { BEFORE_FREE, FENCE, FREE, TAGS_BOTH, TAGS_FREE, Tags, WORD } from "./tags";

export function isSoundHeap<I extends Index>(tags: Tags, index: I, isJoined: bool): bool {
  let count: u64 = 0;
  let sum: u64 = 0;
  let wasFree = false;
  let end: u64 = 0;
  for (let node = tags.first; node != 0; node = tags.peekAfter(node)) {
    const start = tags.peekStart(node);
    const isFree = tags.peekIsFree(node);
    if (end != 0 && start != end) return false;
    if (isFree && wasFree && isJoined) return false;
    if (!tags.isTable && !areTagsSound(tags, node, wasFree)) return false;
    if (isFree) {
      count++;
      sum += start;
    }
    wasFree = isFree;
    end = start + tags.peekSize(node);
  }
  return end == tags.end && index.isSound(count, sum);
}

/** True if a chunk's size is possible and the same at both ends. */
function areTagsSound(tags: Tags, node: u64, wasFree: bool): bool {
  const memory = tags.memory;
  const word = memory.peek<u64>(node);
  const size = tags.peekSize(node);
  if (size % tags.alignment != 0 || (node + tags.header) % tags.alignment != 0) return false;
  if (size < tags.least && (word & FENCE) == 0) return false;
  if (tags.style == TAGS_FREE) {
    if (((word & BEFORE_FREE) != 0) != wasFree) return false;
    return (word & FREE) == 0 || memory.peek<u64>(node + size - WORD) == size;
  }
  return tags.style != TAGS_BOTH || memory.peek<u64>(node + size - WORD) == (word & ~BEFORE_FREE);
}
