/**
 * Keys that are not numbers: words, UUIDs, several columns. A key is two independent hashes of 64 bits, of all its
 * fields, in order, with their lengths. The first is the page's number; the second detects a collision of the first, so
 * that two keys are never silently taken for one.
 *
 * The hash multiplies eight bytes at a time by an odd constant and folds the upper half into the lower; the last step is
 * the finalizer of MurmurHash3 (Appleby, 2011).
 */
import { NONE } from "../abi/core";
import { make } from "../core/arena";
import { Chunks } from "../core/chunks";
import { Hash } from "../core/hash";
import { Ids } from "../core/ids";

const FIRST_SEED: u64 = 0x243f6a8885a308d3;
const SECOND_SEED: u64 = 0x13198a2e03707344;
const FIRST_FACTOR: u64 = 0x9fb21c651e98df25;
const SECOND_FACTOR: u64 = 0xd6e8feb86659fd93;

@final
@unmanaged
export class Key {
  first: u64;
  second: u64;

  clear(): void {
    this.first = FIRST_SEED;
    this.second = SECOND_SEED;
  }

  /** Adds the field at [from, to); eight bytes can be read from each of its bytes on. */
  add(from: u32, to: u32): void {
    let at = from;
    for (; to - at >= 8; at += 8) this.mix(load<u64>(at));
    const rest = to - at;
    if (rest > 0) this.mix(load<u64>(at) & (u64.MAX_VALUE >> ((<u64>(8 - rest)) << 3)));
    this.mix(to - from);
  }

  /** The page's number. */
  get hash(): u64 {
    return finish(this.first);
  }

  private mix(word: u64): void {
    const first = (this.first ^ word) * FIRST_FACTOR;
    const second = (rotl<u64>(this.second, 23) ^ word) * SECOND_FACTOR;
    this.first = first ^ (first >> 29);
    this.second = second ^ (second >> 32);
  }
}

function finish(hash: u64): u64 {
  let h = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53;
  return h ^ (h >> 33);
}

/** The answer of `number` for a key whose first hash is another's. */
export const COLLISION: u32 = NONE - 1;

/** Keys seen so far, and their numbers in the order of appearance. */
@final
@unmanaged
export class Keys {
  private ids: Ids;
  private seconds: Chunks;

  /** Null when memory is out. */
  static create(): Keys {
    const keys = make<Keys>();
    if (changetype<usize>(keys) == 0) return keys;
    keys.ids = Ids.create();
    keys.seconds = Chunks.create(8);
    const whole = changetype<usize>(keys.ids) != 0 && changetype<usize>(keys.seconds) != 0;
    return whole ? keys : changetype<Keys>(0);
  }

  /** The number of `key`, added if it is new; COLLISION, or NONE when memory is out. */
  number(key: Key): u32 {
    const hash = key.hash;
    const id = this.ids.of(hash, Hash.of(hash));
    if (id == NONE) return NONE;
    if (id == this.seconds.count) {
      if (!this.seconds.add()) return NONE;
      store<u64>(this.seconds.at(id), key.second);
      return id;
    }
    return load<u64>(this.seconds.at(id)) == key.second ? id : COLLISION;
  }
}
