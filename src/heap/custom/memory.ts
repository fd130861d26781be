/**
 * The memory of a simulated process for a custom allocator: words at addresses, and system calls for more memory. The
 * first store to a page is a page fault, as for any allocator. An operation that would end the process throws a signal
 * through the allocator; everything that the allocator does afterwards is ignored.
 */
import { ENOMEM } from "../../../assembly/abi/linux.js";
import { kindOf } from "../../custom/definition.js";
import type { KernelCustomMemory } from "../../wasm/custom-memory.js";

/** An address or a number of bytes is an integer from 0 to 2^53 - 1; words are aligned to their size. */
export interface AllocatorMemory {
  /** Bytes of a page. */
  readonly pageSize: number;
  /** The calling thread, from 0. */
  readonly thread: number;
  /** The end of the heap, which `sbrk` moves. */
  readonly brk: number;
  /** errno: 0 when a call begins; `ENOMEM` (12) if a call for memory returned 0. */
  errno: number;

  /** Loads a byte, unsigned. */
  read8(address: number): number;
  /** Loads 2 bytes, unsigned, the lowest first. */
  read16(address: number): number;
  /** Loads 4 bytes, unsigned, the lowest first. */
  read32(address: number): number;
  /** Throws for words beyond 2^53 - 1; use `readBig64`. */
  read64(address: number): number;
  /** Loads 8 bytes, unsigned, the lowest first. */
  readBig64(address: number): bigint;
  /** Stores the low bits of `value`. */
  write8(address: number, value: number): void;
  /** Stores the low 2 bytes of `value`. */
  write16(address: number, value: number): void;
  /** Stores the low 4 bytes of `value`. */
  write32(address: number, value: number): void;
  /** `value` is an integer from 0 to 2^53 - 1; `writeBig64` takes larger ones. */
  write64(address: number, value: number): void;
  /** Stores the low 8 bytes of `value`. */
  writeBig64(address: number, value: bigint): void;
  /** memset. */
  fill(address: number, value: number, bytes: number): void;
  /** memcpy: the two areas must not overlap. */
  copy(to: number, from: number, bytes: number): void;

  /** Moves the end of the heap, up or down. Returns the old end, 0 if there is no memory. */
  sbrk(increment: number): number;
  /**
   * Maps whole pages of zeros; with `"none"` only reserves addresses until `mprotect`. Returns 0 if there is no memory.
   */
  mmap(bytes: number, access?: "none"): number;
  /** These return false if the call fails. */
  munmap(address: number, bytes: number): boolean;
  /** Makes memory of `mmap(bytes, "none")` usable. */
  mprotect(address: number, bytes: number): boolean;
  /** `advice`: a number of madvise(2), such as 4, `MADV_DONTNEED`, or 8, `MADV_FREE`. */
  madvise(address: number, bytes: number, advice: number): boolean;
  /** Returns the new address; 0 on failure. */
  mremap(address: number, before: number, after: number, mayMove?: boolean): number;

  /** Counts one or more visited nodes, for the column of steps. */
  step(nodes?: number): void;
  /** Ends the process with a message, as glibc does: `free(): invalid pointer`. */
  abort(message: string): never;
}

/** Thrown through an allocator whose process has ended. */
export class ProcessEnd extends Error {}

/** Thrown through an allocator that misuses its memory. */
export class Misuse extends Error {
  constructor(
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(problem);
  }
}

const PAGE_BYTES = 4096;

/** The simulation's data of a running call. */
export class CallState {
  /** The thrown value, in case the allocator caught it. */
  thrown: ProcessEnd | Misuse | undefined;
  /** The message of `abort`, or the cause of a signal. */
  message: string | undefined;
  steps = 0;
  errno = 0;

  begin(): void {
    this.steps = 0;
    this.errno = 0;
  }

  misuse(problem: string, remedy: string): never {
    return this.raise(new Misuse(problem, remedy));
  }

  end(message: string): never {
    this.message ??= message;
    return this.raise(new ProcessEnd());
  }

