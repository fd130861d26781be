/** Made streams of the QEMU recorder, and a naive decoder of them. The layout is that of plugin/shared.h. */
import fc from "fast-check";
import { FETCH, LOAD, MODIFY, type PlainRecord, STORE } from "../../records.js";

export interface Access {
  readonly instruction: number;
  readonly kind: typeof LOAD | typeof STORE;
  readonly address: bigint;
  readonly shift: number;
}

/** A block that is executed: which, how many instructions begin, and the accesses of these. */
export interface Execution {
  readonly block: number;
  /** Instructions that begin; all of them if undefined. */
  readonly begun: number | undefined;
  readonly accesses: readonly Access[];
}

export interface Instruction {
  readonly address: bigint;
  readonly size: number;
}

export type Block = readonly Instruction[];

/** A stretch of one thread with its ticket, and a call event at its end. */
export interface Stretch {
  readonly thread: number;
  readonly executions: readonly Execution[];
  readonly text: string | undefined;
}

const BLOCK_HEAD = 16;
const SEGMENT = 1 << 20;

/** The definitions' bytes, and each block's number. */
export function definitionsOf(blocks: readonly Block[]): { bytes: Uint8Array; numbers: number[] } {
  const bytes = new Uint8Array(SEGMENT);
  const view = new DataView(bytes.buffer);
  let at = BLOCK_HEAD;
  const numbers = blocks.map((block) => {
    const number = at / 16;
    view.setUint32(at, block.length, true);
    at += BLOCK_HEAD;
    for (const { address, size } of block) {
      view.setBigUint64(at, address, true);
      view.setUint32(at + 8, size, true);
      at += 16;
    }
    return number;
  });
  return { bytes: bytes.slice(0, at), numbers };
}

const mark = (ticket: number) => (1n << 56n) | BigInt(ticket);
const done = (ran: number) => (2n << 56n) | BigInt(ran);

function accessWords({ instruction, kind, address, shift }: Access): bigint[] {
  const word = (BigInt(kind) << 62n) | (BigInt(shift) << 59n) | (BigInt(instruction) << 50n);
  const low = BigInt.asUintN(50, address);
  if (BigInt.asUintN(64, BigInt.asIntN(50, low)) === address) return [word | low];
  return [(3n << 56n) | (word >> 50n), address];
}

function textWords(text: string): bigint[] {
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const words = Array.from({ length: padded.length / 8 }, (_, n) => view.getBigUint64(n * 8, true));
  return [(4n << 56n) | BigInt(bytes.length), ...words];
}

const ranOf = (execution: Execution | undefined) =>
  execution?.begun === undefined ? 0 : execution.begun + 1;

/** The events of a thread's stretches, whose tickets are their places in the time line, from 1. */
export function eventsOf(
  stretches: readonly (Stretch & { readonly ticket: number })[],
  blocks: readonly Block[],
  numbers: readonly number[],
): BigUint64Array<ArrayBuffer> {
  const words: bigint[] = [];
  for (const { ticket, executions, text } of stretches) {
    words.push(mark(ticket));
    let before: Execution | undefined;
    for (const execution of executions) {
      const { block, accesses } = execution;
      const length = BigInt(blocks[block]?.length ?? 0);
      const ran = BigInt(ranOf(before));
      words.push((3n << 62n) | (ran << 52n) | (length << 32n) | BigInt(numbers[block] ?? 0));
      for (const access of accesses) words.push(...accessWords(access));
      before = execution;
    }
    words.push(done(ranOf(before)));
    if (text !== undefined) words.push(...textWords(text));
  }
  return new BigUint64Array(words);
}

/** Returns the records of a stretch, instruction by instruction. */
export function recordsOf({ executions }: Stretch, blocks: readonly Block[]): PlainRecord[] {
  const all: PlainRecord[] = [];
  for (const [n, { block, begun, accesses }] of executions.entries()) {
    const instructions = blocks[block] ?? [];
    const next = blocks[executions[n + 1]?.block ?? -1]?.[0];
    const last = begun === undefined ? undefined : instructions[begun - 1];
    // The instruction that the next block repeats has not been executed.
    const repeats = next !== undefined && last?.address === next.address;
    const count = begun === undefined ? instructions.length : begun - Number(repeats);
    const made = 1 + Math.max(-1, ...accesses.map(({ instruction }) => instruction));
    for (const [index, { address, size }] of instructions.slice(0, Math.max(count, made)).entries()) {
      all.push({ kind: FETCH, address, size });
      const own = accesses.filter(({ instruction }) => instruction === index);
      all.push(
        ...joined(own.map(({ kind, address: at, shift }) => ({ kind, address: at, size: 1 << shift }))),
      );
    }
  }
  return all;
}

/** Accesses of one kind that follow one another are one; a load and then a store of the same bytes a modify. */
function joined(accesses: readonly PlainRecord[]): PlainRecord[] {
  const [first, second, ...rest] = accesses;
  if (first === undefined || second === undefined) return [...accesses];
  const { kind, address, size } = first;
  const follows = second.kind === kind && second.address === BigInt.asUintN(64, address + BigInt(size));
  if (follows) return joined([{ kind, address, size: size + second.size }, ...rest]);
  const modifies =
    kind === LOAD && second.kind === STORE && second.address === address && second.size === size;
  if (modifies) return joined([{ kind: MODIFY, address, size }, ...rest]);
  return [first, ...joined([second, ...rest])];
}

/** Blocks of a few instructions, and executions of them. */
export const programs = fc
  .array(
    fc.tuple(
      fc.bigInt(0n, (1n << 63n) - 1n),
      fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 6 }),
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((drawn) =>
    drawn.map(([start, sizes]) => {
      let address = start;
      return sizes.map((size) => {
        const instruction = { address, size };
        address += BigInt(size);
        return instruction;
      });
    }),
  );

const near = fc.constantFrom(0x7fff_f7d0_1000n, 0x7fff_f7d0_1008n, 0x7fff_f7d0_1010n);
const addresses = fc.oneof(near, near, fc.bigInt(0n, (1n << 64n) - 1n));

function accessesOf(begun: number): fc.Arbitrary<Access[]> {
  const one = fc.record({
    instruction: fc.nat(begun - 1),
    kind: fc.constantFrom<typeof LOAD | typeof STORE>(LOAD, STORE),
    address: addresses,
    shift: fc.constantFrom(3, 3, 0, 4),
  });
  return fc.array(one, { maxLength: 6 }).map((all) => all.sort((a, b) => a.instruction - b.instruction));
}

function executionOf(blocks: readonly Block[]): fc.Arbitrary<Execution> {
  return fc.nat(blocks.length - 1).chain((block) => {
    const length = blocks[block]?.length ?? 1;
    // A block that is left at its last instruction looks as one that ends with it.
    const early = length === 1 ? fc.constant(undefined) : fc.integer({ min: 1, max: length - 1 });
    return fc
      .option(early, { nil: undefined, freq: 2 })
      .chain((begun) => accessesOf(begun ?? length).map((accesses) => ({ block, begun, accesses })));
  });
}

/** A time line of stretches by up to `threads` threads. */
export function timeLines(blocks: readonly Block[], threads: number): fc.Arbitrary<Stretch[]> {
  const stretch = fc.record({
    thread: fc.nat(threads - 1),
    executions: fc.array(executionOf(blocks), { maxLength: 5 }),
    text: fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: undefined }),
  });
  return fc.array(stretch, { maxLength: 12, size: "max" });
}
