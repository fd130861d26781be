/** XXH64 with seed 0 (Collet, xxHash specification 0.1.1), over bytes that come in pieces. */
import { allocate } from "../core/arena";

const PRIME1: u64 = 0x9e3779b185ebca87;
const PRIME2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME3: u64 = 0x165667b19e3779f9;
const PRIME4: u64 = 0x85ebca77c2b2ae63;
const PRIME5: u64 = 0x27d4eb2f165667c5;
const STRIPE: u32 = 32;

@final
@unmanaged
export class XxHash64 {
  private a: u64;
  private b: u64;
  private c: u64;
  private d: u64;
  private length: u64;
  private held: usize; // the bytes of a stripe that is not full yet

  /** False when memory is out. */
  reserve(): bool {
    this.held = allocate(STRIPE);
    return this.held != 0;
  }

  reset(): void {
    this.a = PRIME1 + PRIME2;
    this.b = PRIME2;
    this.c = 0;
    this.d = 0 - PRIME1;
    this.length = 0;
  }

  update(from: usize, bytes: u32): void {
    const held = this.held;
    const have = <u32>(this.length & (STRIPE - 1));
    this.length += bytes;
    let at = from;
    const end = from + bytes;
    if (have + bytes < STRIPE) {
      memory.copy(held + have, at, bytes);
      return;
    }
    if (have > 0) {
      memory.copy(held + have, at, STRIPE - have);
      at += STRIPE - have;
      this.stripes(held, 1);
    }
    const count = <u32>(end - at) / STRIPE;
    this.stripes(at, count);
    at += <usize>count * STRIPE;
    memory.copy(held, at, end - at);
  }

  private stripes(from: usize, count: u32): void {
    let a = this.a;
    let b = this.b;
    let c = this.c;
    let d = this.d;
    const end = from + <usize>count * STRIPE;
    for (let at = from; at < end; at += STRIPE) {
      a = round(a, load<u64>(at));
      b = round(b, load<u64>(at, 8));
      c = round(c, load<u64>(at, 16));
      d = round(d, load<u64>(at, 24));
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }

  digest(): u64 {
    let hash = this.length < STRIPE ? PRIME5 : this.merged();
    hash += this.length;
    let at = this.held;
    const end = at + <usize>(this.length & (STRIPE - 1));
    for (; at + 8 <= end; at += 8) {
      hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * PRIME1 + PRIME4;
    }
    if (at + 4 <= end) {
      hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * PRIME1), 23) * PRIME2 + PRIME3;
      at += 4;
    }
    for (; at < end; at++) hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * PRIME5), 11) * PRIME1;
    hash = (hash ^ (hash >> 33)) * PRIME2;
    hash = (hash ^ (hash >> 29)) * PRIME3;
    return hash ^ (hash >> 32);
  }

  private merged(): u64 {
    let hash = rotl<u64>(this.a, 1) + rotl<u64>(this.b, 7) + rotl<u64>(this.c, 12) + rotl<u64>(this.d, 18);
    hash = merge(hash, this.a);
    hash = merge(hash, this.b);
    hash = merge(hash, this.c);
    return merge(hash, this.d);
  }
}

function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * PRIME2, 31) * PRIME1;
}

function merge(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME1 + PRIME4;
}