  private raise(error: ProcessEnd | Misuse): never {
    this.thrown ??= error;
    throw this.thrown;
  }
}

/**
 * The memory for an allocator; `state` gets the outcome of its calls. Its functions do not use `this`: `const { read64
 * } = memory`.
 */
export function customMemory(kernel: KernelCustomMemory, state: CallState): AllocatorMemory {
  const memory = new CustomMemory(kernel, state);
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(CustomMemory.prototype))) {
    if (typeof value === "function") Object.defineProperty(memory, name, { value: value.bind(memory) });
  }
  return memory;
}

class CustomMemory implements AllocatorMemory {
  readonly pageSize = PAGE_BYTES;
  readonly #kernel: KernelCustomMemory;
  readonly #exports: KernelCustomMemory["exports"];
  readonly #at: number;
  readonly #state: CallState;

  constructor(kernel: KernelCustomMemory, state: CallState) {
    this.#kernel = kernel;
    this.#exports = kernel.exports;
    this.#at = kernel.at;
    this.#state = state;
  }

  get thread(): number {
    return this.#kernel.thread;
  }

  get brk(): number {
    return this.#exports.breakOfCustom(this.#at);
  }

  get errno(): number {
    return this.#state.errno;
  }

  set errno(value: number) {
    this.#mustCount(value, "errno");
    this.#state.errno = value;
  }

  read8(address: number): number {
    this.#mustLie("reads", address, 1);
    return this.#read(address, 1, this.#exports.readCustom8(this.#at, address));
  }

  read16(address: number): number {
    this.#mustLie("reads", address, 2);
    return this.#read(address, 2, this.#exports.readCustom16(this.#at, address));
  }

  read32(address: number): number {
    this.#mustLie("reads", address, 4);
    return this.#read(address, 4, this.#exports.readCustom32(this.#at, address) >>> 0);
  }

