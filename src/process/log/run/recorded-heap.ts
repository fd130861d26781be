/**
 * The heap of a recording with references between its calls. The recording already has the allocator's own loads and
 * stores, breaks and mappings. So its calls are not simulated, but only define blocks, to which references are charged.
 *
 * With another allocator the cost of that one is computed. It serves the calls instead, and references to a block are
 * moved to where it put the block. The recorded allocator's break, its mappings for blocks, and references to its data
 * in these are left out.
 */

import { HEAP_OPERATIONS } from "../../../../assembly/abi/heap.js";
import { callRow } from "../../../trace/calls/table.js";
import type { CallOutcome } from "../../../wasm/process/structs.js";
import { BlockCharges, type ChargesResult } from "../../block-charges.js";
import type { Process } from "../../process.js";
import type { Call } from "../calls/call.js";
import { blockArguments, freesBlock, recordedBlock, requestedBytes } from "../calls/heap.js";
import { parseCall } from "../parse/grammar.js";

const CALLER = /#\s*(0x[0-9a-f]+)\s*$/;
export class RecordedHeap {
  private readonly charges: BlockCharges;
  /** Mappings of the recorded allocator. */
  private readonly mappings = new Set<bigint>();

  /** `isOther`: the process's allocator replaces the recorded one. */
  constructor(
    private readonly process: Process,
    private readonly isOther: boolean,
  ) {
    this.charges = new BlockCharges(process, isOther);
  }

  /** Serves a call of the allocator; `text` is its line, which may end with the caller's address. */
  take(call: Call, text: string): void {
    const args = blockArguments(call);
    const bytes = requestedBytes(call, args);
    const recorded = recordedBlock(call) ?? 0n;
    const [given = 0n] = args;
    const hasMoved = bytes === undefined || recorded !== 0n || bytes === 0n;
    const isReplaced = freesBlock(call.row) && given !== 0n && hasMoved;
    const had = isReplaced ? this.charges.freed(given) : 0n;
    const moved = this.isOther ? this.again(call, args, had) : recorded;
    if (bytes !== undefined && recorded !== 0n)
      this.charges.allocated(recorded, bytes, this.siteOf(call, args, text), call.line, moved);
  }

  /** Makes the call in the other allocator, on the block at its new address; returns the new block, 0n for none. */
  private again({ name, row, line, thread }: Call, args: readonly bigint[], had: bigint): bigint {
    const op = HEAP_OPERATIONS.indexOf(name);
    if (op < 0 || !this.process.isAlive) return 0n;
    const own = freesBlock(row) ? [had, ...args.slice(1)] : args;
    if (name === "free" && had === 0n) return 0n;
    return this.process.library.operate({ op, args: own, thread: thread.number, number: line }).value;
  }

  /** The site: the caller, if the recording has it, or else the call without its block. */
  private siteOf({ name, row }: Call, args: readonly bigint[], text: string): string {
    const [, caller] = CALLER.exec(text) ?? [];
    if (caller !== undefined) return `${name} from ${this.placeOf(BigInt(caller))}`;
    const shown = freesBlock(row) ? ["…", ...args.slice(1)] : args;
    return `${name}(${shown.join(", ")})`;
  }

  /** A code address, as offset in its file: `ls+0x4a3c`. */
  private placeOf(address: bigint): string {
    const { kernel, files } = this.process.space;
    const region = kernel.regionsNear(address)[1];
    const path = region && region.start <= address ? files.pathOf(region.object) : undefined;
    if (region === undefined || path === undefined) return `0x${address.toString(16)}`;
    const offset = address - region.start + region.pgoff * this.process.pageBytes;
    return `${path.slice(path.lastIndexOf("/") + 1)}+0x${offset.toString(16)}`;
  }

  /**
   * True if the call is a break or a mapping of the recorded allocator, which is left out. `next` is the following
   * call.
   */
  isReplaced({ name, args, expected }: Call, next: string | undefined): boolean {
    if (!this.isOther) return false;
    const value = expected?.kind === "value" ? expected.value : undefined;
    if (name === "brk") {
      this.extend(value);
      return true;
    }
    const [address, first, second] = args.map((arg) => (arg.kind === "number" ? arg.value : undefined));
    if (name === "munmap" || name === "mremap") {
      if (address === undefined || !this.mappings.delete(address)) return false;
      this.charges.include(address);
      if (name === "mremap" && value !== undefined) this.replace(value, second ?? 0n);
      return true;
    }
    if (name !== "mmap" || value === undefined || next === undefined) return false;
    const block = blockIn(next);
    const bytes = first ?? 0n;
    const isOwn = block !== undefined && block >= value && block < value + bytes;
    if (isOwn) this.replace(value, bytes);
    return isOwn;
  }

  /** The recorded allocator has a mapping that the other one does not make. */
  private replace(address: bigint, bytes: bigint): void {
    if (bytes <= 0n) return;
    this.mappings.add(address);
    this.charges.exclude({ from: address, to: address + bytes });
  }

  /** The recorded break has been at `address`. */
  private extend(address: bigint | undefined): void {
    const { excluded } = this.charges;
    if (address === undefined) return;
    if (excluded.to === 0n) this.charges.excluded = { from: address, to: address };
    else if (address > excluded.to) this.charges.excluded = { ...excluded, to: address };
  }

  /** Makes references and charges them to blocks or regions. */
  touch(records: number, count: number, number: number): { done: number; signal: CallOutcome["signal"] } {
    return this.charges.touch(records, count, number);
  }

  result(): ChargesResult {
    return this.charges.result();
  }
}

/** The block that a line of the log returns; undefined if it is not such a call. */
function blockIn(line: string): bigint | undefined {
  try {
    const call = parseCall(line);
    const row = callRow(call.name);
    return row.result === "block" ? recordedBlock({ ...call, row }) : undefined;
  } catch {
    return undefined; // reported in its turn
  }
}
