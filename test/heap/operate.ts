/** A heap of a process of its own, operation by operation: what tests of allocators are written with. */
import { chooseAllocators } from "#pagewalk/allocators/allocators.js";
import type { Process } from "#pagewalk/process/process.js";
import { spawn } from "#pagewalk/process/spawn.js";
import type { HeapAnswer, KernelHeap, RawChunk } from "#pagewalk/wasm/heap.js";
import { NONE } from "../../assembly/abi.js";
import * as abi from "../../assembly/abi-heap.js";

/** What an operation is, and its arguments in the order of `HEAP_OPERATIONS`. */
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
    const [choice] = await chooseAllocators([allocator]);
    if (choice === undefined) throw new Error(`there is no allocator ${allocator}`);
    const process = await spawn(options);
    const heap = process.system.kernel.createHeap(process.asid, {
      allocator: choice.id,
      parameters: choice.parameters,
      mode: abi.HEAP_PAGES,
      isUsed: false,
      byAddress: true,
    });
    return new TestHeap(process, heap, process.brk(0).value);
  }

  /** Answers in turn; fewer than calls where the process ended. */
  callAll(calls: readonly Call[]): HeapAnswer[] {
    const answers: HeapAnswer[] = [];
    for (let at = 0; at < calls.length; at += abi.HEAP_BATCH) {
      const batch = calls.slice(at, at + abi.HEAP_BATCH);
      const served = this.heap.serve(records(batch), batch.length);
      for (let n = 0; n < served; n++) answers.push(this.heap.answer(n));
      if (served < batch.length) break;
    }
    return answers;
  }

  call(...call: Call): HeapAnswer {
    const [answer] = this.callAll([call]);
    if (answer === undefined) throw new Error("the process had ended before");
    return answer;
  }

  malloc(bytes: number | bigint): bigint {
    return this.call(abi.HEAP_MALLOC, bytes).answer;
  }

  calloc(count: number | bigint, bytes: number | bigint): bigint {
    return this.call(abi.HEAP_CALLOC, count, bytes).answer;
  }

  realloc(address: bigint, bytes: number | bigint): bigint {
    return this.call(abi.HEAP_REALLOC, address, bytes).answer;
  }

  free(address: bigint): void {
    this.call(abi.HEAP_FREE, address);
  }

  memalign(alignment: number | bigint, bytes: number | bigint): bigint {
    return this.call(abi.HEAP_MEMALIGN, alignment, bytes).answer;
  }

  usableSize(address: bigint): number {
    return Number(this.call(abi.HEAP_USABLE_SIZE, address).answer);
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

function records(calls: readonly Call[]): Uint8Array {
  const bytes = new Uint8Array(calls.length * abi.HEAP_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [n, [op, a = 0, b = 0, c = 0]] of calls.entries()) {
    const at = n * abi.HEAP_BYTES;
    view.setUint32(at + abi.HEAP_OP, op, true);
    view.setBigUint64(at + abi.HEAP_A, BigInt(a), true);
    view.setBigUint64(at + abi.HEAP_B, BigInt(b), true);
    view.setBigUint64(at + abi.HEAP_C, BigInt(c), true);
    view.setUint32(at + abi.HEAP_MADE, NONE, true);
    view.setUint32(at + abi.HEAP_FREED, NONE, true);
  }
  return bytes;
}
