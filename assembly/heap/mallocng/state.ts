/**
 * What mallocng keeps beside its heap, `struct malloc_context`, and how it notices that a class's groups come and go: a
 * group that is mapped soon after one of its class was unmapped is a bounce, and after 100 of them the class keeps its
 * last group. From: src/malloc/mallocng/meta.h of musl 1.2.3.
 */
import { SI_KERNEL, SIGSEGV } from "../../abi-process";
import { allocate } from "../../core/arena";
import { Allocator } from "../contract";
import { CLASSES } from "./size-classes";

/** Classes that bounces are counted for, and the first of them. */
const COUNTED: u32 = 32;
const FIRST_COUNTED: u32 = 7;
/** A mapping this many steps after an unmapping, or later, is no bounce. */
const SOON: u32 = 10;
const BOUNCING: u8 = 100;
/** What the count begins to decay from once it has come to `BOUNCING`. */
const MANY_BOUNCES: u8 = 150;
const LAST_STEP: u32 = 255;

@unmanaged
export abstract class Mallocng extends Allocator {
  /** What meta areas are known by: random in reality, which no address depends on. */
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
  private active: usize;
  private usage: usize;
  private unmapped: usize;
  private bounces: usize;

  // What the running operation asked for, which tells where a log's mapping is.
  wantedBytes: u64;
  wantedAlignment: u64;
  wantedClass: u32;
  /** Bytes of the block that is being resized. */
  oldBytes: u64;

  /** False when memory is out. */
  protected createState(): bool {
    this.active = allocate((<u64>CLASSES) << 3);
    this.usage = allocate((<u64>CLASSES) << 3);
    this.unmapped = allocate(COUNTED);
    this.bounces = allocate(COUNTED);
    return this.active != 0 && this.usage != 0 && this.unmapped != 0 && this.bounces != 0;
  }

  /** The meta of the group that slots of class `sc` are taken from, the first of a ring; 0: there is none. */
  @inline
  activeOf(sc: u32): u64 {
    return load<u64>(this.active + ((<usize>sc) << 3));
  }

  @inline
  setActive(sc: u32, m: u64): void {
    store<u64>(this.active + ((<usize>sc) << 3), m);
  }

  /** Slots that groups of class `sc` have. */
  @inline
  usageOf(sc: u32): u64 {
    return load<u64>(this.usage + ((<usize>sc) << 3));
  }

  @inline
  setUsage(sc: u32, slots: u64): void {
    store<u64>(this.usage + ((<usize>sc) << 3), slots);
  }

  /** The process ends, as by the instruction `hlt`: the heap is corrupt, or a pointer is not what it should be. */
  crash(): void {
    if (this.memory.hasStopped) return;
    this.memory.stopped = (SIGSEGV << 8) | SI_KERNEL;
    this.memory.space.system.signalAddress = 0;
  }

  /** Crashes if what must be is not; is it? */
  @inline
  must(is: bool): bool {
    if (!is) this.crash();
    return is;
  }

  step(): void {
    if (this.sequence == LAST_STEP) {
      memory.fill(this.unmapped, 0, COUNTED);
      this.sequence = 1;
    } else {
      this.sequence++;
    }
  }

  /** A group of class `sc` is unmapped. */
  noteUnmapped(sc: u32): void {
    const n = sc - FIRST_COUNTED;
    if (n < COUNTED) store<u8>(this.unmapped + n, <u8>this.sequence);
  }

  /** A group of class `sc` is mapped. */
  noteMapped(sc: u32): void {
    const n = sc - FIRST_COUNTED;
    if (n >= COUNTED) return;
    const unmapped = <u32>load<u8>(this.unmapped + n);
    // As signed numbers: what the counter starts from again is less than what was noted before.
    if (unmapped == 0 || <i32>(this.sequence - unmapped) >= <i32>SOON) return;
    const bounces = load<u8>(this.bounces + n);
    store<u8>(this.bounces + n, bounces + 1 < BOUNCING ? bounces + 1 : MANY_BOUNCES);
  }

  /** A group of class `sc` is used again. */
  decayBounces(sc: u32): void {
    const n = sc - FIRST_COUNTED;
    if (n >= COUNTED) return;
    const bounces = load<u8>(this.bounces + n);
    if (bounces != 0) store<u8>(this.bounces + n, bounces - 1);
  }

  isBouncing(sc: u32): bool {
    const n = sc - FIRST_COUNTED;
    return n < COUNTED && load<u8>(this.bounces + n) >= BOUNCING;
  }
}
