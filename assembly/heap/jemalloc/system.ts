/** Memory from the system, by mmap. From: src/pages.c of jemalloc 5.3.0. Nothing is ever unmapped; frames are given back. */
import {
  MADV_DONTNEED,
  MAP_ANONYMOUS,
  MAP_NORESERVE,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from "../../abi/linux";
import { NO_MEMORY } from "../memory";
import { PAGE } from "./sizes";
import { JemallocState } from "./state";

function mapBytes(j: JemallocState, bytes: u64): u64 {
  const at = j.memory.map(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
  return at == NO_MEMORY ? 0 : at;
}

/** `bytes` at a multiple of `alignment`, entered as of `kind`; 0: there is no memory. */
export function mapAligned(j: JemallocState, bytes: u64, alignment: u64, kind: u32): u64 {
  let at = mapBytes(j, bytes);
  if (at != 0 && (at & (alignment - 1)) != 0) {
    j.memory.munmap(at, bytes);
    at = mapTrimmed(j, bytes, alignment);
  }
  if (at != 0 && !j.extents.add(at, bytes, kind)) j.memory.fail();
  return at;
}

/** Maps more, and unmaps what is before and behind. What is mapped for that moment is not counted as the heap's peak. */
function mapTrimmed(j: JemallocState, bytes: u64, alignment: u64): u64 {
  const memory = j.memory;
  const extra = alignment - PAGE;
  if (bytes + extra < bytes) return 0;
  const peak = memory.peakCommitted;
  const at = mapBytes(j, bytes + extra);
  if (at == 0) return 0;
  const before = -at & (alignment - 1);
  if (before != 0) memory.munmap(at, before);
  if (before < extra) memory.munmap(at + before + bytes, extra - before);
  memory.peakCommitted = max(peak, memory.committed);
  return at + before;
}

/** Gives back the frames: what is there is zero from now on. */
export function releaseFrames(j: JemallocState, start: u64, bytes: u64): void {
  j.memory.madvise(start, bytes, MADV_DONTNEED);
}
