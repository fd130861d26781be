/**
 * A random program's allocations, the same for the same seed: a thousand places, of which one at a time is filled, emptied
 * or resized. Sizes are log-normal: half of them below 288 bytes, one in a hundred above 64 KiB.
 */
import { NONE } from "../../dist/assembly/abi/core.js";
import {
  HEAP_A,
  HEAP_B,
  HEAP_BYTES,
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_LINE,
  HEAP_MADE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_OP,
  HEAP_OPERATIONS,
  HEAP_REALLOC,
} from "../../dist/assembly/abi/heap.js";

const MEDIAN = 288;
const SPREAD = 2.33;
const LARGEST = 1_500_000;

/**
 * @typedef {object} LogShape
 * @property {number} operations
 * @property {number} [seed]
 * @property {number} [places] blocks in use at once, at most
 */

/**
 * The operations as records of the kernel, blocks by the number of their place.
 * @param {LogShape} shape
 */
export function randomRecords({ operations, seed = 1, places = 1000 }) {
  const draw = randomOf(seed);
  const records = new Uint8Array(operations * HEAP_BYTES);
  const view = new DataView(records.buffer);
  const isUsed = new Uint8Array(places);
  for (let n = 0; n < operations; n++) {
    const place = Math.floor(draw() * places);
    const call =
      isUsed[place] === 0
        ? allocation(draw)
        : draw() < 0.73
          ? FREE
          : { op: HEAP_REALLOC, a: 0, b: size(draw) };
    const at = n * HEAP_BYTES;
    view.setUint32(at + HEAP_OP, call.op, true);
    view.setBigUint64(at + HEAP_A, BigInt(call.a), true);
    view.setBigUint64(at + HEAP_B, BigInt(call.b), true);
    view.setUint32(at + HEAP_FREED, isUsed[place] === 0 ? NONE : place, true);
    view.setUint32(at + HEAP_MADE, call.op === HEAP_FREE ? NONE : place, true);
    view.setUint32(at + HEAP_LINE, n + 1, true);
    isUsed[place] = call.op === HEAP_FREE ? 0 : 1;
  }
  return records;
}

/**
 * The same as text, in ltrace's syntax. No address is returned twice, as if the allocator never reused a block.
 * @param {LogShape} shape
 */
export function randomLog(shape) {
  const records = randomRecords(shape);
  const view = new DataView(records.buffer);
  /** @type {Map<number, string>} */
  const addresses = new Map();
  let next = 0x5555_5555_0010;
  const lines = [];
  for (let at = 0; at < records.length; at += HEAP_BYTES) {
    const op = view.getUint32(at + HEAP_OP, true);
    const a = view.getBigUint64(at + HEAP_A, true);
    const b = view.getBigUint64(at + HEAP_B, true);
    const given = addresses.get(view.getUint32(at + HEAP_FREED, true)) ?? "nil";
    const name = HEAP_OPERATIONS[op] ?? "";
    if (op === HEAP_FREE) {
      lines.push(`free(${given}) = <void>`);
      continue;
    }
    const address = `0x${next.toString(16)}`;
    next += 16 + (Number(op === HEAP_CALLOC ? a * b : a > b ? a : b) & ~15);
    addresses.set(view.getUint32(at + HEAP_MADE, true), address);
    const list = op === HEAP_MALLOC ? `${a}` : op === HEAP_REALLOC ? `${given}, ${b}` : `${a}, ${b}`;
    lines.push(`${name}(${list}) = ${address}`);
  }
  return `${lines.join("\n")}\n`;
}

const FREE = { op: HEAP_FREE, a: 0, b: 0 };

/** @param {() => number} draw */
function allocation(draw) {
  const kind = draw();
  const bytes = size(draw);
  if (kind < 0.6) return { op: HEAP_MALLOC, a: bytes, b: 0 };
  if (kind >= 0.87) return { op: HEAP_MEMALIGN, a: 2 ** (4 + Math.floor(draw() * 9)), b: bytes };
  const count = 1 + Math.floor(draw() * 16);
  return { op: HEAP_CALLOC, a: count, b: Math.ceil(bytes / count) };
}

/** @param {() => number} draw */
function size(draw) {
  // A normal distribution by the method of Box and Muller.
  const normal = Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  return Math.min(LARGEST, Math.ceil(MEDIAN * Math.exp(SPREAD * normal)));
}

/**
 * Numbers from 0 to 1: xorshift32.
 * @param {number} seed
 */
function randomOf(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
