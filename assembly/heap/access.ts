/**
 * A process's memory as an allocator's code has it: words at addresses. Every header that an allocator keeps lies here, where
 * the process can read it and overwrite it.
 *
 * An access costs two loads and a compare (`RecentPages`); only the first store to a page is more, or, with `HEAP_WATCHED`,
 * each one. What goes wrong is a value: `stopped` is set, loads give zeros from then on, and whoever loops asks `hasStopped`.
 */

import { KIND_LOAD, KIND_STORE } from "../abi/core";
import { HEAP_QUIET, HEAP_WATCHED } from "../abi/heap";
import { SEGV_ACCERR, SEGV_MAPERR, SIGABRT, SIGKILL, SIGSEGV, VM_READ, VM_WRITE } from "../abi/linux";
import { touchRange } from "../process/references/access";
import { Bytes, MOST_ADDRESS } from "../process/space/bytes";
import { RecentPages } from "../process/space/recent-pages";
import { Space } from "../process/space/space";

const PAGE: u64 = 4096;
/**
 * Where the C library's own data lie: behind all memory that a process of 47 or 48 bits can have, so that they need no
 * region. Their pages are the library's, which are in memory before the first allocation; touching them is not a reference.
 */
export const LIBRARY: u64 = 0xfffe_0000_0000;
/** So few bytes are filled by vectors: V8's memory.fill costs more. */
const FEW_BYTES: u64 = 1024;
/** The number of cache lines that an operation distinguishes: a line's last operation, by its number's low bits. */
const LINE_SLOTS: u32 = 1024;
export const LINE_TABLE_BYTES: u64 = LINE_SLOTS << 3;
const LINE_SHIFT: u64 = 6;

@unmanaged
export class MemoryAccess extends RecentPages {
  // The host reads these, at abi/heap's HEAP_….
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
  /** The allocator's message on standard error before it aborted: a string of AssemblyScript's; 0: nothing. */
  message: usize;

