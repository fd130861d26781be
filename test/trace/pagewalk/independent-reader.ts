/**
 * A reader written from docs/trace-format.md only: slow, simple, and without code shared with the real one.
 */
import { crc32, inflateRawSync } from "node:zlib";
import type { Item, Touch } from "./files.js";

const MASK = 2n ** 64n - 1n;
const u64 = (value: bigint) => value & MASK;

export interface DecodedBlock {
  offset: number;
  firstReference: number;
  touches: Touch[];
  items: Item[];
}

export interface DecodedFile {
  unit: "address" | "page";
  metadata: unknown;
  blocks: DecodedBlock[];
}

class Bytes {
  at = 0;
  constructor(readonly bytes: Buffer) {}
  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }
  number(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return u64(value);
    }
  }
  signed(): bigint {
    const folded = this.number();
    return folded & 1n ? -((folded >> 1n) + 1n) : folded >> 1n;
  }
  take(length: number): Buffer {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  get ended(): boolean {
    return this.at === this.bytes.length;
  }
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(`independent reader: ${what}`);
}

export function readIndependently(file: Uint8Array): DecodedFile {
  const bytes = Buffer.from(file);
  check(bytes.subarray(0, 8).equals(Buffer.from("\x89PGW\r\n\x1a\n", "latin1")), "magic");
  check(bytes.readUInt16LE(8) === 1, "version");
  const unit = bytes[10] === 1 ? "page" : "address";
  const metadata = bytes.subarray(24, 24 + bytes.readUInt32LE(16));
  check(crc32(metadata, crc32(bytes.subarray(0, 20))) === bytes.readUInt32LE(20), "header crc");
  const blocks: DecodedBlock[] = [];
  let at = 24 + metadata.length;
  while (bytes.toString("latin1", at, at + 4) === "PGWB") {
    const { block, end } = readBlock(bytes, at, unit);
    check(bytes.readUInt32LE(at + 8) === blocks.reduce((sum, { items }) => sum + countOf(items), 0), "first");
    blocks.push(block);
    at = end;
  }
  readIndex(bytes, at, blocks);
  return { unit, metadata: JSON.parse(metadata.toString()), blocks };
}

const countOf = (items: readonly Item[]) => items.filter((item) => typeof item !== "string").length;

function readIndex(bytes: Buffer, at: number, blocks: readonly DecodedBlock[]): void {
  check(bytes.toString("latin1", at, at + 4) === "PGWI", "index magic");
  check(bytes.readUInt32LE(at + 4) === blocks.length, "index length");
  for (const [i, block] of blocks.entries()) {
    const entry = at + 8 + 40 * i;
    check(Number(bytes.readBigUInt64LE(entry)) === block.offset, "index offset");
    check(Number(bytes.readBigUInt64LE(entry + 8)) === block.firstReference, "index reference");
    check(bytes.readUInt32LE(entry + 32) === block.items.length - countOf(block.items), "index calls");
  }
  const end = at + 8 + 40 * blocks.length;
  check(crc32(bytes.subarray(at, end)) === bytes.readUInt32LE(end), "index crc");
  check(Number(bytes.readBigUInt64LE(end + 4)) === at, "trailer offset");
  check(crc32(bytes.subarray(end + 4, end + 20)) === bytes.readUInt32LE(end + 20), "trailer crc");
  check(bytes.toString("latin1", end + 24) === "PGWE", "trailer magic");
}

function readBlock(bytes: Buffer, offset: number, unit: string): { block: DecodedBlock; end: number } {
  const header = bytes.subarray(offset, offset + 128);
  check(crc32(header.subarray(0, 124)) === header.readUInt32LE(124), "block crc");
  const [calls, touches, entries, operations] = [4, 32, 36, 40].map((field) => header.readUInt32LE(field));
  const references = [16, 20, 24, 28].reduce((sum, field) => sum + header.readUInt32LE(field), 0);
  let at = offset + 128;
  const sections = [0, 1, 2, 3, 4, 5].map((section) => {
    const [raw = 0, stored = 0, crc] = [0, 4, 8].map((field) =>
      header.readUInt32LE(52 + 12 * section + field),
    );
    const data = bytes.subarray(at, at + stored);
    at += stored;
    check(crc32(data) === crc, `crc of section ${section}`);
    const unpacked = stored === raw ? data : section === 0 ? unpackLz4(data) : inflateRawSync(data);
    check(unpacked.length === raw, `length of section ${section}`);
    return new Bytes(unpacked);
  }) as [Bytes, Bytes, Bytes, Bytes, Bytes, Bytes];
  const [pages, callsSection, dictionary, path, guesses, addresses] = sections;
  const path4k = readTouches(pages, touches ?? 0, entries ?? 0);
  const ops = readOperations(dictionary, operations ?? 0, unit);
  const kinds = followPath(path, ops, references);
  const items: Item[] =
    unit === "page" ? pageAddresses(kinds, path4k, guesses) : guessAddresses(kinds, guesses, addresses);
  const counts = [0, 1, 2, 3].map((kind) => kinds.filter((operation) => operation.kind === kind).length);
  check(
    counts.every((count, kind) => count === header.readUInt32LE(16 + 4 * kind)),
    "counts of kinds",
  );
  for (const [i, { position, text }] of readCalls(callsSection, calls ?? 0).entries()) {
    items.splice(position + i, 0, text);
  }
  for (const section of sections) check(section.ended, "bytes are left over");
  const firstReference = Number(header.readBigUInt64LE(8));
  return { block: { offset, firstReference, touches: path4k, items }, end: at };
}

