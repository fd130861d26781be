/**
 * XXH64 with seed 0 (Collet, "xxHash fast digest algorithm", specification 0.1.1), of bytes that come in pieces. zstd
 * frames end with its lower half.
 *
 *   stripes of 32 bytes ──> four lanes ──> merged ──> the rest by 8, 4, 1 ──> avalanche
 */
import { allocate, make } from "./arena";

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;
const STRIPE: u32 = 32;

@unmanaged
class Xxh64 {
  lane1: u64;
  lane2: u64;
  lane3: u64;
  lane4: u64;
  total: u64;
  /** The bytes of a stripe that is not complete, and their number. */
  rest: usize;
  held: u32;

  clear(): void {
    this.lane1 = P1 + P2;
    this.lane2 = P2;
    this.lane3 = 0;
    this.lane4 = 0 - P1;
    this.total = 0;
    this.held = 0;
  }

  add(from: usize, length: u32): void {
    this.total += length;
    let at = from;
    let left = length;
    if (this.held > 0) {
      const taken = min(STRIPE - this.held, left);
      memory.copy(this.rest + this.held, at, taken);
      this.held += taken;
      at += taken;
      left -= taken;
      if (this.held < STRIPE) return;
      this.stripes(this.rest, 1);
      this.held = 0;
    }
    this.stripes(at, left / STRIPE);
    at += left - (left % STRIPE);
    left %= STRIPE;
    memory.copy(this.rest, at, left);
    this.held = left;
  }

  private stripes(from: usize, count: u32): void {
    let a = this.lane1;
    let b = this.lane2;
    let c = this.lane3;
    let d = this.lane4;
    let at = from;
    for (let n: u32 = 0; n < count; n++) {
      a = round(a, load<u64>(at));
      b = round(b, load<u64>(at, 8));
      c = round(c, load<u64>(at, 16));
      d = round(d, load<u64>(at, 24));
      at += STRIPE;
    }
    this.lane1 = a;
    this.lane2 = b;
    this.lane3 = c;
    this.lane4 = d;
  }

  digest(): u64 {
    let hash = this.total < STRIPE ? P5 : this.merged();
    hash += this.total;
    let at = this.rest;
    const end = at + this.held;
    for (; at + 8 <= end; at += 8) hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * P1 + P4;
    if (at + 4 <= end) {
      hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * P1), 23) * P2 + P3;
      at += 4;
    }
    for (; at < end; at++) hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * P5), 11) * P1;
    hash = (hash ^ (hash >> 33)) * P2;
    hash = (hash ^ (hash >> 29)) * P3;
    return hash ^ (hash >> 32);
  }

  private merged(): u64 {
    let hash =
      rotl<u64>(this.lane1, 1) +
      rotl<u64>(this.lane2, 7) +
      rotl<u64>(this.lane3, 12) +
      rotl<u64>(this.lane4, 18);
    hash = merge(hash, this.lane1);
    hash = merge(hash, this.lane2);
    hash = merge(hash, this.lane3);
    return merge(hash, this.lane4);
  }
}

function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * P2, 31) * P1;
}

function merge(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * P1 + P4;
}

/** 0 when memory is out. */
export function createXxh64(): usize {
  const state = make<Xxh64>();
  if (changetype<usize>(state) == 0) return 0;
  state.rest = allocate(STRIPE);
  if (state.rest == 0) return 0;
  state.clear();
  return changetype<usize>(state);
}

export function addXxh64(state: usize, from: usize, length: u32): void {
  changetype<Xxh64>(state).add(from, length);
}

/** The lower half of the hash of what was added; it starts again. */
export function takeXxh64(state: usize): u32 {
  const hash = changetype<Xxh64>(state).digest();
  changetype<Xxh64>(state).clear();
  return <u32>hash;
}
