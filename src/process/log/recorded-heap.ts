/**
 * The heap of a recording that has references between its calls. The program's allocator has run already: its own loads and
 * stores, its breaks and mappings are in the recording. So its calls are not made again, but tell which blocks there are,
 * for references to be charged to.
 *
 * With another allocator the question is what that one would have cost. Its calls are made in place of the recorded one's,
 * references to a block go to where it has put the block, and what was the recorded one's own is left out: its break, the
 * mappings that it made for blocks, and the references to its data within these.
 */

import { HEAP_OPERATIONS } from "../../../assembly/abi/heap.js";
import type { CallOutcome } from "../../wasm/system.js";
import { BlockCharges, type ChargesResult } from "../block-charges.js";
import type { Process } from "../process.js";
import type { Call } from "./call.js";
import { bits } from "./run-calls.js";

/** How many bytes a call asks for; undefined: it gives no block. */
const ASKED: Readonly<Record<string, (args: readonly bigint[]) => bigint>> = {
  malloc: ([bytes = 0n]) => bytes,
  calloc: ([count = 0n, bytes = 0n]) => count * bytes,
  realloc: ([, bytes = 0n]) => bytes,
  reallocarray: ([, count = 0n, bytes = 0n]) => count * bytes,
  memalign: ([, bytes = 0n]) => bytes,
  aligned_alloc: ([, bytes = 0n]) => bytes,
  posix_memalign: ([, bytes = 0n]) => bytes,
  valloc: ([bytes = 0n]) => bytes,
  pvalloc: ([bytes = 0n]) => bytes,
};
const TAKES_BLOCK = new Set(["realloc", "reallocarray", "free"]);
const CALLER = /#\s*(0x[0-9a-f]+)\s*$/;
/** The block that a line of the allocator gives. */
const BLOCK_IN =
  /^(?:malloc|calloc|realloc\w*|memalign|aligned_alloc|p?valloc)\(.*= (0x[0-9a-f]+)|^posix_memalign\(\[(0x[0-9a-f]+)/i;

export class RecordedHeap {
  private readonly charges: BlockCharges;
  /** Mappings that the recorded allocator made. */
  private readonly mappings = new Set<bigint>();

  /** `isOther`: the process's allocator takes the recorded one's place. */
  constructor(
    private readonly process: Process,
    private readonly isOther: boolean,
  ) {
    this.charges = new BlockCharges(process, isOther);
  }

  /** One of the allocator's calls; `text` is its line, at whose end its caller's address may stand. */
  take(call: Call, text: string): void {
    const isStored = call.name === "posix_memalign";
    const args = (isStored ? call.args.slice(1) : call.args).map((_, n) => bits(call, isStored ? n + 1 : n));
    const bytes = ASKED[call.name]?.(args);
    const recorded = this.recordedBlock(call);
    const [given = 0n] = args;
    const hasMoved = bytes === undefined || recorded !== 0n || bytes === 0n;
    const had = TAKES_BLOCK.has(call.name) && given !== 0n && hasMoved ? this.charges.freed(given) : 0n;
    const moved = this.isOther ? this.again(call, args, had) : recorded;
    if (bytes !== undefined && recorded !== 0n)
      this.charges.allocated(recorded, bytes, this.siteOf(call.name, args, text), call.line, moved);
  }

  /** Makes the call in the other allocator, its block by the address there; the block that it gave, 0n: none. */
  private again({ name, line, thread }: Call, args: readonly bigint[], had: bigint): bigint {
    const op = HEAP_OPERATIONS.indexOf(name);
    if (op < 0 || !this.process.isAlive) return 0n;
    const own = TAKES_BLOCK.has(name) ? [had, ...args.slice(1)] : args;
    if (name === "free" && had === 0n) return 0n;
    return this.process.library.operate({ op, args: own, thread: thread.number, number: line }).value;
  }

  private recordedBlock({ name, args, expected }: Call): bigint {
    if (name !== "posix_memalign") return expected?.kind === "value" ? expected.value : 0n;
    const [list] = args;
    const item = list?.kind === "list" ? list.items[0] : undefined;
    return item?.kind === "number" ? item.value : 0n;
  }

  /** Who asked: the caller, as far as the recording tells it, or else the call without its block. */
  private siteOf(name: string, args: readonly bigint[], text: string): string {
    const [, caller] = CALLER.exec(text) ?? [];
    if (caller !== undefined) return `${name} from ${this.placeOf(BigInt(caller))}`;
    const shown = TAKES_BLOCK.has(name) ? ["…", ...args.slice(1)] : args;
    return `${name}(${shown.join(", ")})`;
  }

  /** An address of code: `ls+0x4a3c`, by the place in the file. */
  private placeOf(address: bigint): string {
    const { system, asid } = this.process;
    const region = system.kernel.regionsNear(asid, address)[1];
    const path = region && region.start <= address ? system.pathOf(region.object) : undefined;
    if (region === undefined || path === undefined) return `0x${address.toString(16)}`;
    const offset = address - region.start + region.pgoff * this.process.pageBytes;
    return `${path.slice(path.lastIndexOf("/") + 1)}+0x${offset.toString(16)}`;
  }

  /** Is it a break or a mapping of the recorded allocator's, which another does not make? `next` is the call after it. */
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
      this.charges.unleave(address);
      if (name === "mremap" && value !== undefined) this.replace(value, second ?? 0n);
      return true;
    }
    if (name !== "mmap" || value === undefined || next === undefined) return false;
    const [, given, stored] = BLOCK_IN.exec(next) ?? [];
    const block = given ?? stored;
    const bytes = first ?? 0n;
    const isOwn = block !== undefined && BigInt(block) >= value && BigInt(block) < value + bytes;
    if (isOwn) this.replace(value, bytes);
    return isOwn;
  }

  /** The recorded allocator has a mapping that another does not make, nor touch its headers. */
  private replace(address: bigint, bytes: bigint): void {
    if (bytes <= 0n) return;
    this.mappings.add(address);
    this.charges.leave({ from: address, to: address + bytes });
  }

  /** The recorded break has been at `address`. */
  private extend(address: bigint | undefined): void {
    const { left } = this.charges;
    if (address === undefined) return;
    if (left.to === 0n) this.charges.left = { from: address, to: address };
    else if (address > left.to) this.charges.left = { ...left, to: address };
  }

  /** Makes references, charged to what they touch. */
  touch(records: number, count: number, number: number): { done: number; signal: CallOutcome["signal"] } {
    return this.charges.touch(records, count, number);
  }

  result(): ChargesResult {
    return this.charges.result();
  }
}
