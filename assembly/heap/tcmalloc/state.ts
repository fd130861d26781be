/**
 * The state of tcmalloc besides its spans: the size classes, the page heap's sums, threads' shares of what may be cached. From:
 * src/static_vars.cc, src/page_heap.h and src/thread_cache.cc of gperftools 2.10. Numbers are fields here; lists and maps
 * that a lookup walks lie among the library's data.
 *
 *   LIBRARY + 64 KiB: free spans by length │ + 256 KiB: central lists │ + 1 MiB: page map's root │ + 4 MiB: threads' caches
 */
import { make } from "../../core/arena";
import { Ordered } from "../../core/ordered";
import { LIBRARY } from "../access";
import { Allocator } from "../contract";
import { Extents } from "../extents";
import { SizeMap } from "./sizes";

export const FREE_SPANS: u64 = LIBRARY + (64 << 10);
export const CENTRAL_LISTS: u64 = LIBRARY + (256 << 10);
export const PAGE_MAP: u64 = LIBRARY + (1 << 20);
const CACHES: u64 = LIBRARY + (4 << 20);

/** Kinds of what there is from the system. */
export const EXTENT_SPANS: u32 = 0;
export const EXTENT_METADATA: u32 = 1;

/** Structures of one kind: the rest of the last 128 KiB, and the first of those given back. */
@final
@unmanaged
export class Pool {
  bytes: u64;
  area: u64;
  left: u64;
  free: u64;

  /** Null when memory is out. */
  static create(bytes: u64): Pool {
    const pool = make<Pool>();
    if (changetype<usize>(pool) != 0) pool.bytes = bytes;
    return pool;
  }
}

@unmanaged
export abstract class TcmallocState extends Allocator {
  sizes: SizeMap;
  /** The first call has come, and the library is ready. */
  isReady: bool;

  /** Blocks that the library has for itself. */
  reserve: u64;
  extension: u64;
  extensionHolder: u64;

  // metadata
  /** The rest of the last 8 MiB. */
  metadataNext: u64;
  metadataLeft: u64;
  spans: Pool;
  growths: Pool;
  caches: Pool;
  /** Nodes of the sets of long free spans. */
  nodes: Pool;

  // system
  hasSbrkFailed: bool;
  hasMmapFailed: bool;
  /** The memory from the system, for walks. */
  extents: Extents;

  // page heap
  /** Bytes got for spans; of them free ones, and free ones that were given back. */
  systemBytes: u64;
  freeBytes: u64;
  returnedBytes: u64;
  /** Long free spans by length and address, and those given back. */
  order: Ordered;
  longFree: u32;
  longReturned: u32;
  scavengeCounter: i64;
  releaseIndex: u32;
  /** TCMALLOC_RELEASE_RATE, TCMALLOC_AGGRESSIVE_DECOMMIT. */
  releaseRate: f64;
  isAggressive: bool;

  // central lists
  /** Calls for room in another class's transfer cache, by which the classes take turns. */
  evictions: u32;

  // threads' caches
  firstCache: u64;
  nextToSteal: u64;
  /** Bytes that may be cached and that no thread claims. */
  unclaimed: i64;

  // walks
  /** A state for each object of the span that the walk is in. */
  marks: usize;
  markedSpan: u64;

  /** True if the block is the library's own. */
  isOwn(block: u64): bool {
    return block == this.reserve || block == this.extension || block == this.extensionHolder;
  }

  /** The running thread's cache; 0: it has none yet. */
  @inline
  get cache(): u64 {
    return this.memory.read<u64>(CACHES + ((<u64>this.memory.thread) << 3));
  }

  set cache(at: u64) {
    this.memory.write<u64>(CACHES + ((<u64>this.memory.thread) << 3), at);
  }
}
