/**
 * The claims that every allocator must meet, those of the kernel and custom ones. A claim runs one script of calls on
 * heaps and describes the first violation. Claims are synchronous, so that a watch can stop an allocator that never
 * returns.
 */
import type { Claim as GeneralClaim } from "../../custom/search.js";
import { hex } from "./memory.js";

/** A call; `block` is a number that no other block in use has. */
export type HeapCall =
  | { readonly call: "malloc"; readonly block: number; readonly bytes: number }
  | { readonly call: "calloc"; readonly block: number; readonly count: number; readonly bytes: number }
  | { readonly call: "memalign"; readonly block: number; readonly alignment: number; readonly bytes: number }
  | { readonly call: "realloc"; readonly block: number; readonly bytes: number }
  | { readonly call: "free"; readonly block: number };

/** A test case: a program. */
export interface Trial {
  readonly calls: readonly HeapCall[];
}

/** A heap that a program runs on. */
export interface Run {
  /** Serves a call and returns its address, 0 for NULL. Throws if the allocator fails. */
  serve(call: HeapCall): number;
  /** malloc_usable_size of a block in use. */
  usableSize(block: number): number;
  /** Loads and stores of the program; a store returns false if the memory is not writable. */
  read(address: number, bytes: number): Uint8Array;
  write(address: number, bytes: Uint8Array): boolean;
  /** How the allocator ended the process; undefined if it did not. */
  readonly ended: string | undefined;
  /** Checks the consistency of its state. */
  isValid(): boolean;
}

export type Claim = GeneralClaim<Trial, Run>;

/** A block as known to the program. */
interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** More than an address space of 47 bits. */
const TOO_MUCH = 2 ** 50;
/** Bytes at each end of a block that the program checks. */
const LOOKED_AT = 256;
/** The contents that a program writes to blocks. */
const DIRT = new Uint8Array(4096).fill(0xff);

/** The first claim is a precondition of the others. */
export const CLAIMS: readonly Claim[] = [
  {
    name: "serves every call, and returns memory that the program can write",
    runs: 1,
    check: ({ calls }, run) =>
      played(calls, run, ({ address, bytes }) =>
        run.write(address, DIRT.subarray(0, Math.min(bytes, LOOKED_AT)))
          ? undefined
          : `the program cannot write to ${hex(address)}`,
      ),
  },
  {
    name: "aligns blocks to 16 bytes, those below 16 bytes to 8",
    runs: 1,
    check: ({ calls }, run) =>
      played(calls, run, ({ address, bytes }) => unaligned(address, bytes < 16 ? 8 : 16)),
  },
  {
    name: "aligns blocks as memalign requests",
    runs: 1,
    check: ({ calls }, run) =>
      played(calls, run, ({ address }, call) =>
        call.call === "memalign" ? unaligned(address, call.alignment) : undefined,
      ),
  },
  {
    name: "never gives a byte to two blocks",
    runs: 1,
    check: ({ calls }, run) =>
      played(calls, run, (block, _, others) => {
        const other = others.find((one) => overlap(block, one));
        return other && `${hex(block.address)} overlaps the block at ${hex(other.address)}`;
      }),
  },
  {
    name: "does not change the contents of blocks",
    runs: 1,
    check: ({ calls }, run) => spoiled(calls, run),
  },
  {
    name: "returns zeros from calloc",
    runs: 1,
    check: ({ calls }, run) =>
      played(calls, run, ({ address, bytes }, call) => {
        const found = call.call === "calloc" ? run.read(address, bytes).findIndex((byte) => byte !== 0) : -1;
        for (let at = 0; at < bytes; at += DIRT.length) {
          run.write(address + at, DIRT.subarray(0, Math.min(bytes - at, DIRT.length)));
        }
        return found < 0 ? undefined : `byte ${found} of the block is not zero`;
      }),
  },
  {
    name: "reports a usable size of at least the requested size",
    runs: 1,
    check: ({ calls }, run) =>
      played(calls, run, ({ bytes }, { block }) => {
        const usable = run.usableSize(block);
        return usable < bytes ? `its usable size is ${usable}, but ${bytes} bytes were requested` : undefined;
      }),
  },
  {
    name: "returns NULL if there is no memory, and continues to work",
    runs: 1,
    shape: ({ calls }) => ({ calls: calls.flatMap((one, n) => [tooLarge(calls.length + n), one]) }),
    check: ({ calls }, run) => played(calls, run, () => undefined),
  },
  {
    name: "continues to work after all blocks were freed",
    runs: 1,
    shape: ({ calls }) => ({ calls: [...calls, ...frees(calls), ...calls, ...frees(calls)] }),
    check: ({ calls }, run) => played(calls, run, () => undefined),
  },
  {
    name: "gives the same results when run again",
    runs: 2,
    check: ({ calls }, one, two: Run) =>
      firstDifference(calls, addressesOf(calls, one), addressesOf(calls, two), "in a second process"),
  },
  {
    name: "keeps interleaved processes apart",
    runs: 3,
    check({ calls }, alone, ...both) {
      const addresses = addressesOf(calls, alone);
      const inTurns = calls.map((call) => both.map((run) => run.serve(call)));
      const column = (n: number) => inTurns.map((row) => row[n] ?? 0);
      const when = "while another process runs";
      return (
        firstDifference(calls, addresses, column(0), when) ??
        firstDifference(calls, addresses, column(1), when)
      );
    },
  },
];

