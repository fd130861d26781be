/**
 * A program that uses all its memory, and checks the contract of every allocator: blocks are aligned, disjoint, in
 * writable memory, each in a chunk of its own, and keep their contents until they are freed.
 */
import { heapView } from "#pagewalk/process/heap/view.js";
import { NONE } from "../../assembly/abi/core.js";
import {
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_OPERATIONS,
  HEAP_REALLOC,
  HEAP_TRIM,
} from "../../assembly/abi/heap.js";
import { isDebug } from "../build.js";
import type { Call } from "./against-naive.js";
import type { Call as KernelCall, TestHeap } from "./operate.js";

export const ENOMEM = 12;
export const EINVAL = 22;
/** Number of bytes at each end of a block that are stored and compared. */
const STAMPED = 96;
/** Number of calls after which everything is checked. */
const EVERY = 50;

/** The guarantees of this allocator, in addition to those of all. */
export interface Promises {
  /** The name of it. */
  readonly allocator: string;
  /** The alignment of a block of this size. */
  readonly alignment: (bytes: number) => number;
  /** memalign rounds an alignment up to a power of two, or refuses it. */
  readonly rounds: boolean;
  /** Bytes of a block that lie in the chunk behind its own. */
  readonly lent: number;
  /** Freed blocks do not count as in use. */
  readonly frees: boolean;
  /** The heap grows while there is memory. */
  readonly grows: boolean;
}

interface Block {
  /** By which the kernel counts it. */
  readonly number: number;
  readonly address: bigint;
  /** The requested bytes, the usable bytes, and the footprint in the heap. */
  readonly bytes: number;
  readonly usable: number;
  readonly footprint: number;
}

export class Program {
  /** Blocks in use, in order of address. */
  private readonly blocks: Block[] = [];
  /** Allocations that failed by ENOMEM. */
  failed = 0;
  private made = 0;
  /** The allocator's own chunks in use, by address. */
  private own: readonly bigint[] = [];

  constructor(
    readonly test: TestHeap,
    readonly promises: Promises,
  ) {}

  /** Makes the allocator's first block, after which its own chunks exist. */
  begin(): void {
    const block = this.allocate([HEAP_MALLOC, 1], 1);
    const chunks = this.chunks.filter(isUsed);
    this.own = chunks.filter((chunk) => !this.holds(chunk, block)).map(({ address }) => address);
    if (block !== undefined) this.free(block);
  }

  /** A child with a copy of everything. */
  fork(): Program {
    const copy = new Program(this.test.fork(), this.promises);
    copy.blocks.push(...this.blocks);
    copy.made = this.made;
    copy.own = this.own;
    return copy;
  }

  /**
   * Makes the calls and returns their answers. Checks the heap after each call in the debug build, and everything at
   * intervals.
   */
  run(calls: readonly Call[]): bigint[] {
    const answers = calls.map((call, n) => {
      try {
        const answer = this.make(call);
        if (isDebug) this.mustBeValid();
        if ((n + 1) % EVERY === 0) this.mustBeSound();
        return answer;
      } catch (error) {
        const place = `call ${n}, ${JSON.stringify(call)}`;
        throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
      }
    });
    this.mustBeSound();
    return answers;
  }

  /** Frees all blocks, and expects that none is in use. */
  end(): void {
    for (const block of [...this.blocks]) this.free(block);
    this.mustBeSound();
  }

  /** The process ends. */
  exit(): void {
    this.test.process.exit();
  }

  private make(call: Call): bigint {
    switch (call.call) {
      case "malloc":
        return this.allocate([HEAP_MALLOC, call.bytes], call.bytes)?.address ?? 0n;
      case "calloc":
        return this.allocate([HEAP_CALLOC, call.count, call.bytes], call.count * call.bytes)?.address ?? 0n;
      case "memalign":
        return this.align(call.alignment, call.bytes);
      case "trim":
        return this.test.call(HEAP_TRIM, 0).answer;
      default:
    }
    const block = this.blocks[call.block % Math.max(this.blocks.length, 1)];
    if (block === undefined) return this.test.call(HEAP_FREE, 0).answer;
    if (call.call === "usable") return BigInt(this.test.usableSize(block.address));
    if (call.call === "realloc") return this.resize(block, call.bytes);
    this.free(block);
    return 0n;
  }

