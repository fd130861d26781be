/**
 * musl's allocator (mallocng), exact: the addresses are those that musl 1.2.3 gives, as Debian ships it. From:
 * src/malloc/mallocng and src/malloc/calloc.c, posix_memalign.c, memalign.c of musl 1.2.3; x86-64's pages.
 *
 * Differences:
 *  - `malloc_context` is not in the C library's data segment but outside process memory, and its secret is a parameter:
 *    no address depends on either.
 *  - Threads share all there is, under one lock, so a log's order of calls is all that counts.
 *  - What the dynamic linker donates is an operation of the log, `__malloc_donate`: which bytes of its last page a segment
 *    leaves is not in /proc/PID/maps.
 *  - pvalloc, which musl has not, is memalign of whole pages; malloc_trim and mallopt do nothing.
 */
import { HEAP_DONATE, HEAP_POSIX_MEMALIGN } from "../../abi/heap";
import { EINVAL, ENOMEM, PROT_READ, PROT_WRITE, VM_READ, VM_WRITE } from "../../abi/linux";
import { brk } from "../../process/calls/break";
import { ChunkView } from "../contract";
import { NO_MEMORY } from "../memory";
import { product } from "../parts";
import { donate } from "./donate";
import { freeBlock } from "./free";
import { allocSlot } from "./groups";
import { GROUP_META, Group, META_AVAIL, META_GROUP, META_SHAPE, Meta, PAGE, Shape, Slot } from "./layout";
import { allocMeta } from "./metas";
import { relocateBlock } from "./placing";
import { alignWithin, MUST_MOVE, mayAlign, resize } from "./resize";
import { CLASSES, classBytes, classOf, IN_BAND, MAPPED_CLASS, MMAP_THRESHOLD, UNIT } from "./size-classes";
import { enframe, findMeta, nominalSize } from "./slots";
import { isSound } from "./sound";
import { Mallocng } from "./state";
import { nextChunk, outerMeta } from "./walk";

/** So many bytes or more are refused before anything else. */
const TOO_MANY: u64 = u64.MAX_VALUE / 2 - 4096;
/** While a class has none of its own, slots of the next one are used, up to so many. */
const MOST_COARSE: u64 = 12;

@final
@unmanaged
export class Musl extends Mallocng {
  create(parameters: usize): bool {
    this.secret = <u64>load<f64>(parameters);
    this.wantedAlignment = UNIT;
    this.memory.clearLibrary();
    this.takeBackHeap();
    return true;
  }

  /**
   * Regions of a program that musl has started, as a log's maps show them, have its first meta area, behind the guard. It
   * is made anew, by what the log says to have been donated.
   */
  private takeBackHeap(): void {
    const space = this.memory.space;
    const first = space.regions.at(space.startBrk);
    const isGuard = changetype<usize>(first) != 0 && !first.has(VM_READ) && !first.has(VM_WRITE);
    if (isGuard && space.brk > space.startBrk) brk(space, space.startBrk);
  }

  malloc(bytes: u64): u64 {
    if (bytes >= MMAP_THRESHOLD) return bytes >= TOO_MANY ? this.lack() : this.mapBlock(bytes);
    let sc = classOf(bytes);
    let m = this.activeOf(sc);
    if (m == 0 && sc >= 4) {
      sc = this.coarseClass(sc);
      m = this.activeOf(sc);
    }
    const memory = this.memory;
    const mask = m == 0 ? 0 : Meta.avail(memory, m);
    if (mask == 0) return this.slotSlowly(sc, bytes);
    Meta.setAvail(memory, m, mask & (mask - 1));
    return enframe(this, m, ctz(mask), bytes, this.mmapCounter);
  }

  /** The class to take a slot of where `sc` has no groups: the next one, while few of that are in use. */
  private coarseClass(sc: u32): u32 {
    if (sc >= 32 || sc == 6 || (sc & 1) != 0 || this.usageOf(sc) != 0) return sc;
    const memory = this.memory;
    let usage = this.usageOf(sc | 1);
    const m = this.activeOf(sc | 1);
    if (m == 0 || (Meta.avail(memory, m) == 0 && Meta.freed(memory, m) == 0)) usage += 3;
    return usage <= MOST_COARSE ? sc | 1 : sc;
  }

  private slotSlowly(sc: u32, bytes: u64): u64 {
    this.wantedBytes = bytes;
    this.wantedClass = sc;
    const index = allocSlot(this, sc, bytes, 0);
    if (index < 0) return this.lack();
    return enframe(this, this.activeOf(sc), index, bytes, this.mmapCounter);
  }

