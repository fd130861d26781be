/**
 * What every allocator must keep to, the kernel's and own ones alike. A claim looks at heaps that serve one script of calls
 * and says what is wrong, if anything. Claims do not wait, so that a watch can stop an allocator that never comes back.
 */
import type { Claim as GeneralClaim } from "../../own/search.js";
import { hex } from "./memory.js";

/** A call; `block` names a block by a number that no other block in use has. */
export type HeapCall =
  | { readonly call: "malloc"; readonly block: number; readonly bytes: number }
  | { readonly call: "calloc"; readonly block: number; readonly count: number; readonly bytes: number }
  | { readonly call: "memalign"; readonly block: number; readonly alignment: number; readonly bytes: number }
  | { readonly call: "realloc"; readonly block: number; readonly bytes: number }
  | { readonly call: "free"; readonly block: number };

/** What a claim is tried on: a program. */
export interface Trial {
  readonly calls: readonly HeapCall[];
}

/** A heap that a program runs on. */
export interface Run {
  /** Serves a call: the address that it gives, 0: NULL. Throws where the allocator is at fault. */
  serve(call: HeapCall): number;
  /** malloc_usable_size of a block in use. */
  usableSize(block: number): number;
  /** What the program finds and stores; it stores nowhere but to memory that it can write, else false. */
  read(address: number, bytes: number): Uint8Array;
  write(address: number, bytes: Uint8Array): boolean;
  /** How the allocator has ended the process; undefined: it has not. */
  readonly ended: string | undefined;
  /** Is its state sound? */
  isValid(): boolean;
}

export type Claim = GeneralClaim<Trial, Run>;

/** A block as the program knows it. */
interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** More than a process of 47 bits can have. */
const TOO_MUCH = 2 ** 50;
/** Bytes at the beginning and at the end of a block that the program looks at. */
const LOOKED_AT = 256;
/** What a program leaves in blocks. */
const DIRT = new Uint8Array(4096).fill(0xff);

/** The first is what the others build on. */
export const CLAIMS: readonly Claim[] = [
  {
    name: "serves every call, and gives memory that the program can write",
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
    name: "aligns as memalign is told",
    runs: 1,
    check: ({ calls }, run) =>
      played(calls, run, ({ address }, call) =>
        call.call === "memalign" ? unaligned(address, call.alignment) : undefined,
      ),
  },
  {
    name: "gives no byte to two blocks",
    runs: 1,
    check: ({ calls }, run) =>
      played(calls, run, (block, _, others) => {
        const other = others.find((one) => overlap(block, one));
        return other && `${hex(block.address)} overlaps the block at ${hex(other.address)}`;
      }),
  },
  {
    name: "leaves what is in blocks alone",
    runs: 1,
    check: ({ calls }, run) => spoiled(calls, run),
  },
  {
    name: "gives zeros by calloc",
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
    name: "says of blocks that they are as large as was asked for, at least",
    runs: 1,
    check: ({ calls }, run) =>
      played(calls, run, ({ bytes }, { block }) => {
        const usable = run.usableSize(block);
        return usable < bytes ? `its usable size is ${usable}, and ${bytes} bytes were asked for` : undefined;
      }),
  },
  {
    name: "gives NULL where there is no memory, and goes on",
    runs: 1,
    shape: ({ calls }) => ({ calls: calls.flatMap((one, n) => [tooLarge(calls.length + n), one]) }),
    check: ({ calls }, run) => played(calls, run, () => undefined),
  },
  {
    name: "goes on after everything was freed",
    runs: 1,
    shape: ({ calls }) => ({ calls: [...calls, ...frees(calls), ...calls, ...frees(calls)] }),
    check: ({ calls }, run) => played(calls, run, () => undefined),
  },
  {
    name: "does the same again",
    runs: 2,
    check: ({ calls }, one, two: Run) =>
      parting(calls, addressesOf(calls, one), addressesOf(calls, two), "in a second process"),
  },
  {
    name: "keeps processes apart",
    runs: 3,
    check({ calls }, alone, ...both) {
      const addresses = addressesOf(calls, alone);
      const inTurns = calls.map((call) => both.map((run) => run.serve(call)));
      const column = (n: number) => inTurns.map((row) => row[n] ?? 0);
      const when = "while another process runs";
      return parting(calls, addresses, column(0), when) ?? parting(calls, addresses, column(1), when);
    },
  },
];

/** A call in words: `malloc(48)`; blocks by their numbers. */
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

/** Serves the calls in turn; what `look` says of the block that a call gave, or how it came to none. */
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
  if (!run.isValid()) return "its state is not sound behind it";
  const bytes = bytesOf(call);
  if (call.call === "free") {
    blocks.delete(call.block);
    return undefined;
  }
  if (bytes >= TOO_MUCH) return address === 0 ? undefined : `it gives ${hex(address)} for more than there is`;
  if (address === 0) return bytes === 0 ? undefined : "it gives NULL, and there is memory";
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

/** What is wrong with the contents of blocks: the program fills the ends of each, and looks there again before it is freed. */
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

/** The first and last bytes of a block, as the program has filled them. */
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

  /** Is what was at the beginning there again, now that the block has `bytes` at `address`? */
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
  return address % alignment === 0 ? undefined : `${hex(address)} is no multiple of ${alignment}`;
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

/** Frees what the calls leave. */
function frees(calls: readonly HeapCall[]): HeapCall[] {
  const left = new Set<number>();
  for (const call of calls) {
    if (call.call === "free") left.delete(call.block);
    else left.add(call.block);
  }
  return [...left].map((block) => ({ call: "free", block }));
}

/** Those of the calls whose blocks are in use when they come, after others were left out. */
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

/** Where two heaps part that should not. */
function parting(
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
