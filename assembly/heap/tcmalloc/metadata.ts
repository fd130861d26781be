/**
 * Memory for tcmalloc's own structures: 8 MiB at a time from the system, cut off in order and never given back; above it
 * pools of one kind of structure each, 128 KiB at a time, whose freed ones are linked through their first word. From:
 * MetaDataAlloc in src/common.cc and src/page_heap_allocator.h of gperftools 2.10.
 */
import { EXTENT_METADATA, Pool, TcmallocState } from "./state";
import { allocateFromSystem } from "./system";

const CHUNK: u64 = 8 << 20;
const ALIGNMENT: u64 = 16;
const POOL_CHUNK: u64 = 128 << 10;

/** Fresh memory, zero; 0: there is none. */
export function allocMetadata(t: TcmallocState, bytes: u64): u64 {
  if (t.metadataLeft < bytes + (-t.metadataNext & (ALIGNMENT - 1)) && !growMetadata(t)) return 0;
  const at = t.metadataNext + (-t.metadataNext & (ALIGNMENT - 1));
  t.metadataLeft -= at + bytes - t.metadataNext;
  t.metadataNext = at + bytes;
  return at;
}

function growMetadata(t: TcmallocState): bool {
  const at = allocateFromSystem(t, CHUNK, ALIGNMENT);
  if (at == 0) return false;
  if (!t.extents.add(at, CHUNK, EXTENT_METADATA)) t.memory.fail();
  t.metadataNext = at;
  t.metadataLeft = CHUNK;
  return true;
}

/** One of the pool's structures, not cleared; 0: there is no memory. */
export function takeFrom(t: TcmallocState, pool: Pool): u64 {
  const freed = pool.free;
  if (freed != 0) {
    pool.free = t.memory.read<u64>(freed);
    return freed;
  }
  if (pool.left < pool.bytes) {
    pool.area = allocMetadata(t, POOL_CHUNK);
    if (pool.area == 0) return 0;
    pool.left = POOL_CHUNK;
  }
  const at = pool.area;
  pool.area += pool.bytes;
  pool.left -= pool.bytes;
  return at;
}

export function freeTo(t: TcmallocState, pool: Pool, at: u64): void {
  t.memory.write<u64>(at, pool.free);
  pool.free = at;
}

/** A pool begins with one structure taken and given back, so that its memory lies at the beginning. */
export function beginPool(t: TcmallocState, pool: Pool): bool {
  const at = takeFrom(t, pool);
  if (at != 0) freeTo(t, pool, at);
  return at != 0;
}
