/**
 * Heat map of a trace: requests counted by block of pages and by window of time, in bounded memory, for traces of unknown
 * length and unknown addresses.
 *
 *                    window 0   1   2  …  255
 *   block 0x0400  ├────────┼───┼───┼─ … ─┤       counters, u32 each; a row for each block that has a request,
 *   block 0x7ff8  ├────────┼───┼───┼─ … ─┤       in order of first request
 *        …
 *
 * A window starts as one request. When there are 256 windows, pairs are merged, and windows become twice as long. A block
 * starts as one page. When there are 4096 blocks, aligned pairs are merged until a row is free. So nothing is sampled:
 * every request is in one counter, and sums are exact up to 2^40 requests. A request costs a comparison and an addition
 * if it is in the same block as the one before, and a look-up in a hash table of 32 KiB otherwise.
 */
import { HEAT_ROWS, HEAT_WINDOWS } from "../abi/heat";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Hash } from "../core/hash";

const ROW_BYTES: usize = HEAT_WINDOWS * 4;
const BUCKETS: u32 = HEAT_ROWS * 2;
const BUCKET_MASK: u32 = BUCKETS - 1;
const BUCKET_BITS: u32 = ctz<u32>(BUCKETS);

@final
@unmanaged
export class Heat {
  /** Block numbers by row, u64 each. */
  blocks: usize;
  counts: usize;
  rows: u32;
  /** A block is 2^blockShift pages, a window 2^windowShift requests. */
  blockShift: u32;
  windowShift: u32;
  private buckets: usize; // u32: a row plus one, 0: empty; open addressing, linear probing
  requests: u64;

  /** Null when memory is out. */
  static create(): Heat {
    const heat = make<Heat>();
    if (changetype<usize>(heat) == 0) return heat;
    heat.blocks = allocate(HEAT_ROWS * 8);
    heat.counts = allocate(<u64>HEAT_ROWS * ROW_BYTES);
    heat.buckets = allocate(BUCKETS * 4);
    return heat.blocks != 0 && heat.counts != 0 && heat.buckets != 0 ? heat : changetype<Heat>(0);
  }

  /** Counts the requests for `count` pages, u64 each at `keys`. */
  add(keys: usize, count: u32): void {
    let key = keys;
    let left: u64 = count;
    while (left > 0) {
      if (this.requests >> this.windowShift == HEAT_WINDOWS) this.doubleWindows();
      const window = this.requests >> this.windowShift;
      const room = ((window + 1) << this.windowShift) - this.requests;
      const run = min(room, left);
      this.addRun(key, <usize>run, (<usize>window) << 2);
      this.requests += run;
      left -= run;
      key += (<usize>run) << 3;
    }
    if (DEBUG) assert(this.isValid());
  }

  /** Counts requests of one window, whose counters lie `column` bytes into a row. */
  private addRun(keys: usize, count: usize, column: usize): void {
    const end = keys + (count << 3);
    let shift = this.blockShift;
    let block: u64 = 0;
    let counter: usize = 0;
    for (let at = keys; at < end; at += 8) {
      const key = load<u64>(at);
      if (counter == 0 || key >> shift != block) {
        counter = this.counts + <usize>this.rowOf(key) * ROW_BYTES + column;
        shift = this.blockShift;
        block = key >> shift;
      }
      store<u32>(counter, load<u32>(counter) + 1);
    }
  }

  /** The row of a page's block, added if there is none. */
  private rowOf(key: u64): u32 {
    while (true) {
      const block = key >> this.blockShift;
      const bucket = this.find(block);
      const row = load<u32>(bucket);
      if (row != 0) return row - 1;
      if (this.rows < <u32>HEAT_ROWS) return this.addRow(block, bucket);
      this.doubleBlocks();
    }
  }

  /** The bucket of `block`, or the empty bucket for it. */
  private find(block: u64): usize {
    let at = Hash.of(block) >> (32 - BUCKET_BITS);
    while (true) {
      const bucket = this.buckets + ((<usize>at) << 2);
      const row = load<u32>(bucket);
      if (row == 0 || load<u64>(this.blocks + ((<usize>(row - 1)) << 3)) == block) return bucket;
      at = (at + 1) & BUCKET_MASK;
    }
  }

  private addRow(block: u64, bucket: usize): u32 {
    const row = this.rows++;
    store<u64>(this.blocks + ((<usize>row) << 3), block);
    store<u32>(bucket, row + 1);
    return row;
  }

  /** Makes windows twice as long: adds up each pair of counters. */
  private doubleWindows(): void {
    for (let row: u32 = 0; row < this.rows; row++) {
      const counters = this.counts + <usize>row * ROW_BYTES;
      for (let n: usize = 0; n < ROW_BYTES / 2; n += 4) {
        const pair = counters + (n << 1);
        store<u32>(counters + n, load<u32>(pair) + load<u32>(pair, 4));
      }
      memory.fill(counters + ROW_BYTES / 2, 0, ROW_BYTES / 2);
    }
    this.windowShift++;
  }

  /**
   * Makes blocks twice as long. Rows move up in place, never below their old position. This happens at most 64 times
   * in a trace.
   */
  private doubleBlocks(): void {
    const rows = this.rows;
    this.blockShift++;
    this.rows = 0;
    memory.fill(this.buckets, 0, BUCKETS * 4);
    for (let row: u32 = 0; row < rows; row++) {
      const from = this.counts + <usize>row * ROW_BYTES;
      const block = load<u64>(this.blocks + ((<usize>row) << 3)) >> 1;
      const bucket = this.find(block);
      const there = load<u32>(bucket);
      if (there == 0) {
        const to = this.addRow(block, bucket);
        memory.copy(this.counts + <usize>to * ROW_BYTES, from, ROW_BYTES);
      } else {
        addCounters(this.counts + <usize>(there - 1) * ROW_BYTES, from);
      }
    }
    const unused = <usize>(rows - this.rows) * ROW_BYTES;
    memory.fill(this.counts + <usize>this.rows * ROW_BYTES, 0, unused);
  }

  /** Is true when the hash table finds each block's row, and every request is in one counter. */
  isValid(): bool {
    let sum: u64 = 0;
    for (let row: u32 = 0; row < this.rows; row++) {
      if (load<u32>(this.find(load<u64>(this.blocks + ((<usize>row) << 3)))) != row + 1) return false;
      const counters = this.counts + <usize>row * ROW_BYTES;
      for (let n: usize = 0; n < ROW_BYTES; n += 4) sum += load<u32>(counters + n);
    }
    return this.rows <= <u32>HEAT_ROWS && sum == this.requests;
  }
}

function addCounters(to: usize, from: usize): void {
  for (let n: usize = 0; n < ROW_BYTES; n += 4) {
    store<u32>(to + n, load<u32>(to + n) + load<u32>(from + n));
  }
}

/** Null when memory is out. */
export function createHeat(): usize {
  return changetype<usize>(Heat.create());
}

/** Counts `count` requests, whose page numbers are at `keys`. */
export function heatRequests(heat: usize, keys: usize, count: u32): void {
  changetype<Heat>(heat).add(keys, count);
}

export function isHeatValid(heat: usize): bool {
  return changetype<Heat>(heat).isValid();
}
