/**
 * A process's memory as an allocator has it: words at addresses, and system calls for more. Every header that an
 * allocator keeps lies here, where the process can read it and overwrite it.
 *
 * An access costs the two loads and the compare of `Bytes.find`; only the first store to a page is more, or, with
 * `HEAP_WATCHED`, each one. What goes wrong is a value: `stopped` is set, loads give zeros from then on, and whoever loops asks
 * `hasStopped`.
 */

import { KIND_LOAD, KIND_STORE } from "../abi";
import { HEAP_QUIET, HEAP_WATCHED } from "../abi-heap";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  SEGV_ACCERR,
  SEGV_MAPERR,
  SIGABRT,
  SIGKILL,
  SIGSEGV,
  VM_READ,
  VM_WRITE,
} from "../abi-process";
import { allocate, make } from "../core/arena";
import { touchRange } from "../process/access";
import { madvise } from "../process/calls/advise";
import { brk } from "../process/calls/break";
import { mmap } from "../process/calls/map";
import { mprotect } from "../process/calls/protect";
import { mremap } from "../process/calls/remap";
import { munmap } from "../process/calls/unmap";
import { Bytes, MOST_ADDRESS } from "../process/memory/bytes";
import { Space } from "../process/space/space";

/** What a call for memory gives when there is none, as MAP_FAILED and MORECORE_FAILURE. */
export const NO_MEMORY: u64 = u64.MAX_VALUE;

const PAGE: u64 = 4096;
/**
 * Where the C library's own data lie: behind all memory that a process of 47 or 48 bits can have, so that they need no
 * region. Their pages are the library's, which are in memory before the first allocation; touching them is no reference.
 */
export const LIBRARY: u64 = 0xfffe_0000_0000;
/** So few bytes are filled by words: V8's memory.fill costs more. */
const FEW_BYTES: u64 = 256;
/** Cache lines of an operation that are told apart: a line's last operation, by its number's low bits. */
const LINE_SLOTS: u32 = 1024;
const LINE_TABLE_BYTES: u64 = LINE_SLOTS << 3;
const LINE_SHIFT: u64 = 6;

@final
@unmanaged
export class HeapMemory {
  // The host reads these, at abi-heap's HEAP_….
  committed: u64;
  peakCommitted: u64;
  brkCalls: u64;
  mmapCalls: u64;
  munmapCalls: u64;
  mremapCalls: u64;
  mprotectCalls: u64;
  madviseCalls: u64;
  steps: u64;
  lines: u64;
  taken: u64;
  /** Signal << 8 | code, once the process has got one in the allocator. */
  stopped: u32;
  /** What the allocator wrote to standard error before it aborted: a string of AssemblyScript's; 0: nothing. */
  message: usize;

  space: Space;
  private bytes: Bytes;
  /** Pages that need no more than to be found (`Bytes.find`); none where each access is a reference. */
  private recent: usize;
  /** A table of recent pages that has none. */
  private none: usize;
  /** `HEAP_QUIET`, `HEAP_PAGES` or `HEAP_WATCHED`. */
  mode: u32;
  /** The thread whose operation runs, a dense number. */
  thread: u32;
  /** errno of the last operation that failed. */
  errno: u32;
  /** What the log says that the running operation returned; 0: nothing. Mappings are put where it shows them to have been. */
  recorded: u64;
  /** The running operation's number, by which its cache lines are told from others'. */
  operation: u32;
  private lineTable: usize;
  /** A word of zeros for accesses that went wrong. */
  private nowhere: usize;
  /** While accesses are hidden: what they may not change. */
  private shownMode: u32;
  private shownStop: u32;
  private shownSteps: u64;

  /** In the place of `spare` where there is one; null when memory is out. */
  static create(spare: HeapMemory, space: Space, mode: u32): HeapMemory {
    const nothing = changetype<HeapMemory>(0);
    const memory = changetype<usize>(spare) != 0 ? spare : make<HeapMemory>();
    if (changetype<usize>(memory) == 0) return nothing;
    if (changetype<usize>(space.bytes) == 0) space.bytes = Bytes.create();
    if (changetype<usize>(space.bytes) == 0) return nothing;
    if (!memory.clear()) return nothing;
    memory.space = space;
    memory.bytes = space.bytes;
    memory.mode = mode;
    if (mode != HEAP_WATCHED) memory.recent = space.bytes.recent;
    return memory;
  }

