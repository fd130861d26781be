/**
 * Random calls by several threads in turn, for any allocator: blocks have the requested size, are aligned and disjoint,
 * keep their contents, are zero from calloc; and the heap is consistent.
 */
import { expect } from "vitest";
import { type Process, spawn, type Thread } from "#pagewalk/index.js";

interface Block {
  readonly address: bigint;
  readonly usable: number;
  /** The value of its bytes at both ends. */
  readonly fill: number;
}

/** Number of bytes at each end of a block that are filled and compared. */
const END_BYTES = 48;

/** Marsaglia's xorshift, from a seed that is not 0. */
function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

class Program {
  readonly blocks: Block[] = [];
  private fills = 0;

  constructor(
    readonly process: Process,
    private readonly random: (below: number) => number,
  ) {}

  private bytes(): number {
    const kind = this.random(20);
    if (kind < 12) return this.random(300);
    if (kind < 18) return this.random(9000);
    return this.random(kind === 18 ? 200_000 : 1_500_000);
  }

  step(): void {
    const kind = this.random(16);
    const bytes = this.bytes();
    if (this.blocks.length > 120 || (kind < 6 && this.blocks.length > 0)) this.free();
    else if (kind < 9) this.enter(this.process.malloc(bytes).value, bytes, 1);
    else if (kind < 11) this.calloc(bytes);
    else if (kind < 14 && this.blocks.length > 0) this.realloc(bytes + 1);
    else {
      const alignment = 2 ** this.random(18);
      this.enter(this.process.memalign(alignment, bytes).value, bytes, alignment);
    }
  }

  private enter(address: bigint, bytes: number, alignment: number): void {
    const usable = Number(this.process.malloc_usable_size(address).value);
    expect(address).not.toBe(0n);
    expect(usable).toBeGreaterThanOrEqual(bytes);
    expect(address % BigInt(Math.max(alignment, usable >= 16 ? 16 : 8))).toBe(0n);
    for (const { address: other, usable: its } of this.blocks)
      expect(address + BigInt(usable) <= other || other + BigInt(its) <= address).toBe(true);
    const block = { address, usable, fill: (++this.fills % 255) + 1 };
    for (const [at, count] of this.endsOf(usable))
      this.process.poke(address + BigInt(at), new Uint8Array(count).fill(block.fill));
    this.blocks.push(block);
  }

  private endsOf(usable: number): [at: number, count: number][] {
    const count = Math.min(usable, END_BYTES);
    return [
      [0, count],
      [usable - count, count],
    ];
  }

  private calloc(bytes: number): void {
    const { value } = this.process.calloc(1, bytes);
    expect(this.process.peek(value, Math.min(bytes, 300_000)).every((byte) => byte === 0)).toBe(true);
    this.enter(value, bytes, 1);
  }

  private take(): Block {
    const [block] = this.blocks.splice(this.random(this.blocks.length), 1);
    if (block === undefined) throw new Error("there is no block");
    for (const [at, count] of this.endsOf(block.usable))
      this.expectFilled(block.address, block.fill, at, count);
    return block;
  }

  private expectFilled(address: bigint, fill: number, at: number, count: number): void {
    expect(new Set(this.process.peek(address + BigInt(at), count))).toEqual(
      new Set(count === 0 ? [] : [fill]),
    );
  }

  private free(): void {
    this.process.free(this.take().address);
  }

  private realloc(bytes: number): void {
    const { address, usable, fill } = this.take();
    const { value } = this.process.realloc(address, bytes);
    for (const [at, count] of this.endsOf(usable))
      this.expectFilled(value, fill, at, Math.max(0, Math.min(count, bytes - at)));
    this.enter(value, bytes, 1);
  }

  /** Each block lies in a chunk in use of its own. */
  expectChunks(): void {
    const used = (this.process.heap()?.chunks ?? []).filter(
      ({ state }) => state === "used" || state === "mapped",
    );
    const holding = this.blocks.map(({ address, usable }) =>
      used.findIndex(
        (chunk) =>
          chunk.address <= address && address + BigInt(usable) <= chunk.address + BigInt(chunk.bytes),
      ),
    );
    expect(holding).not.toContain(-1);
    expect(new Set(holding).size).toBe(this.blocks.length);
  }
}

/** Each thread makes some calls, then ends, and another replaces it. */
export async function expectSoundContents(
  allocator: string,
  { threads, steps, seed }: { threads: number; steps: number; seed: number },
): Promise<void> {
  const process = await spawn({ allocator });
  const random = randomly(seed);
  const program = new Program(process, random);
  const others = Array.from({ length: threads - 1 }, () => process.thread()).filter(
    (thread): thread is Thread => "process" in thread,
  );
  for (let n = 0; n < steps; n++) {
    const thread = others[random(threads)];
    if (thread === undefined) program.step();
    else process.runAs(thread, () => (random(100) === 0 ? process.thread_exit() : program.step()));
    if (n % 100 !== 99) continue;
    expect(process.library.isValid, `${allocator}, seed ${seed}, step ${n}`).toBe(true);
    program.expectChunks();
  }
  while (program.blocks.length > 0) process.free(program.blocks.pop()?.address ?? 0n);
  expect(process.library.isValid).toBe(true);
  program.expectChunks();
}