  /** Undefined: there is no memory. */
  allocate(call: KernelCall, bytes: number): Block | undefined {
    const { answer, errno } = this.served(call, this.made, NONE);
    if (answer === 0n) return this.fail(errno);
    return this.enter(answer, bytes, call[0] === HEAP_CALLOC);
  }

  private fail(errno: number): undefined {
    hold(errno === ENOMEM, () => `NULL with errno ${errno}, which is not ENOMEM`);
    this.failed++;
  }

  private align(alignment: number, bytes: number): bigint {
    const { answer, errno } = this.served([HEAP_MEMALIGN, alignment, bytes], this.made, NONE);
    const power = 2 ** Math.ceil(Math.log2(Math.max(alignment, 1)));
    if (answer === 0n && errno === EINVAL && power !== alignment) return answer;
    if (answer === 0n) this.fail(errno);
    else this.enter(answer, bytes, false);
    const isAligned = Number(answer) % power === 0 || (power !== alignment && !this.promises.rounds);
    hold(isAligned, () => `${hex(answer)} is not aligned to ${power}`);
    return answer;
  }

  free(block: Block): void {
    this.mustHold(block, block.address, block.usable);
    this.served([HEAP_FREE, block.address], NONE, block.number);
    this.blocks.splice(this.blocks.indexOf(block), 1);
  }

  private resize(block: Block, bytes: number): bigint {
    const { answer, errno } = this.served([HEAP_REALLOC, block.address, bytes], this.made, block.number);
    if (answer === 0n && bytes !== 0) {
      this.fail(errno);
      this.mustHold(block, block.address, block.usable);
      return answer;
    }
    this.blocks.splice(this.blocks.indexOf(block), 1);
    if (answer === 0n) return answer;
    this.mustHold(block, answer, Math.min(block.bytes, bytes));
    this.enter(answer, bytes, false);
    return answer;
  }

  /** Expects NULL, with one of these in errno, and no change. */
  mustRefuse(errors: readonly number[], ...call: KernelCall): void {
    const { answer, errno } = this.served(call, NONE, NONE);
    const what = `${HEAP_OPERATIONS[call[0]]}(${call.slice(1).join(", ")})`;
    hold(answer === 0n && errors.includes(errno), () => `${what} gives ${hex(answer)} with errno ${errno}`);
  }

  /** A block in use. */
  get anyBlock(): bigint {
    return this.blocks[this.blocks.length >> 1]?.address ?? 0n;
  }

  private served(call: KernelCall, made: number, freed: number) {
    const answer = this.test.callOn(call, made, freed);
    const { stopped } = this.test.heap;
    hold(stopped === undefined, () => `the process ends by ${JSON.stringify(stopped)}`);
    return answer;
  }

  /** A block is in use, and written from end to end. */
  private enter(address: bigint, bytes: number, isClear: boolean): Block {
    const footprint =
      this.test.heap.counters.liveFootprint - sum(this.blocks.map((block) => block.footprint));
    const block = { number: this.made++, address, bytes, usable: this.test.usableSize(address), footprint };
    const alignment = this.promises.alignment(bytes);
    hold(Number(address) % alignment === 0, () => `${hex(address)} is not aligned to ${alignment}`);
    hold(block.usable >= bytes, () => `${block.usable} bytes may be used of ${bytes}`);
    hold(footprint >= block.usable, () => `a block of ${block.usable} usable bytes takes ${footprint}`);
    if (isClear) this.mustBeClear(block);
    const place = this.blocks.findIndex((other) => other.address >= address);
    this.blocks.splice(place < 0 ? this.blocks.length : place, 0, block);
    this.write(block);
    return block;
  }

  private mustBeClear({ address, bytes }: Block): void {
    const found = this.test.process.peek(address, bytes);
    hold(
      found.every((byte) => byte === 0),
      () => `calloc's block at ${hex(address)} is not zero`,
    );
  }