  /** All fields are zero, and its tables empty; false when memory is out. */
  private clear(): bool {
    const lineTable = this.lineTable != 0 ? this.lineTable : allocate(LINE_TABLE_BYTES);
    const nowhere = this.nowhere != 0 ? this.nowhere : allocate(64);
    const none = this.none != 0 ? this.none : Bytes.noRecent();
    if (lineTable == 0 || nowhere == 0 || none == 0) return false;
    memory.fill(changetype<usize>(this), 0, offsetof<HeapMemory>());
    memory.fill(lineTable, 0, <usize>LINE_TABLE_BYTES);
    this.lineTable = lineTable;
    this.nowhere = nowhere;
    this.none = none;
    this.recent = none;
    return true;
  }

  /** Goes on with the counts of the heap of the process that has forked, its operations among them. */
  inherit(parent: HeapMemory): void {
    this.operation = parent.operation;
    memory.copy(changetype<usize>(this), changetype<usize>(parent), offsetof<HeapMemory>("stopped"));
  }

  /** The library's data are all zero, as a program begins with them. */
  clearLibrary(): void {
    this.bytes.discard(LIBRARY, MOST_ADDRESS);
  }

  /** An operation of `thread` begins, which the log says to have returned `recorded`. */
  @inline
  begin(thread: u32, recorded: u64): void {
    this.thread = thread;
    this.recorded = recorded;
    this.errno = 0;
    this.operation++;
  }

  @inline
  get hasStopped(): bool {
    return this.stopped != 0;
  }

  /** One more node of a list, tree or bitmap has been looked at in a search. */
  @inline
  step(): void {
    this.steps++;
  }

  /** The value at `va`, aligned to its size. */
  @inline
  read<T>(va: u64): T {
    const entry = Bytes.entry(this.recent, va);
    return load<T>(Bytes.has(entry, va) ? Bytes.at(entry, va) : this.readSlowly(va, sizeof<T>()));
  }

  /** Stores `value` at `va`, aligned to its size. */
  @inline
  write<T>(va: u64, value: T): void {
    const entry = Bytes.entry(this.recent, va);
    store<T>(Bytes.has(entry, va) ? Bytes.at(entry, va) : this.writeSlowly(va, sizeof<T>()), value);
  }

  /** What is at `va`, aligned to its size, as a debugger reads it: no reference, and zero where nothing is. */
  @inline
  peek<T>(va: u64): T {
    return load<T>(va < MOST_ADDRESS ? this.bytes.readable(va) : this.nowhere);
  }

  private readSlowly(va: u64, size: u32): usize {
    const at = this.writtenAt(va);
    if (at != 0) return at;
    return this.touch(va, size, KIND_LOAD) ? this.bytes.readable(va) : this.nowhere;
  }

  private writeSlowly(va: u64, size: u32): usize {
    const found = this.writtenAt(va);
    if (found != 0) return found;
    if (!this.touch(va, size, KIND_STORE)) return this.scrap();
    const at = this.bytes.write(va);
    if (at != 0) return at;
    this.fail();
    return this.scrap();
  }

  /** Where the byte at `va` is, if its page was written before and no reference has to be made; else 0. */
  private writtenAt(va: u64): usize {
    return va < MOST_ADDRESS && this.mode != HEAP_WATCHED ? this.bytes.written(va) : 0;
  }

  /** Where a store goes that must not be. */
  private scrap(): usize {
    return this.nowhere + 32;
  }

  /** Makes the reference, where the mode says so; false when it brought a signal. */
  private touch(va: u64, size: u64, kind: u32): bool {
    if (this.hasStopped) return false;
    if (this.mode == HEAP_WATCHED) this.countLines(va, size);
    if (va >= LIBRARY && va < MOST_ADDRESS) return true;
    const signal = this.mode == HEAP_QUIET ? this.check(va, kind) : this.refer(va, size, kind);
    this.stopped = signal;
    if (signal == 0) return va < MOST_ADDRESS;
    this.space.system.signalAddress = va;
    return false;
  }

  /** What Wasm's memory cannot hold ends the process, too: the system knows why. */
  private refer(va: u64, size: u64, kind: u32): u32 {
    const signal = touchRange(this.space, va, size, kind);
    return signal == 0 && this.space.system.hasFailed ? SIGKILL << 8 : signal;
  }