/** A call as text: `malloc(48)`; blocks by number. */
export function callText(call: HeapCall): string {
  switch (call.call) {
    case "malloc":
      return `b${call.block} = malloc(${call.bytes})`;
    case "calloc":
      return `b${call.block} = calloc(${call.count}, ${call.bytes})`;
    case "memalign":
      return `b${call.block} = memalign(${call.alignment}, ${call.bytes})`;
    case "realloc":
      return `b${call.block} = realloc(b${call.block}, ${call.bytes})`;
    default:
      return `free(b${call.block})`;
  }
}

/** Serves the calls in order. Returns the error that `look` finds in a returned block, or that prevented the block. */
function played(
  calls: readonly HeapCall[],
  run: Run,
  look: (block: Block, call: HeapCall, others: readonly Block[]) => string | undefined,
): string | undefined {
  const blocks = new Map<number, Block>();
  for (const call of calls) {
    const problem = step(call, run, blocks, look);
    if (problem !== undefined) return `${callText(call)}: ${problem}`;
  }
  return undefined;
}

function step(
  call: HeapCall,
  run: Run,
  blocks: Map<number, Block>,
  look: (block: Block, call: HeapCall, others: readonly Block[]) => string | undefined,
): string | undefined {
  const address = run.serve(call);
  if (run.ended !== undefined) return `it ends the process by ${run.ended}`;
  if (!run.isValid()) return "its state is inconsistent after the call";
  const bytes = bytesOf(call);
  if (call.call === "free") {
    blocks.delete(call.block);
    return undefined;
  }
  if (bytes >= TOO_MUCH)
    return address === 0 ? undefined : `it returns ${hex(address)} for more memory than there is`;
  if (address === 0) return bytes === 0 ? undefined : "it returns NULL, although there is memory";
  const block = { address, bytes };
  blocks.delete(call.block);
  const problem = look(block, call, [...blocks.values()]);
  blocks.set(call.block, block);
  return problem;
}

function bytesOf(call: HeapCall): number {
  if (call.call === "free") return 0;
  return call.call === "calloc" ? call.count * call.bytes : call.bytes;
}