export function unpackLz4(block: Buffer): Buffer {
  const input = new Bytes(block);
  const out: number[] = [];
  const length = (nibble: number) => {
    let sum = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; sum += more) more = input.byte();
    return sum;
  };
  for (;;) {
    const token = input.byte();
    out.push(...input.take(length(token >> 4)));
    if (input.ended) return Buffer.from(out);
    const offset = input.byte() + 256 * input.byte();
    for (let left = length(token & 15) + 4; left > 0; left--)
      out.push(out[out.length - offset] ?? Number.NaN);
  }
}

function readTouches(pages: Bytes, touches: number, entries: number): Touch[] {
  const width = entries <= 256 ? 1 : 2;
  const symbols = Array.from({ length: touches }, () => pages.take(width).readUIntLE(0, width));
  let vpn = 0n;
  const dictionary = Array.from({ length: entries }, (): Touch => {
    vpn = u64(vpn + pages.signed());
    const flags = Number(pages.number());
    return { vpn, pages: (flags >> 2) + 1, side: flags & 2 ? "data" : "fetch", write: (flags & 1) === 1 };
  });
  return symbols.map((symbol) => ({ ...(dictionary[symbol] as Touch) }));
}

function readCalls(section: Bytes, calls: number): { position: number; text: string }[] {
  let position = 0;
  return Array.from({ length: calls }, () => {
    position += Number(section.number());
    return { position, text: section.take(Number(section.number())).toString() };
  });
}

interface Operation {
  number: number;
  kind: number;
  size: number;
  address: bigint;
}

function readOperations(section: Bytes, count: number, unit: string): Operation[][] {
  const flags = [...section.take(count)];
  const sizes = flags.map(() => Number(section.number()));
  const chains: Operation[][] = [];
  let after = 0n;
  for (const [number, flag] of flags.entries()) {
    const size = sizes[number] ?? 0;
    const kind = flag & 3;
    let address = 0n;
    if (kind === 0 && unit === "address") {
      address = flag & 8 ? after : u64(after + section.signed());
      after = u64(address + BigInt(size));
    }
    if (flag & 4) chains.push([]);
    chains.at(-1)?.push({ number, kind, size, address });
  }
  return chains;
}

function* events(section: Bytes, explicit: boolean): Generator<"right" | 0 | 1 | { explicit: bigint }> {
  while (!section.ended) {
    const event = section.number();
    for (let run = event >> 2n; run > 0n; run--) yield "right";
    const code = Number(event & 3n);
    if (code === 2) yield { explicit: explicit ? section.number() : 0n };
    else yield code === 0 ? 0 : 1;
  }
  for (;;) yield "right";
}

/** A hash is the top 16 bits of a product. */
const hash = (key: bigint, multiplier: bigint) => u64(key * multiplier) >> 48n;

function followPath(section: Bytes, chains: Operation[][], references: number): Operation[] {
  const deep = new Map<bigint, number>();
  const shallow = new Map<number, number>();
  const all: Operation[] = [];
  const event = events(section, true);
  let recent = 0n;
  let last = 0;
  let seen = 0;
  while (all.length < references) {
    const key = hash(recent, 0xd1342543de82ef95n);
    const next = event.next().value;
    let chain = deep.get(key) ?? 0;
    if (next === 0) chain = shallow.get(last) ?? 0;
    if (next === 1) chain = seen;
    if (typeof next === "object") chain = Number(next.explicit);
    if (chain === seen) seen++;
    deep.set(key, chain);
    shallow.set(last, chain);
    recent = u64((recent << 16n) | BigInt(chain));
    last = chain;
    check(chains[chain] !== undefined, "no such chain");
    all.push(...(chains[chain] ?? []));
  }
  return all.slice(0, references);
}

function guessAddresses(operations: Operation[], guesses: Bytes, explicit: Bytes): Item[] {
  const steps = new Map<bigint, bigint>();
  const states = new Map<number, { last: bigint; stride: bigint; step: bigint }>();
  const event = events(guesses, false);
  let recent = 0n;
  let previous = 0n;
  return operations.map(({ number, kind, size, address: fetched }) => {
    if (kind === 0) return { kind, address: fetched, size };
    const state = states.get(number) ?? { last: 0n, stride: 0n, step: 0n };
    const key = hash(recent ^ u64(BigInt(number) * 0xaf251af3b0f025b5n), 0xda942042e4dd58b5n);
    const next = event.next().value;
    let address = u64(previous + (steps.get(key) ?? 0n));
    if (next === 0) address = u64(previous + state.step);
    if (next === 1) address = u64(state.last + state.stride);
    if (typeof next === "object") address = u64(state.last + explicit.signed());
    const step = u64(address - previous);
    steps.set(key, step);
    states.set(number, { last: address, stride: u64(address - state.last), step });
    recent = u64((recent << 21n) | (u64(step * 0x9e3779b97f4a7c15n) >> 43n));
    previous = address;
    return { kind, address, size };
  });
}

function pageAddresses(operations: Operation[], touches: readonly Touch[], guesses: Bytes): Item[] {
  const current = { fetch: 0n, data: 0n };
  let held = 0n;
  let touch = 0;
  return operations.map(({ kind, size }) => {
    const side = kind === 0 ? "fetch" : "data";
    if (held === 0n) {
      const next = touches[touch++];
      check(next?.side === side, "a touch of the wrong side");
      current[side] = next?.vpn ?? 0n;
      held = guesses.number() + 1n;
    }
    held--;
    return { kind, address: current[side], size };
  });
}
