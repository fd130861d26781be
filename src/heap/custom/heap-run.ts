/** Heaps for testing claims: each on a process of its own in one system, for any allocator. */
import { NONE } from "../../../assembly/abi/core.js";
import {
  HEAP_A,
  HEAP_B,
  HEAP_BYTES,
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_MADE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_OP,
  HEAP_REALLOC,
  HEAP_USABLE_SIZE,
} from "../../../assembly/abi/heap.js";
import { signalName } from "../../process/names.js";
import type { Process } from "../../process/process.js";
import { exec } from "../../process/program/exec.js";
import { typicalProgram } from "../../process/program/typical-program.js";
import { System } from "../../process/system.js";
import type { KernelHeap } from "../../wasm/heap.js";
import type { HeapCall, Run } from "./claims.js";

/** Serves records: `KernelHeap`, or `CustomHeap`, which contains one. */
export interface TrialHeap {
  readonly heap: KernelHeap;
  serve(records: Uint8Array, count: number): number;
  readonly stopped: KernelHeap["stopped"];
}

/** Creates the heap of a process: with `HEAP_PAGES`, blocks identified by number, and no stores to them. */
export type HeapMaker = (process: Process) => TrialHeap;

const OPS: Readonly<Record<HeapCall["call"], number>> = {
  malloc: HEAP_MALLOC,
  calloc: HEAP_CALLOC,
  memalign: HEAP_MEMALIGN,
  realloc: HEAP_REALLOC,
  free: HEAP_FREE,
};

/** A machine whose processes serve one trial each. */
export class TrialSystem {
  private readonly ended: Process[] = [];

  private constructor(private readonly system: System) {}

  static async create(): Promise<TrialSystem> {
    return new TrialSystem(await System.create({}));
  }

  /** A new process; its heap is created at first use. */
  start(make: HeapMaker): Run {
    const process = this.system.start();
    exec(process, typicalProgram("program", process.system.layout.arch));
    this.ended.push(process);
    return new HeapRun(process, make);
  }

  /** Ends the processes of the last trial. */
  clear(): void {
    for (const process of this.ended.splice(0)) if (process.isAlive) process.exit();
  }
}

class HeapRun implements Run {
  private made: TrialHeap | undefined;
  private readonly record = new Uint8Array(HEAP_BYTES);
  private readonly view = new DataView(this.record.buffer);

  constructor(
    private readonly process: Process,
    private readonly make: HeapMaker,
  ) {}

  /** Created at first use, which is under the watch. */
  private get trialHeap(): TrialHeap {
    this.made ??= this.make(this.process);
    return this.made;
  }

  serve(call: HeapCall): number {
    const { block } = call;
    const isNew = call.call !== "free" && call.call !== "realloc";
    return this.operate(
      OPS[call.call],
      argumentsOf(call),
      call.call === "free" ? NONE : block,
      isNew ? NONE : block,
    );
  }

  usableSize(block: number): number {
    return this.operate(HEAP_USABLE_SIZE, [0, 0], NONE, block);
  }

  private operate(op: number, [a, b]: readonly [number, number], made: number, freed: number): number {
    const { view, record } = this;
    record.fill(0);
    view.setUint32(HEAP_OP, op, true);
    view.setBigUint64(HEAP_A, BigInt(a), true);
    view.setBigUint64(HEAP_B, BigInt(b), true);
    view.setUint32(HEAP_MADE, made, true);
    view.setUint32(HEAP_FREED, freed, true);
    this.trialHeap.serve(record, 1);
    return Number(this.trialHeap.heap.answer(0).answer);
  }

  read(address: number, bytes: number): Uint8Array {
    return this.process.peek(address, bytes);
  }

  write(address: number, bytes: Uint8Array): boolean {
    const { process } = this;
    if (bytes.length === 0) return true;
    return process.space.kernel.contents.poke(BigInt(address), bytes);
  }

  get ended(): string | undefined {
    const { stopped } = this.trialHeap;
    if (stopped === undefined) return undefined;
    const name = signalName(stopped.signal);
    return stopped.message === undefined ? name : `${name}: ${stopped.message}`;
  }

  isValid(): boolean {
    return this.trialHeap.heap.isValid();
  }
}

function argumentsOf(call: HeapCall): readonly [number, number] {
  switch (call.call) {
    case "malloc":
      return [call.bytes, 0];
    case "calloc":
      return [call.count, call.bytes];
    case "memalign":
      return [call.alignment, call.bytes];
    case "realloc":
      return [0, call.bytes];
    default:
      return [0, 0];
  }
}