/** Checks the contents of blocks: the program fills both ends of each block, and compares them before it is freed. */
function spoiled(calls: readonly HeapCall[], run: Run): string | undefined {
  const contents = new Map<number, Ends>();
  for (const [n, call] of calls.entries()) {
    const before = contents.get(call.block);
    const changed = before?.changed(run);
    if (changed !== undefined) return `before ${callText(call)}: ${changed}`;
    const problem = played([call], run, ({ address, bytes }) => {
      const lost = call.call === "realloc" ? before?.lostAt(address, bytes, run) : undefined;
      contents.set(call.block, new Ends(call.block, address, bytes, n, run));
      return lost;
    });
    if (problem !== undefined) return problem;
    if (call.call === "free") contents.delete(call.block);
  }
  for (const ends of contents.values()) {
    const changed = ends.changed(run);
    if (changed !== undefined) return `at the end: ${changed}`;
  }
  return undefined;
}

/** The first and last bytes of a block, as the program filled them. */
class Ends {
  private readonly head: Uint8Array;
  private readonly tail: Uint8Array;

  constructor(
    private readonly block: number,
    private readonly address: number,
    private readonly bytes: number,
    seed: number,
    run: Run,
  ) {
    this.head = pattern(Math.min(bytes, LOOKED_AT), seed);
    this.tail = pattern(Math.min(bytes - this.head.length, LOOKED_AT), seed);
    run.write(address, this.head);
    run.write(this.tailAt, this.tail);
  }

  private get tailAt(): number {
    return this.address + this.bytes - this.tail.length;
  }

  changed(run: Run): string | undefined {
    const head = difference(this.head, run.read(this.address, this.head.length));
    const tail = difference(this.tail, run.read(this.tailAt, this.tail.length));
    const at = head ?? (tail === undefined ? undefined : this.bytes - this.tail.length + tail);
    return at === undefined ? undefined : `byte ${at} of b${this.block} is not what the program stored there`;
  }

  /** Describes the first byte that the block has lost, now that it has `bytes` at `address`; undefined if none. */
  lostAt(address: number, bytes: number, run: Run): string | undefined {
    const kept = this.head.subarray(0, bytes);
    const at = difference(kept, run.read(address, kept.length));
    return at === undefined ? undefined : `byte ${at} of the block is not what it was before`;
  }
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let place = 0; place < length; place++) bytes[place] = seed * 37 + place * 11 + 1;
  return bytes;
}

function difference(one: Uint8Array, other: Uint8Array): number | undefined {
  const at = one.findIndex((byte, n) => byte !== other[n]);
  return at < 0 ? undefined : at;
}

function unaligned(address: number, alignment: number): string | undefined {
  return address % alignment === 0 ? undefined : `${hex(address)} is not a multiple of ${alignment}`;
}

function overlap(one: Block, other: Block): boolean {
  return (
    one.address < other.address + Math.max(other.bytes, 1) &&
    other.address < one.address + Math.max(one.bytes, 1)
  );
}

function tooLarge(block: number): HeapCall {
  return { call: "malloc", block, bytes: TOO_MUCH };
}

/** Frees the remaining blocks. */
function frees(calls: readonly HeapCall[]): HeapCall[] {
  const left = new Set<number>();
  for (const call of calls) {
    if (call.call === "free") left.delete(call.block);
    else left.add(call.block);
  }
  return [...left].map((block) => ({ call: "free", block }));
}

/** The calls whose blocks are still in use at that point, after other calls were removed. */
export function sound(calls: readonly HeapCall[]): HeapCall[] {
  const live = new Set<number>();
  return calls.filter((call) => {
    if (call.call === "free") return live.delete(call.block);
    if (call.call === "realloc") return live.has(call.block);
    live.add(call.block);
    return true;
  });
}

function addressesOf(calls: readonly HeapCall[], run: Run): number[] {
  return calls.map((call) => run.serve(call));
}

/** The first difference between two heaps that should be equal. */
function firstDifference(
  calls: readonly HeapCall[],
  one: readonly number[],
  two: readonly number[],
  when: string,
): string | undefined {
  const at = one.findIndex((address, n) => address !== two[n]);
  const call = calls[at];
  if (call === undefined) return undefined;
  return `${callText(call)}: it gives ${hex(one[at] ?? 0)}, and ${hex(two[at] ?? 0)} ${when}`;
}
