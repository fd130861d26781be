/**
 * Chunks that are mapped alone. From: malloc/malloc.c of glibc 2.36, sysmalloc_mmap, munmap_chunk, mremap_chunk. Bytes
 * before the chunk, which an alignment has skipped, are in its prev_size.
 */
import { PROT_READ, PROT_WRITE } from "../../abi/linux";
import { NO_MEMORY } from "../memory";
import { isPowerOfTwo } from "../parts";
import { alignUp, Chunk, HEADER, IS_MMAPPED, SIZE_SZ } from "./chunk";
import { enterMapped, leaveMapped, moveMapped } from "./mapped-list";
import { DEFAULT_MMAP_THRESHOLD_MAX, PAGE, Ptmalloc } from "./state";

/** A block in a mapping of its own, for a chunk of `nb` bytes; 0: there is none. */
export function mapChunk(m: Ptmalloc, nb: u64): u64 {
  const memory = m.memory;
  const size = alignUp(nb + SIZE_SZ, PAGE);
  if (size <= nb) return 0;
  let p = memory.mmap(size, PROT_READ | PROT_WRITE);
  if (p == NO_MEMORY) return 0;
  if (memory.recorded != 0) p = memory.relocate(p, chunkAt(memory.recorded), size, PROT_READ | PROT_WRITE);
  Chunk.setPrevSize(memory, p, 0);
  Chunk.setHead(memory, p, size | IS_MMAPPED);
  m.mapped++;
  if (m.mapped > m.mostMapped) m.mostMapped = m.mapped;
  m.noteMapped(<i64>size);
  enterMapped(m, p);
  return Chunk.mem(p);
}

/** Where the mapping of a block begins that a log has, if it is one: on the page of its header, also when it is aligned. */
function chunkAt(mem: u64): u64 {
  return (mem - HEADER) & ~(PAGE - 1);
}

/** True if the chunk's mapping is as the allocator makes them. `offset` bytes are before it. */
function isMapping(p: u64, offset: u64, total: u64): bool {
  const within = Chunk.mem(p) & (PAGE - 1);
  return (((p - offset) | total) & (PAGE - 1)) == 0 && (within == 0 || isPowerOfTwo(within));
}

/** free of a mapped chunk: the thresholds follow the largest one (the dynamic threshold). */
export function freeMapped(m: Ptmalloc, p: u64): void {
  const head = Chunk.head(m.memory, p);
  if (!m.hasFixedThreshold && head > m.mmapThreshold && head <= DEFAULT_MMAP_THRESHOLD_MAX) {
    m.mmapThreshold = Chunk.size(m.memory, p);
    m.trimThreshold = 2 * m.mmapThreshold;
  }
  unmapChunk(m, p);
}

export function unmapChunk(m: Ptmalloc, p: u64): void {
  const memory = m.memory;
  const offset = Chunk.prevSize(memory, p);
  const total = offset + Chunk.size(memory, p);
  if (!isMapping(p, offset, total)) {
    memory.abort("munmap_chunk(): invalid pointer");
    return;
  }
  m.mapped--;
  m.noteMapped(-(<i64>total));
  leaveMapped(m, p);
  memory.munmap(p - offset, total);
}

/** The mapped chunk with room for a chunk of `nb` bytes, maybe elsewhere; 0: that cannot be. */
export function remapChunk(m: Ptmalloc, p: u64, nb: u64): u64 {
  const memory = m.memory;
  const offset = Chunk.prevSize(memory, p);
  const total = offset + Chunk.size(memory, p);
  if (!isMapping(p, offset, total)) {
    memory.abort("mremap_chunk(): invalid pointer");
    return 0;
  }
  const size = alignUp(nb + offset + SIZE_SZ, PAGE);
  if (size == total) return p;
  let at = memory.mremap(p - offset, total, size, true);
  if (at == NO_MEMORY) return 0;
  if (memory.recorded != 0) at = memory.relocateUsed(at, Chunk.of(memory.recorded) - offset, size);
  Chunk.setHead(memory, at + offset, (size - offset) | IS_MMAPPED);
  m.noteMapped(<i64>size - <i64>total);
  moveMapped(m, p, at + offset);
  return at + offset;
}