  space: Space;
  protected bytes: Bytes;
  /** Pages that were written before are found at once; not where each access is a reference. */
  protected remembers: bool;
  /** `HEAP_QUIET`, `HEAP_PAGES` or `HEAP_WATCHED`. */
  mode: u32;
  /** The thread whose operation runs, a dense number. */
  thread: u32;
  /** errno of the last operation that failed. */
  errno: u32;
  /** The recorded result of the running operation; 0: none. Mappings are placed where it shows them to have been. */
  recorded: u64;
  /** Only the allocator stores to its headers, and its loads are not references: it may keep the values itself. */
  isOwn: bool;
  /** The running operation's number, which marks its cache lines. */
  operation: u32;
  protected lineTable: usize;
  /** A word of zeros for accesses that went wrong. */
  protected nowhere: usize;
  /** While accesses are hidden: what they may not change. */
  private shownMode: u32;
  private shownStop: u32;
  private shownSteps: u64;

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
    const entry = this.entry(va);
    return load<T>(this.has(entry, va) ? this.at(entry, va) : this.readSlowly(va, sizeof<T>()));
  }

  /** Stores `value` at `va`, aligned to its size. */
  @inline
  write<T>(va: u64, value: T): void {
    const entry = this.entry(va);
    store<T>(this.has(entry, va) ? this.at(entry, va) : this.writeSlowly(va, sizeof<T>()), value);
  }

  /** Reads the value at `va`, aligned to its size, as a debugger does: no reference, and zero where nothing is mapped. */
  @inline
  peek<T>(va: u64): T {
    return load<T>(va < MOST_ADDRESS ? this.bytes.readable(va) : this.nowhere);
  }

  /** Stores what the real allocator does not keep, among the library's data: no reference. `peek` reads it. */
  note<T>(va: u64, value: T): void {
    const at = this.bytes.write(va);
    if (at == 0) this.fail();
    else store<T>(at, value);
  }

  /** True if the page was never written, so that the rest of it need not be read. False where loads are references. */
  isBlank(va: u64): bool {
    return this.mode != HEAP_WATCHED && va < MOST_ADDRESS && this.bytes.written(va) == 0;
  }

  private readSlowly(va: u64, size: u32): usize {
    const at = this.writtenAt(va);
    if (at != 0) return at;
    return this.touch(va, size, KIND_LOAD) ? this.bytes.readable(va) : this.nowhere;
  }

  private writeSlowly(va: u64, size: u32): usize {
    const found = this.writtenAt(va);
    return found != 0 ? found : this.writeFirst(va, size);
  }

  /** Where the byte at `va` is, if its page was written before and no reference has to be made; else 0. */
  private writtenAt(va: u64): usize {
    if (va >= MOST_ADDRESS || this.mode == HEAP_WATCHED) return 0;
    const at = this.bytes.written(va);
    if (at != 0 && this.remembers) this.remember(va, at);
    return at;
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
    const signal = this.mode == HEAP_QUIET ? this.check(va, kind) : this.makeReference(va, size, kind);
    this.stopped = signal;
    if (signal == 0) return va < MOST_ADDRESS;
    this.space.system.signalAddress = va;
    return false;
  }

  /** Returns the signal, 0 if none. Lack of Wasm's memory ends the process, too; the system has the reason. */
  private makeReference(va: u64, size: u64, kind: u32): u32 {
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
  }

  show(): void {
    this.mode = this.shownMode;
    this.stopped = this.shownStop;
    this.steps = this.shownSteps;
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
      this.stopped = this.makeReference(va, count, KIND_STORE);
      return;
    }
    const end = va + count;
    for (let page = va & ~(PAGE - 1); page < end && !this.hasStopped; page += PAGE) {
      if (this.foundAt(page) == 0) this.writeFirst(max(page, va), 1);
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

  /** As `writtenAt`, by the recent pages first. */
  @inline
  private foundAt(va: u64): usize {
    const entry = this.entry(va);
    return this.has(entry, va) ? this.at(entry, va) : this.writtenAt(va);
  }

  private readRange(va: u64, count: u64): usize {
    const at = this.foundAt(va);
    if (at != 0) return at;
    return this.touch(va, count, KIND_LOAD) ? this.bytes.readable(va) : this.nowhere;
  }

  private writeRange(va: u64, count: u64): usize {
    const at = this.foundAt(va);
    return at != 0 ? at : this.writeFirst(va, count);
  }

  /** Makes the reference of a store to `count` bytes in one page; where they then are. */
  private writeFirst(va: u64, count: u64): usize {
    if (!this.touch(va, count, KIND_STORE)) return this.scrap();
    const at = this.bytes.write(va);
    if (at != 0) return at;
    this.fail();
    return this.scrap();
  }

  /** memset. */
  fill(va: u64, value: u8, count: u64): void {
    while (count != 0 && !this.hasStopped) {
      const step = min(count, PAGE - (va & (PAGE - 1)));
      let target = this.foundAt(va);
      const isFresh = target == 0;
      if (isFresh) target = this.writeFirst(va, step);
      if (this.hasStopped) return;
      // A page that was never written is zero.
      if (value != 0 || !isFresh || this.mode == HEAP_WATCHED) fillBytes(target, value, step);
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

  /** The allocator would never return from a circular list: the program is killed, as by its user. */
  loopForever(message: string): void {
    if (this.hasStopped) return;
    this.stopped = SIGKILL << 8;
    this.message = changetype<usize>(message);
  }
}

/** Few bytes are written by vectors. */
function fillBytes(at: usize, value: u8, count: u64): void {
  if (count > FEW_BYTES || (count & 7) != 0) {
    memory.fill(at, value, <usize>count);
    return;
  }
  const bytes = i8x16.splat(value);
  const end = at + <usize>count;
  for (; at + 16 <= end; at += 16) v128.store(at, bytes);
  if (at < end) store<u64>(at, i64x2.extract_lane(bytes, 0));
}