  private write(block: Block): void {
    const { process } = this.test;
    const { address, usable } = block;
    if (usable === 0) return;
    for (const at of [address, address + BigInt(usable - 1)]) {
      const { signal } = process.store(at, 1);
      hold(signal === undefined, () => `a store to ${hex(at)} is ${signal?.signal}`);
    }
    for (const [from, to] of ends(usable)) process.poke(address + BigInt(from), contents(block, from, to));
  }

  /** The first `bytes` of the block's contents are at `address`. */
  private mustHold(block: Block, address: bigint, bytes: number): void {
    for (const [from, end] of ends(block.usable)) {
      const to = Math.min(end, bytes);
      if (from >= to) continue;
      const found = this.test.process.peek(address + BigInt(from), to - from);
      const is = Buffer.compare(found, contents(block, from, to)) === 0;
      hold(is, () => `what was in ${hex(block.address)} is not at ${hex(address)}, bytes ${from} to ${to}`);
    }
  }

  /** Number of bytes outside of blocks: a larger request needs memory of the system. */
  get spareBytes(): number {
    return sum(this.chunks.filter((chunk) => !isUsed(chunk)).map(({ bytes }) => bytes));
  }

  private get chunks() {
    const { heap } = this.test;
    const counts = { allocator: this.promises.allocator, ...heap.counters };
    return heapView(counts, heap.chunks(), this.promises.allocator).chunks;
  }

  /** Expects a consistent heap, disjoint chunks, and each block in a chunk of its own. */
  mustBeSound(): void {
    this.mustBeValid();
    const chunks = [...this.chunks].sort((one, other) => (one.address < other.address ? -1 : 1));
    for (const [n, { address, bytes }] of chunks.entries()) {
      const next = chunks[n + 1]?.address ?? 1n << 64n;
      hold(
        bytes > 0 && address + BigInt(bytes) <= next,
        () => `${bytes} bytes at ${hex(address)}, then ${hex(next)}`,
      );
    }
    const { committed } = this.test.heap.counters;
    const total = sum(chunks.map(({ bytes }) => bytes));
    hold(total <= committed, () => `chunks of ${total} bytes in a heap of ${committed}`);
    let at = 0;
    const others: bigint[] = [];
    for (const chunk of chunks.filter(isUsed)) {
      if (this.holds(chunk, this.blocks[at])) at++;
      else others.push(chunk.address);
    }
    const lost = this.blocks[at];
    hold(lost === undefined, () => `no chunk in use holds ${hex(lost?.address ?? 0n)} alone`);
    if (this.promises.frees)
      hold(String(others) === String(this.own), () => `${others.map(hex)} are in use by no one`);
    this.mustKeepContents();
  }

  private mustBeValid(): void {
    hold(this.test.heap.isValid(), () => "the heap is not sound");
  }

  private holds({ address, bytes }: Chunk, block: Block | undefined): boolean {
    if (block === undefined || block.address < address) return false;
    const end = address + BigInt(bytes + this.promises.lent);
    return block.address + BigInt(Math.max(block.usable, 1)) <= end;
  }

  private mustKeepContents(): void {
    for (const [n, block] of this.blocks.entries()) {
      const next = this.blocks[n + 1]?.address ?? 1n << 64n;
      const end = block.address + BigInt(Math.max(block.usable, 1));
      hold(end <= next, () => `${hex(block.address)} with ${block.usable} bytes overlaps ${hex(next)}`);
      this.mustHold(block, block.address, block.usable);
    }
  }
}

type Chunk = ReturnType<typeof heapView>["chunks"][number];

function isUsed({ state }: Chunk): boolean {
  return state === "used" || state === "mapped";
}

/** The ranges of a block of this size that are written. */
function ends(bytes: number): [number, number][] {
  if (bytes <= 2 * STAMPED) return bytes === 0 ? [] : [[0, bytes]];
  return [
    [0, STAMPED],
    [bytes - STAMPED, bytes],
  ];
}

/** The contents of a block. */
function contents({ number, address }: Block, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  const first = number * 37 + Number(address >> 4n) + from * 7;
  for (let n = 0; n < bytes.length; n++) bytes[n] = first + n * 7;
  return bytes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}

export function hold(claim: boolean, otherwise: () => string): void {
  if (!claim) throw new Error(otherwise());
}