  private check(va: u64, kind: u32): u32 {
    const region = this.space.regions.at(va);
    if (changetype<usize>(region) == 0) return (SIGSEGV << 8) | SEGV_MAPERR;
    return region.has(kind == KIND_LOAD ? VM_READ : VM_WRITE) ? 0 : (SIGSEGV << 8) | SEGV_ACCERR;
  }

  private countLines(va: u64, size: u64): void {
    const last = (va + size - 1) >> LINE_SHIFT;
    for (let line = va >> LINE_SHIFT; line <= last; line++) this.countLine(line);
  }

  private countLine(line: u64): void {
    const slot = this.lineTable + ((<usize>line & (LINE_SLOTS - 1)) << 3);
    const mark = (line << 20) | (this.operation & 0xfffff);
    if (load<u64>(slot) == mark) return;
    store<u64>(slot, mark);
    this.lines++;
  }

  /**
   * Accesses are not the allocator's own from now on, until `show`: no reference, no line, no step, no signal. For walks
   * and checks.
   */
  hide(): void {
    this.shownMode = this.mode;
    this.shownStop = this.stopped;
    this.shownSteps = this.steps;
    this.mode = HEAP_QUIET;
    this.stopped = 0;
    this.recent = this.bytes.recent;
  }

  show(): void {
    this.mode = this.shownMode;
    this.stopped = this.shownStop;
    this.steps = this.shownSteps;
    if (this.mode == HEAP_WATCHED) this.recent = this.none;
  }

  /** Wasm's memory is out. */
  fail(): void {
    this.space.system.fail();
    this.stopped = SIGKILL << 8;
  }

  /** The program uses `count` bytes at `va`, first by stores: pages that were not written yet are touched. */
  use(va: u64, count: u64): void {
    if (count == 0 || this.hasStopped) return;
    if (this.mode == HEAP_WATCHED) {
      this.stopped = this.refer(va, count, KIND_STORE);
      return;
    }
    const end = va + count;
    for (let page = va & ~(PAGE - 1); page < end && !this.hasStopped; page += PAGE) {
      if (this.bytes.written(page) == 0) this.writeSlowly(max(page, va), 1);
    }
  }

  /** memcpy: what was never written is not copied, but the pages that it would go to are touched. */
  copy(to: u64, from: u64, count: u64): void {
    while (count != 0 && !this.hasStopped) {
      const step = min(count, min(PAGE - (to & (PAGE - 1)), PAGE - (from & (PAGE - 1))));
      const source = this.readRange(from, step);
      const target = this.writeRange(to, step);
      if (this.hasStopped) return;
      memory.copy(target, source, <usize>step);
      to += step;
      from += step;
      count -= step;
    }
  }

  private readRange(va: u64, count: u64): usize {
    const entry = Bytes.entry(this.recent, va);
    if (Bytes.has(entry, va)) return Bytes.at(entry, va);
    const at = this.writtenAt(va);
    if (at != 0) return at;
    return this.touch(va, count, KIND_LOAD) ? this.bytes.readable(va) : this.nowhere;
  }

  private writeRange(va: u64, count: u64): usize {
    const entry = Bytes.entry(this.recent, va);
    if (Bytes.has(entry, va)) return Bytes.at(entry, va);
    const found = this.writtenAt(va);
    if (found != 0) return found;
    if (!this.touch(va, count, KIND_STORE)) return this.scrap();
    const at = this.bytes.write(va);
    if (at == 0) this.fail();
    return at;
  }

  /** memset. */
  fill(va: u64, value: u8, count: u64): void {
    while (count != 0 && !this.hasStopped) {
      const step = min(count, PAGE - (va & (PAGE - 1)));
      const target = this.writeRange(va, step);
      if (this.hasStopped) return;
      if (step > FEW_BYTES || (step & 7) != 0) memory.fill(target, value, <usize>step);
      else fillWords(target, <u64>value * 0x0101010101010101, <usize>step);
      va += step;
      count -= step;
    }
  }

  /** The program is ended by the allocator, with a message on standard error. */
  abort(message: string): void {
    if (this.hasStopped) return;
    this.stopped = SIGABRT << 8;
    this.message = changetype<usize>(message);
  }

  /** sbrk(2): the old end of the heap; `NO_MEMORY`. */
  sbrk(delta: i64): u64 {
    const space = this.space;
    const before = space.brk;
    if (delta == 0) return before;
    this.brkCalls++;
    this.charge();
    const wanted = before + <u64>delta;
    if (brk(space, wanted) != wanted) return NO_MEMORY;
    this.commit(delta);
    return before;
  }