  read64(address: number): number {
    this.#mustLie("reads", address, 8);
    const value = this.#read(address, 8, this.#exports.readCustom64(this.#at, address));
    if (!Number.isNaN(value)) return value;
    return this.#state.misuse(
      `reads a word at ${hex(address)} that is beyond 2^53 - 1`,
      "read it by readBig64",
    );
  }

  readBig64(address: number): bigint {
    this.#mustLie("reads", address, 8);
    const value = BigInt.asUintN(64, this.#exports.readCustomBig(this.#at, address));
    if (value === 0n) this.#read(address, 8, 0);
    return value;
  }

  write8(address: number, value: number): void {
    this.#mustLie("writes", address, 1);
    this.#mustBeWhole(value);
    this.#wrote(address, 1, this.#exports.writeCustom8(this.#at, address, value));
  }

  write16(address: number, value: number): void {
    this.#mustLie("writes", address, 2);
    this.#mustBeWhole(value);
    this.#wrote(address, 2, this.#exports.writeCustom16(this.#at, address, value));
  }

  write32(address: number, value: number): void {
    this.#mustLie("writes", address, 4);
    this.#mustBeWhole(value);
    this.#wrote(address, 4, this.#exports.writeCustom32(this.#at, address, value));
  }

  write64(address: number, value: number): void {
    this.#mustLie("writes", address, 8);
    this.#mustCount(value, "the word of write64");
    this.#wrote(address, 8, this.#exports.writeCustom64(this.#at, address, value));
  }

  writeBig64(address: number, value: bigint): void {
    this.#mustLie("writes", address, 8);
    if (typeof value !== "bigint")
      this.#state.misuse(`the word of writeBig64 is ${kindOf(value)}`, "give a bigint");
    this.#wrote(address, 8, this.#exports.writeCustomBig(this.#at, address, value));
  }

  fill(address: number, value: number, bytes: number): void {
    this.#mustLie("writes", address, 1);
    this.#mustBeWhole(value);
    this.#mustCount(bytes, "the size of fill");
    this.#wrote(address, bytes, this.#exports.fillCustom(this.#at, address, value, bytes));
  }

  copy(to: number, from: number, bytes: number): void {
    this.#mustLie("writes", to, 1);
    this.#mustLie("reads", from, 1);
    this.#mustCount(bytes, "the size of copy");
    const overlap = bytes > 0 && to < from + bytes && from < to + bytes;
    if (!overlap && this.#exports.copyCustom(this.#at, to, from, bytes) === 0) return;
    const what = `copies ${bytes} bytes from ${hex(from)} to ${hex(to)}`;
    if (overlap) this.#state.misuse(`${what}, which overlap`, "copy them in parts");
    this.#state.end(what);
  }

  sbrk(increment: number): number {
    this.#mustBeSize(Math.abs(increment), "the increment of sbrk");
    return this.#got(this.#exports.sbrkCustom(this.#at, increment));
  }

  mmap(bytes: number, access?: "none"): number {
    this.#mustBeSize(bytes, "the size of mmap");
    return this.#got(this.#exports.mapCustom(this.#at, bytes, access === "none"));
  }

  munmap(address: number, bytes: number): boolean {
    this.#mustBeRange(address, bytes, "munmap");
    return this.#exports.unmapCustom(this.#at, address, bytes) !== 0;
  }

  mprotect(address: number, bytes: number): boolean {
    this.#mustBeRange(address, bytes, "mprotect");
    return this.#exports.unprotectCustom(this.#at, address, bytes) !== 0;
  }

  madvise(address: number, bytes: number, advice: number): boolean {
    this.#mustBeRange(address, bytes, "madvise");
    this.#mustCount(advice, "the advice of madvise");
    return this.#exports.adviseCustom(this.#at, address, bytes, advice) !== 0;
  }

  mremap(address: number, before: number, after: number, mayMove = true): number {
    this.#mustBeRange(address, before, "mremap");
    this.#mustBeSize(after, "the new size of mremap");
    return this.#got(this.#exports.remapCustom(this.#at, address, before, after, mayMove));
  }

  step(nodes = 1): void {
    this.#state.steps += nodes;
  }

  abort(message: string): never {
    this.#exports.abortCustom(this.#at);
    return this.#state.end(String(message));
  }

  /** The loaded value; zero if the process got a signal. */
  #read(address: number, bytes: number, value: number): number {
    if (value === 0 && this.#kernel.hasStopped) this.#state.end(`reads ${bytes} bytes at ${hex(address)}`);
    return value;
  }

  #wrote(address: number, bytes: number, stopped: number): void {
    if (stopped !== 0) this.#state.end(`writes ${bytes} bytes at ${hex(address)}`);
  }

  #got(address: number): number {
    if (address === 0) this.#state.errno = ENOMEM;
    return address;
  }

  #mustLie(what: string, address: number, bytes: number): void {
    if (!Number.isSafeInteger(address) || address < 0)
      this.#state.misuse(
        `${what} ${bytes} bytes at ${shown(address)}`,
        "an address is a whole number from 0 on",
      );
    if ((address & (bytes - 1)) !== 0)
      this.#state.misuse(`${what} ${bytes} bytes at ${hex(address)}`, `keep them at multiples of ${bytes}`);
  }

  #mustCount(value: number, what: string): void {
    if (Number.isSafeInteger(value) && value >= 0) return;
    this.#state.misuse(`${what} is ${shown(value)}`, "give a whole number from 0 to 2^53 - 1");
  }

  /** Sizes that a number cannot represent exactly are too large in any case. */
  #mustBeSize(value: number, what: string): void {
    if (Number.isInteger(value) && value >= 0) return;
    this.#state.misuse(`${what} is ${shown(value)}`, "give a whole number");
  }

  #mustBeRange(address: number, bytes: number, call: string): void {
    this.#mustCount(address, `the address of ${call}`);
    this.#mustCount(bytes, `the size of ${call}`);
  }

  #mustBeWhole(value: number): void {
    if (Number.isSafeInteger(value)) return;
    this.#state.misuse(`stores ${shown(value)}`, "give a whole number");
  }
}

/** An address in messages. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : kindOf(value);
}
