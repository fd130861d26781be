/** The part of a trace that is kept, in the kernel. The struct is in assembly/trace/part.ts. */
import {
  PART_CALLS,
  PART_ENDED,
  PART_FROM,
  PART_FROM_ADDRESS,
  PART_LIMIT,
  PART_MARKED,
  PART_PERIOD,
  PART_UNTIL,
  PART_UNTIL_ADDRESS,
  PART_WINDOW,
} from "../../assembly/abi/part.js";
import { type Kernel, outOfMemory } from "./kernel.js";

/** An instruction: its number in the trace, from 0, or the first one at an address. */
export type Instruction = { readonly number: number } | { readonly address: bigint };

export interface PartSettings {
  /** The first instruction; default: that of the trace. */
  readonly from?: Instruction | undefined;
  /** The instruction before which the part ends. */
  readonly until?: Instruction | undefined;
  /** Keep only what lies between markers. */
  readonly marked?: boolean | undefined;
  /** Keep `window` instructions of each `period`. */
  readonly windows?: { readonly window: number; readonly period: number } | undefined;
  /** Number of references after which the part ends. */
  readonly limit?: number | undefined;
}

const NONE = 2n ** 64n - 1n;

export class KernelPart {
  private readonly state: number;

  constructor(
    private readonly kernel: Kernel,
    { from = { number: 0 }, until, marked = false, windows, limit }: PartSettings,
  ) {
    this.state = kernel.exports.createPart() >>> 0;
    if (this.state === 0) throw outOfMemory();
    const set = (offset: number, value: bigint | number | undefined) =>
      kernel.view().setBigUint64(this.state + offset, value === undefined ? NONE : BigInt(value), true);
    set(PART_FROM, numberOf(from));
    set(PART_FROM_ADDRESS, addressOf(from));
    set(PART_UNTIL, numberOf(until));
    set(PART_UNTIL_ADDRESS, addressOf(until));
    set(PART_LIMIT, limit);
    set(PART_WINDOW, windows?.window ?? 0);
    set(PART_PERIOD, windows?.period ?? 0);
    kernel.view().setUint32(this.state + PART_MARKED, marked ? 1 : 0, true);
  }

  /** Nothing that follows can be kept. */
  get ended(): boolean {
    return this.field(PART_ENDED) !== 0;
  }

  /** Moves the records that are kept to the front of a batch. Returns their number, and that of the calls among them. */
  take(records: number, count: number): { count: number; calls: number } {
    const kept = this.kernel.exports.takePart(this.state, records, count) >>> 0;
    return { count: kept, calls: this.field(PART_CALLS) };
  }

  private field(offset: number): number {
    return this.kernel.view().getUint32(this.state + offset, true);
  }
}

function numberOf(instruction: Instruction | undefined): number | undefined {
  return instruction !== undefined && "number" in instruction ? instruction.number : undefined;
}

function addressOf(instruction: Instruction | undefined): bigint | undefined {
  return instruction !== undefined && "address" in instruction ? instruction.address : undefined;
}