  /** A block in a mapping of its own. */
  private mapBlock(bytes: u64): u64 {
    const memory = this.memory;
    const needed = (bytes + IN_BAND + UNIT + PAGE - 1) & ~(PAGE - 1);
    let group = memory.mmap(needed, PROT_READ | PROT_WRITE);
    if (group == NO_MEMORY) return this.lack();
    this.step();
    const m = allocMeta(this);
    if (m == 0) {
      memory.munmap(group, needed);
      return this.lack();
    }
    this.mmapCounter++;
    this.wantedBytes = bytes;
    if (memory.recorded != 0) group = relocateBlock(this, group, needed);
    memory.write<u64>(m + META_GROUP, group);
    memory.write<u64>(m + META_AVAIL, 0);
    memory.write<u64>(group + GROUP_META, m);
    Meta.setShape(memory, m, Shape.make(0, true, MAPPED_CLASS, needed / PAGE));
    return enframe(this, m, 0, bytes, this.mmapCounter);
  }

  private lack(): u64 {
    this.memory.errno = ENOMEM;
    return 0;
  }

  calloc(count: u64, bytes: u64): u64 {
    const wanted = product(this, count, bytes);
    if (wanted == u64.MAX_VALUE) return 0;
    const p = this.malloc(wanted);
    if (p != 0 && !this.isZero(p) && !this.memory.hasStopped) this.clear(p, wanted);
    return p;
  }

  /** True if a new block is in fresh memory of its own. */
  private isZero(p: u64): bool {
    const memory = this.memory;
    const m = findMeta(this, p);
    if (m == 0) return false;
    const shape = Meta.shape(memory, m);
    const sc = Shape.sizeClass(shape);
    return sc >= CLASSES || Shape.stride(shape) < classBytes(sc);
  }

  /** Makes a block zero, from its end; pages that are zero are not stored to, except that the first is. */
  private clear(p: u64, bytes: u64): void {
    const memory = this.memory;
    if (bytes >= PAGE) {
      let end = p + bytes;
      let dirty = end & (PAGE - 1);
      for (;;) {
        end -= dirty;
        memory.fill(end, 0, dirty);
        bytes = end - p;
        if (bytes < PAGE || memory.hasStopped) break;
        dirty = this.dirtyBytes(end);
        // The bytes above were read, and are zero.
        end -= PAGE - dirty;
      }
    }
    memory.fill(p, 0, bytes);
  }

  /** How many bytes of the page that ends at `end` there are up to the last that is not zero, in steps of 16. */
  private dirtyBytes(end: u64): u64 {
    const memory = this.memory;
    for (let n: u64 = PAGE; n != 0; n -= 16, end -= 16) {
      if ((memory.read<u64>(end - 8) | memory.read<u64>(end - 16)) != 0) return n;
      if (n == PAGE && memory.isBlank(end - 16)) return 0;
    }
    return 0;
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    if (bytes >= TOO_MANY) return this.lack();
    const resized = resize(this, address, bytes);
    if (resized != MUST_MOVE) return resized;
    const had = this.oldBytes;
    const moved = this.malloc(bytes);
    if (moved == 0) return 0;
    this.memory.copy(moved, address, min(had, bytes));
    freeBlock(this, address);
    return moved;
  }

  free(address: u64): void {
    if (address != 0) freeBlock(this, address);
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    if (operation == HEAP_POSIX_MEMALIGN && alignment < 8) {
      this.memory.errno = EINVAL;
      return 0;
    }
    if (!mayAlign(this, alignment, bytes)) return 0;
    alignment = max(alignment, UNIT);
    this.wantedAlignment = alignment;
    const p = this.malloc(bytes + alignment - UNIT);
    this.wantedAlignment = UNIT;
    return p == 0 ? 0 : alignWithin(this, p, alignment, bytes);
  }

  usableSize(address: u64): u64 {
    if (address == 0) return 0;
    const memory = this.memory;
    const m = findMeta(this, address);
    if (m == 0) return 0;
    const stride = Shape.stride(Meta.shape(memory, m));
    const start = Group.slot(Meta.group(memory, m), stride, Slot.index(memory, address));
    return nominalSize(this, address, Group.end(start, stride));
  }

  control(operation: u32, a: u64, b: u64): u64 {
    if (operation == HEAP_DONATE) donate(this, a, b);
    return 0;
  }

  footprint(address: u64): u64 {
    const shape = this.memory.peek<u64>(outerMeta(this, address) + META_SHAPE);
    return Shape.sizeClass(shape) < CLASSES ? Shape.stride(shape) : Shape.pages(shape) * PAGE;
  }

  forked(): bool {
    return true;
  }

  next(view: ChunkView): bool {
    return nextChunk(this, view);
  }

  isValid(): bool {
    return isSound(this);
  }
}
