/** Errors of a custom allocator, as one line: the call, its line of the log, and the line of the file. */
import {
  CUSTOM_CALLOC,
  CUSTOM_FREE,
  CUSTOM_MALLOC,
  CUSTOM_MEMALIGN,
  CUSTOM_OUTSIDE,
  CUSTOM_OVERLAP,
  CUSTOM_REALLOC,
  CUSTOM_THREAD_EXIT,
  CUSTOM_TRIM,
  CUSTOM_USABLE_SIZE,
} from "../../../assembly/abi/heap.js";
import { kindOf } from "../../custom/definition.js";
import { answerFault, type CustomPlace, hookFault, placeIn } from "../../custom/fault.js";
import { InputError, type PagewalkError } from "../../errors.js";
import type { KernelCustomHeap } from "../../wasm/custom-heap.js";
import { outOfMemory } from "../../wasm/kernel.js";
import { ALLOCATOR } from "./definition.js";
import { type CallState, hex, Misuse, ProcessEnd } from "./memory.js";

const NAMES: Readonly<Record<number, string>> = {
  [CUSTOM_MALLOC]: "malloc",
  [CUSTOM_CALLOC]: "calloc",
  [CUSTOM_REALLOC]: "realloc",
  [CUSTOM_FREE]: "free",
  [CUSTOM_MEMALIGN]: "memalign",
  [CUSTOM_USABLE_SIZE]: "usableSize",
  [CUSTOM_TRIM]: "trim",
  [CUSTOM_THREAD_EXIT]: "threadExit",
};

export class CallFaults {
  /** The running function, for functions without a `begin`. */
  name: string | undefined;
  private record = 0;
  private call = 0;

  constructor(
    private readonly kernel: KernelCustomHeap,
    private readonly state: CallState,
    private readonly from: CustomPlace,
    private readonly placeOf: ((line: number) => string) | undefined,
  ) {}

  /** Called when the call of a record begins. */
  begin(record: number, call: number): void {
    this.record = record;
    this.call = call;
    this.name = undefined;
  }

  /** `malloc(48) at ls.log:3`. */
  private get where(): string {
    if (this.record === 0) return this.name ?? "";
    const call = this.name ?? `${NAMES[this.call]}(${this.args.join(", ")})`;
    return this.placeOf === undefined ? call : `${call} at ${this.placeOf(this.kernel.lineOf(this.record))}`;
  }

  private get args(): (number | string)[] {
    const { address, count, bytes, alignment } = this.kernel;
    switch (this.call) {
      case CUSTOM_CALLOC:
        return [count, bytes];
      case CUSTOM_REALLOC:
        return [hex(address), bytes];
      case CUSTOM_MEMALIGN:
        return [alignment, bytes];
      case CUSTOM_FREE:
      case CUSTOM_USABLE_SIZE:
        return [hex(address)];
      case CUSTOM_THREAD_EXIT:
        return [];
      default:
        return [bytes];
    }
  }

  /** The process ended in the call; the message includes the line of the file. */
  ended(error: ProcessEnd): void {
    const place = placeIn(error, this.from);
    if (place !== this.from.place) this.state.message = `${place}: ${this.state.message}`;
  }

  /** The thrown value. */
  of(error: unknown): PagewalkError {
    if (error instanceof InputError) return error;
    if (error instanceof ProcessEnd)
      return this.misused(error, this.state.message ?? "", "correct this access, which ends the process");
    if (error instanceof Misuse) return this.misused(error, error.problem, error.remedy);
    return hookFault(this.where, error, this.from, ALLOCATOR);
  }

  private misused(error: Error, problem: string, remedy: string): PagewalkError {
    const place = placeIn(error, this.from);
    return answerFault(`${this.where} ${problem}`, remedy, this.from, ALLOCATOR, place);
  }

  private answered(problem: string, remedy: string): PagewalkError {
    return answerFault(`${this.where} returns ${problem}`, remedy, this.from, ALLOCATOR);
  }

  wrong(answer: unknown): PagewalkError {
    const isSize = this.call === CUSTOM_USABLE_SIZE || this.name !== undefined;
    return this.answered(
      kindOf(answer),
      isSize ? "return a number of bytes" : "return an address, 0 for NULL",
    );
  }

  wrongChunk(chunk: unknown): PagewalkError {
    const problem = typeof chunk === "object" ? JSON.stringify(chunk) : kindOf(chunk);
    return this.answered(
      problem,
      "give chunks { address, bytes, state }, the state used, free, cached, top or meta",
    );
  }

  unaligned(answer: number, alignment: number): PagewalkError {
    return this.answered(
      `${hex(answer)}, which is not a multiple of ${alignment}`,
      "align blocks to 16 bytes, and blocks below 16 bytes to 8",
    );
  }

  /** The kernel's objection to the place of a block. */
  place(answer: number, status: number): PagewalkError {
    if (status === CUSTOM_OUTSIDE)
      return this.answered(
        `${hex(answer)}, where the process has no memory mapped`,
        "get some by memory.sbrk or memory.mmap",
      );
    if (status === CUSTOM_OVERLAP)
      return this.answered(
        `${hex(answer)}, which overlaps the block at ${hex(this.kernel.other)}`,
        "return memory outside of every block",
      );
    return outOfMemory();
  }
}
