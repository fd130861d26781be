/**
 * Every allocator: its number, its class and its signature, a line each. The line is all that an allocator needs besides
 * its own file or folder: the engine reaches it through `withAllocator`, the host reads the signature.
 *
 *   name                                     no parameters
 *   name:key=default(least..most),…          parameters; `create` gets them in this order, as f64; one whose default
 *                                            has no point is a whole number
 *   name:key=word(word|word|…)               a choice; `create` gets its place in the list
 *
 * A signature is one literal: to join strings would allocate them in the arena's place.
 *
 * The last is the place of allocators in JavaScript, which no name leads to.
 *
 * `withAllocator` is a visitor: `changetype<V>(argument).visit<A>(signature)`, compiled for every allocator, so the switch
 * is passed once a batch and whatever `visit` loops over has the concrete type.
 */
import { CHUNK_MAPPED, CUSTOM_ALLOCATOR, HEAP_MALLINFO2 } from "../abi/heap";
import { make } from "../core/arena";
import { Buddy } from "./buddy/buddy";
import { Bump } from "./bump";
import { Allocator, ChunkView } from "./contract";
import { Custom } from "./custom/custom";
import { BestFit, FirstFit, NextFit, WorstFit } from "./fit/fits";
import { Glibc } from "./glibc/glibc";
import { Jemalloc } from "./jemalloc/jemalloc";
import { Musl } from "./mallocng/musl";
import { HeapMemory } from "./memory";
import { Mimalloc } from "./mimalloc/mimalloc";
import { Region } from "./region";
import { Segregated } from "./segregated";
import { Kmalloc } from "./slab/kmalloc";
import { Tcmalloc } from "./tcmalloc/tcmalloc";
import { Tlsf } from "./tlsf/tlsf";

export function withAllocator<V>(id: u32, argument: usize): usize {
  const visitor = changetype<V>(argument);
  switch (id) {
    case 0:
      return visitor.visit<Bump>("bump:alignment=16(1..4096),growth=65536(4096..1073741824)");
    case 1:
      return visitor.visit<Glibc>(
        "glibc:version=2.36(2.2..2.41),cores=2(1..4096),top_pad=-1(-1..9007199254740991),perturb=-1(-1..255),mmap_threshold=-1(-1..9007199254740991),trim_threshold=-1(-1..9007199254740991),mmap_max=-1(-1..2147483647),arena_max=-1(-1..9007199254740991),arena_test=-1(-1..9007199254740991),tcache_max=-1(-1..9007199254740991),tcache_count=-1(-1..9007199254740991),tcache_unsorted_limit=-1(-1..9007199254740991),mxfast=-1(-1..9007199254740991)",
      );
    case 2:
      return visitor.visit<Musl>("musl:secret=7238712871231(0..9007199254740991)");
    case 3:
      return visitor.visit<Tcmalloc>("tcmalloc:release_rate=1.0(0..1000),aggressive_decommit=off(off|on)");
    case 4:
      return visitor.visit<FirstFit>(
        "first-fit:order=address(address|lifo|fifo|size|size-descending),remainder=insert(insert|keep),coalesce=immediate(immediate|deferred|never|list),header=16(0..4096),alignment=16(1..4096),tags=free(free|both|header|table),split=0(0..1048576),growth=65536(1..1073741824),size=0(0..1099511627776)",
      );
    case 5:
      return visitor.visit<NextFit>(
        "next-fit:order=address(address|lifo|fifo|size|size-descending),remainder=insert(insert|keep),coalesce=immediate(immediate|deferred|never|list),header=16(0..4096),alignment=16(1..4096),tags=free(free|both|header|table),split=0(0..1048576),growth=65536(1..1073741824),size=0(0..1099511627776)",
      );
    case 6:
      return visitor.visit<BestFit>(
        "best-fit:order=address(address|lifo|fifo|size|size-descending),remainder=insert(insert|keep),coalesce=immediate(immediate|deferred|never|list),header=16(0..4096),alignment=16(1..4096),tags=free(free|both|header|table),split=0(0..1048576),growth=65536(1..1073741824),size=0(0..1099511627776)",
      );
    case 7:
      return visitor.visit<WorstFit>(
        "worst-fit:order=address(address|lifo|fifo|size|size-descending),remainder=insert(insert|keep),coalesce=immediate(immediate|deferred|never|list),header=16(0..4096),alignment=16(1..4096),tags=free(free|both|header|table),split=0(0..1048576),growth=65536(1..1073741824),size=0(0..1099511627776)",
      );
    case 8:
      return visitor.visit<Segregated>(
        "segregated:classes=power-of-two(power-of-two|linear),order=lifo(lifo|fifo|address),coalesce=immediate(immediate|deferred|never),header=16(8..4096),alignment=16(8..4096),tags=free(free|both),split=0(0..1048576),growth=65536(1..1073741824),size=0(0..1099511627776)",
      );
    case 9:
      return visitor.visit<Buddy>(
        "buddy:least=32(16..65536),tags=header(header|map),grow=double(double|pieces),growth=65536(4096..1073741824),size=0(0..1099511627776)",
      );
    case 10:
      return visitor.visit<Tlsf>(
        "tlsf:sl=5(2..5),growth=65536(4096..1073741824),alignment=16(16|8),system=sbrk(sbrk|mmap)",
      );
    case 11:
      return visitor.visit<Region>("region:chunk=65536(4096..1073741824),spare=1(0..1024)");
    case 12:
      return visitor.visit<Kmalloc>(
        "slab:steps=4(1|2|4|8),color=16(0..4096),empty=1(0..65536),waste=0.125(0.01..0.9),constructor=0(0..8192),largest=8192(256..131072),arena=1048576(262144..1073741824)",
      );
    case 13:
      return visitor.visit<Mimalloc>(
        "mimalloc:decommit_delay=25(0..1000000000),segment_decommit_delay=500(0..1000000000),eager_commit_delay=1(0..1000000),calls_per_second=1000000(1..9007199254740991)",
      );
    case 14:
      return visitor.visit<Jemalloc>(
        "jemalloc:cores=2(1..1024),dirty_decay_ms=10000(-1..1000000000),calls_per_second=1000000(1..9007199254740991)",
      );
    case CUSTOM_ALLOCATOR:
      return visitor.visit<Custom>("");
    default:
      return 0;
  }
}

