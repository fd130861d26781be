/**
 * The state of mallocng outside its heap, `struct malloc_context`, and how it notices that a class's groups come and go: a
 * group that is mapped soon after one of its class was unmapped is a bounce, and after 100 of them the class keeps its
 * last group. From: src/malloc/mallocng/meta.h of musl 1.2.3. Numbers are fields here; what fork has to copy by address
 * lies among the library's data:
 *
 *   LIBRARY:  0              384            768             800           832
 *             ├ active, 48 × ┼ usage, 48 × ─┼ unmapped, 32 ×┼ bounces, 32 × ┤
 *               u64            u64            u8              u8
 */
import { SI_KERNEL, SIGSEGV } from "../../abi/linux";
import { LIBRARY } from "../access";
import { Allocator } from "../contract";
import { HeapMemory } from "../memory";
import { CLASSES } from "./size-classes";

const ACTIVE: u64 = LIBRARY;
const USAGE: u64 = ACTIVE + ((<u64>CLASSES) << 3);
const UNMAPPED: u64 = USAGE + ((<u64>CLASSES) << 3);

/** Classes that bounces are counted for, and the first of them. */
const COUNTED: u32 = 32;
const FIRST_COUNTED: u32 = 7;
const BOUNCES: u64 = UNMAPPED + COUNTED;
/** A mapping this many steps after an unmapping, or later, is not a bounce. */
const SOON: u32 = 10;
const BOUNCING: u8 = 100;
/** The value from which the count decays once it has reached `BOUNCING`. */
const MANY_BOUNCES: u8 = 150;
const LAST_STEP: u32 = 255;

@unmanaged
export abstract class Mallocng extends Allocator {
  /** The check of meta areas: random in reality; no address depends on it. */
  secret: u64;
  /** Mappings that were made for groups and blocks; slots begin to cycle through their offsets from it. */
  mmapCounter: u32;
  /** Metas that are free, a ring. */
  freeMetas: u64;
  /** The next meta that was never used, and how many follow it in its area. */
  freshMeta: u64;
  freshMetas: u64;
  /** The next page for a meta area, and how many there are. */
  freshArea: u64;
  freshAreas: u64;
  firstArea: u64;
  lastArea: u64;
  /** Mappings for meta areas double: so often they have. */
  areaShift: u32;
  /** The end of the heap as mallocng moved it last; 0: not yet. */
  brk: u64;
  hasNoBrk: bool;
  /** Mappings and unmappings of groups, counted from 1 to 255 over and over. */
  private sequence: u32;

  // The request of the running operation, from which the place of a log's mapping is found.
  wantedBytes: u64;
  wantedAlignment: u64;
  wantedClass: u32;
  /** Bytes of the block that is being resized. */
  oldBytes: u64;

  /** The meta of the group that slots of class `sc` are taken from, the first of a ring; 0: there is none. */
  @inline
  activeOf(sc: u32): u64 {
    return this.memory.read<u64>(ACTIVE + ((<u64>sc) << 3));
  }

  @inline
  setActive(sc: u32, m: u64): void {
    this.memory.write<u64>(ACTIVE + ((<u64>sc) << 3), m);
  }

  /** Slots that groups of class `sc` have. */
  @inline
  usageOf(sc: u32): u64 {
    return this.memory.read<u64>(USAGE + ((<u64>sc) << 3));
  }

  @inline
  setUsage(sc: u32, slots: u64): void {
    this.memory.write<u64>(USAGE + ((<u64>sc) << 3), slots);
  }

  /** The process ends, as by the instruction `hlt`: the heap is corrupt, or a pointer is not what it should be. */
  crash(): void {
    if (this.memory.hasStopped) return;
    this.memory.stopped = (SIGSEGV << 8) | SI_KERNEL;
    this.memory.space.system.signalAddress = 0;
  }

  /** Crashes unless the condition holds. Returns the condition. */
  @inline
  must(is: bool): bool {
    if (!is) this.crash();
    return is;
  }

  step(): void {
    if (this.sequence == LAST_STEP) {
      this.memory.fill(UNMAPPED, 0, COUNTED);
      this.sequence = 1;
    } else {
      this.sequence++;
    }
  }

  /** A group of class `sc` is unmapped. */
  noteUnmapped(sc: u32): void {
    const n = sc - FIRST_COUNTED;
    if (n < COUNTED) this.memory.write<u8>(UNMAPPED + n, <u8>this.sequence);
  }

  /** A group of class `sc` is mapped. */
  noteMapped(sc: u32): void {
    const n = sc - FIRST_COUNTED;
    if (n >= COUNTED) return;
    const unmapped = <u32>this.memory.read<u8>(UNMAPPED + n);
    // As signed numbers: what the counter starts from again is less than what was noted before.
    if (unmapped == 0 || <i32>(this.sequence - unmapped) >= <i32>SOON) return;
    const bounces = this.memory.read<u8>(BOUNCES + n);
    this.memory.write<u8>(BOUNCES + n, bounces + 1 < BOUNCING ? bounces + 1 : MANY_BOUNCES);
  }

  /** A group of class `sc` is used again. */
  decayBounces(sc: u32): void {
    const n = sc - FIRST_COUNTED;
    if (n >= COUNTED) return;
    const bounces = this.memory.read<u8>(BOUNCES + n);
    if (bounces != 0) this.memory.write<u8>(BOUNCES + n, bounces - 1);
  }

  isBouncing(sc: u32): bool {
    const n = sc - FIRST_COUNTED;
    return n < COUNTED && this.memory.read<u8>(BOUNCES + n) >= BOUNCING;
  }
}

/** As `activeOf` and `usageOf`, for a look from outside. */
export function peekActive(memory: HeapMemory, sc: u32): u64 {
  return memory.peek<u64>(ACTIVE + ((<u64>sc) << 3));
}

export function peekUsage(memory: HeapMemory, sc: u32): u64 {
  return memory.peek<u64>(USAGE + ((<u64>sc) << 3));
}
