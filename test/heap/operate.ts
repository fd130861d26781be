/** A heap of a process of its own, operation by operation, for tests of allocators. */
import { chooseAllocators } from "#pagewalk/allocators/allocators.js";
import type { Process } from "#pagewalk/process/process.js";
import { spawn } from "#pagewalk/process/spawn.js";
import type { HeapAnswer, KernelHeap, RawChunk } from "#pagewalk/wasm/heap.js";
import { NONE } from "../../assembly/abi/core.js";
import {
  HEAP_A,
  HEAP_B,
  HEAP_BATCH,
  HEAP_BYTES,
  HEAP_C,
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_MADE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_OP,
  HEAP_PAGES,
  HEAP_REALLOC,
  HEAP_USABLE_SIZE,
} from "../../assembly/abi/heap.js";

/** An operation, with its arguments in the order of `HEAP_OPERATIONS`. */
export type Call = readonly [op: number, ...args: (number | bigint)[]];

/** A chunk by its place: from the heap's start, bytes. */
export type Place = readonly [at: number, bytes: number];

export class TestHeap {
  private constructor(
    readonly process: Process,
    readonly heap: KernelHeap,
    /** The break before the first operation. */
    readonly start: bigint,
  ) {}

  /** `allocator`: `best-fit:order=size`; `options`: of the process. */
  static async of(allocator: string, options: Parameters<typeof spawn>[0] = {}): Promise<TestHeap> {
    return TestHeap.on(await spawn(options), allocator);
  }

  /** The heap of a process without one. */
  static async on(process: Process, allocator: string): Promise<TestHeap> {
    const [choice] = await chooseAllocators([allocator]);
    if (choice === undefined) throw new Error(`there is no allocator ${allocator}`);
    const heap = process.space.kernel.createHeap({
      allocator: choice.id,
      parameters: choice.parameters,
      mode: HEAP_PAGES,
      isUsed: false,
      byAddress: true,
    });
    return new TestHeap(process, heap, process.brk(0).value);
  }

  /** The heap of a child that the process forked. */
  fork(): TestHeap {
    const child = this.process.fork();
    if (!("pid" in child)) throw new Error("there is no child");
    const heap = child.space.kernel.forkHeap(this.heap, 0);
    return new TestHeap(child, heap, this.start);
  }

  /** Answers in order; fewer than calls if the process ended. */
  callAll(calls: readonly Call[]): HeapAnswer[] {
    const answers: HeapAnswer[] = [];
    for (let at = 0; at < calls.length; at += HEAP_BATCH) {
      const batch = calls.slice(at, at + HEAP_BATCH);
      const served = this.heap.serve(records(batch), batch.length);
      for (let n = 0; n < served; n++) answers.push(this.heap.answer(n));
      if (served < batch.length) break;
    }
    return answers;
  }

  call(...call: Call): HeapAnswer {
    return this.callOn(call);
  }

  /** A call that the heap counts: the numbers of the block that it makes and of the one that it is given. */
  callOn(call: Call, made = NONE, freed = NONE): HeapAnswer {
    if (this.heap.serve(records([call], made, freed), 1) === 0)
      throw new Error("the process had ended before");
    return this.heap.answer(0);
  }

  malloc(bytes: number | bigint): bigint {
    return this.call(HEAP_MALLOC, bytes).answer;
  }

  calloc(count: number | bigint, bytes: number | bigint): bigint {
    return this.call(HEAP_CALLOC, count, bytes).answer;
  }

  realloc(address: bigint, bytes: number | bigint): bigint {
    return this.call(HEAP_REALLOC, address, bytes).answer;
  }

  free(address: bigint): void {
    this.call(HEAP_FREE, address);
  }

  memalign(alignment: number | bigint, bytes: number | bigint): bigint {
    return this.call(HEAP_MEMALIGN, alignment, bytes).answer;
  }

  usableSize(address: bigint): number {
    return Number(this.call(HEAP_USABLE_SIZE, address).answer);
  }

  get chunks(): RawChunk[] {
    return [...this.heap.chunks()];
  }

  /** Free chunks of list `bin` in the order of the list. */
  freeList(bin: number): Place[] {
    const listed = this.chunks.filter((chunk) => chunk.bin === bin);
    const byAddress = new Map(listed.map((chunk) => [chunk.address, chunk]));
    const followers = new Set(listed.map(({ next }) => next));
    const places: Place[] = [];
    let chunk = listed.find(({ address }) => !followers.has(address));
    while (chunk !== undefined) {
      places.push([Number(chunk.address - this.start), chunk.bytes]);
      if (places.length > listed.length) throw new Error("the list is a circle");
      chunk = chunk.next === undefined ? undefined : byAddress.get(chunk.next);
    }
    if (places.length !== listed.length) throw new Error("the list has not all that are in it");
    return places;
  }
}

function records(calls: readonly Call[], made = NONE, freed = NONE): Uint8Array {
  const bytes = new Uint8Array(calls.length * HEAP_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [n, [op, a = 0, b = 0, c = 0]] of calls.entries()) {
    const at = n * HEAP_BYTES;
    view.setUint32(at + HEAP_OP, op, true);
    view.setBigUint64(at + HEAP_A, BigInt(a), true);
    view.setBigUint64(at + HEAP_B, BigInt(b), true);
    view.setBigUint64(at + HEAP_C, BigInt(c), true);
    view.setUint32(at + HEAP_MADE, made, true);
    view.setUint32(at + HEAP_FREED, freed, true);
  }
  return bytes;
}