@final
@unmanaged
class Signature {
  visit<_A extends Allocator>(signature: string): usize {
    return changetype<usize>(signature);
  }
}

@final
@unmanaged
class Creation {
  /** An allocator of the same kind that is no longer needed; null: there is none. */
  spare: usize;
  memory: HeapMemory;
  parameters: usize;

  visit<A extends Allocator>(_signature: string): usize {
    const allocator = this.spare != 0 ? changetype<A>(this.spare) : make<A>();
    if (changetype<usize>(allocator) == 0) return 0;
    memory.fill(changetype<usize>(allocator), 0, offsetof<A>());
    allocator.memory = this.memory;
    return allocator.create(this.parameters) ? changetype<usize>(allocator) : 0;
  }
}

@final
@unmanaged
class Copy {
  spare: usize;
  parent: usize;
  memory: HeapMemory;

  visit<A extends Allocator>(_signature: string): usize {
    const allocator = this.spare != 0 ? changetype<A>(this.spare) : make<A>();
    if (changetype<usize>(allocator) == 0) return 0;
    memory.copy(changetype<usize>(allocator), this.parent, offsetof<A>());
    allocator.memory = this.memory;
    return allocator.forked() ? changetype<usize>(allocator) : 0;
  }
}

@final
@unmanaged
class Soundness {
  visit<A extends Allocator>(_signature: string): usize {
    const allocator = changetype<A>(this);
    allocator.memory.hide();
    const isValid = allocator.isValid();
    allocator.memory.show();
    return isValid ? 1 : 0;
  }
}

@final
@unmanaged
class Figures {
  visit<A extends Allocator>(_signature: string): usize {
    const allocator = changetype<A>(this);
    allocator.memory.hide();
    const figures = <usize>allocator.control(HEAP_MALLINFO2, 0, 0);
    const isBroken = allocator.memory.hasStopped;
    allocator.memory.show();
    return isBroken ? 0 : figures;
  }
}

@final
@unmanaged
class Walk {
  allocator: usize;
  view: ChunkView;

  visit<A extends Allocator>(_signature: string): usize {
    const allocator = changetype<A>(this.allocator);
    const view = this.view;
    const before = view.address;
    const arena = view.arena;
    allocator.memory.hide();
    const isThere = allocator.next(view);
    allocator.memory.show();
    if (!isThere || view.bytes == 0) return 0;
    // A heap that an overrun has corrupted may lead back. Chunks that are mapped alone have no order.
    const goesBack = before != 0 && arena == view.arena && view.address <= before;
    return goesBack && view.state != <u32>CHUNK_MAPPED ? 0 : 1;
  }
}

/** An allocator's signature, a string of AssemblyScript's (UTF-16, its length in bytes before it); 0 past the last. */
export function allocatorSignature(id: u32): usize {
  return withAllocator<Signature>(id, 0);
}

/**
 * A new allocator on `memory`, in the place of `spare` where there is one; its address, 0 when memory is out. `parameters`:
 * see `Allocator.create`.
 */
export function createAllocator(id: u32, spare: usize, memory: HeapMemory, parameters: usize): usize {
  const creation = make<Creation>();
  if (changetype<usize>(creation) == 0) return 0;
  creation.spare = spare;
  creation.memory = memory;
  creation.parameters = parameters;
  return withAllocator<Creation>(id, changetype<usize>(creation));
}

/** A copy of the allocator at `parent` for the memory of a process that was forked, likewise. */
export function copyAllocator(id: u32, spare: usize, parent: usize, memory: HeapMemory): usize {
  const copy = make<Copy>();
  if (changetype<usize>(copy) == 0) return 0;
  copy.spare = spare;
  copy.parent = parent;
  copy.memory = memory;
  return withAllocator<Copy>(id, changetype<usize>(copy));
}

/** True if the allocator at `allocator`, which `createAllocator` made, is sound. */
export function isAllocatorValid(id: u32, allocator: usize): bool {
  return withAllocator<Soundness>(id, allocator) != 0;
}

/** Where the figures of the allocator at `allocator` are, FIGURES_…, as a debugger reads them; 0: it has none, or is corrupt. */
export function figuresOf(id: u32, allocator: usize): usize {
  return withAllocator<Figures>(id, allocator);
}

/** Makes a walk over an allocator's chunks; `nextChunkOf` steps it. 0 when memory is out. */
export function createWalk(allocator: usize): usize {
  const walk = make<Walk>();
  if (changetype<usize>(walk) == 0) return 0;
  walk.allocator = allocator;
  walk.view = make<ChunkView>();
  return changetype<usize>(walk.view) == 0 ? 0 : changetype<usize>(walk);
}

/** Steps the walk; where its `ChunkView` is, 0 behind the last chunk. */
export function nextChunkOf(id: u32, walk: usize): usize {
  const it = changetype<Walk>(walk);
  return withAllocator<Walk>(id, walk) != 0 ? changetype<usize>(it.view) : 0;
}

/** Begins the walk anew. */
export function restartWalk(walk: usize): void {
  memory.fill(changetype<usize>(changetype<Walk>(walk).view), 0, offsetof<ChunkView>());
}