  /** The end of the heap, as sbrk(0) tells it. */
  @inline
  get breakAddress(): u64 {
    return this.space.brk;
  }

  /** mmap(2) of private anonymous memory at an address that the kernel chooses; `protection` PROT_…; `NO_MEMORY`. */
  mmap(count: u64, protection: u32): u64 {
    return this.map(
      0,
      count,
      protection,
      MAP_PRIVATE | MAP_ANONYMOUS | (protection == PROT_NONE ? MAP_NORESERVE : 0),
    );
  }

  /** mmap(2) with a hint and flags of its own; `NO_MEMORY`. */
  map(hint: u64, count: u64, protection: u32, flags: u32): u64 {
    this.mmapCalls++;
    this.charge();
    const at = mmap(this.space, hint, count, protection, flags, 0, 0);
    if (at < 0) return NO_MEMORY;
    if (protection != PROT_NONE) this.commit(<i64>count);
    return <u64>at;
  }

  /**
   * A mapping just made at `at` goes to `wanted`, where the log shows that it was, unless something is there: then the
   * difference is another. Where it then is. Nothing was stored to it yet.
   */
  relocate(at: u64, wanted: u64, count: u64, protection: u32): u64 {
    if (at == wanted) return at;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | (protection == PROT_NONE ? MAP_NORESERVE : 0);
    munmap(this.space, at, count);
    const moved = mmap(this.space, wanted, count, protection, flags | MAP_FIXED_NOREPLACE, 0, 0);
    if (moved >= 0) {
      this.taken++;
      return <u64>moved;
    }
    mmap(this.space, at, count, protection, flags | MAP_FIXED, 0, 0);
    return at;
  }

  /** A mapping that mremap has put at `at` goes to `wanted`, likewise. */
  relocateUsed(at: u64, wanted: u64, count: u64): u64 {
    if (at == wanted || this.isMappedWithin(wanted, wanted + count)) return at;
    const moved = mremap(this.space, at, count, count, MREMAP_MAYMOVE | MREMAP_FIXED, wanted);
    if (moved < 0) return at;
    this.taken++;
    return <u64>moved;
  }

  private isMappedWithin(start: u64, end: u64): bool {
    const region = this.space.regions.find(start);
    return changetype<usize>(region) != 0 && region.start < end;
  }

  /** munmap(2) of memory that can be used; false when it failed. */
  munmap(va: u64, count: u64): bool {
    this.munmapCalls++;
    this.charge();
    if (munmap(this.space, va, count) != 0) return false;
    this.commit(-(<i64>count));
    return true;
  }

  /** munmap(2) of memory that was PROT_NONE. */
  unreserve(va: u64, count: u64): bool {
    this.munmapCalls++;
    this.charge();
    return munmap(this.space, va, count) == 0;
  }

  /** mremap(2) with MREMAP_MAYMOVE or 0; `NO_MEMORY`. */
  mremap(va: u64, before: u64, after: u64, mayMove: bool): u64 {
    this.mremapCalls++;
    this.charge();
    const at = mremap(this.space, va, before, after, mayMove ? MREMAP_MAYMOVE : 0, 0);
    if (at < 0) return NO_MEMORY;
    this.commit(<i64>after - <i64>before);
    return <u64>at;
  }

  /** mprotect(2) that makes PROT_NONE memory readable and writable. */
  unprotect(va: u64, count: u64): bool {
    this.mprotectCalls++;
    this.charge();
    if (mprotect(this.space, va, count, PROT_READ | PROT_WRITE) != 0) return false;
    this.commit(<i64>count);
    return true;
  }

  /** madvise(2); false when it failed. */
  madvise(va: u64, count: u64, advice: u32): bool {
    this.madviseCalls++;
    this.charge();
    return madvise(this.space, va, count, advice) == 0;
  }

  /** Counts bytes that were got or given back without a call of this class. */
  commit(delta: i64): void {
    this.committed += <u64>delta;
    if (this.committed > this.peakCommitted) this.peakCommitted = this.committed;
  }

  private charge(): void {
    this.space.callCycles += this.space.system.callCost;
  }
}

/** Writes one word after the other. */
function fillWords(at: usize, value: u64, count: usize): void {
  for (const end = at + count; at < end; at += 8) store<u64>(at, value);
}
