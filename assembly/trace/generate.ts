/**
 * Made-up references, seeded: the same parameters give the same trace everywhere. The parameters are the struct that
 * `assembly/abi/` lays out; page i lies at start + i · pageBytes.
 *
 *   zipf         page of rank k with probability ~ 1 / k^alpha; page 0 is the most popular
 *   uniform      every page as likely as any other
 *   sequential   an array read from end to end, `size` bytes a reference, again from the start when it ends
 *   loop         page after page, one reference each, round and round
 *   stride       `stride` bytes further each time, round and round
 *   working-set  phases (Denning, "Working sets past and present", 1980): for `phase` references, the share
 *                `locality` goes to a run of `setPages` pages, placed at random, the rest to any page
 */
import { KIND_LOAD, KIND_STORE, RECORD_ADDRESS, RECORD_BYTES, RECORD_SIZE } from "../abi/core";
import {
  GENERATOR_BYTES,
  PATTERN_LOOP,
  PATTERN_SEQUENTIAL,
  PATTERN_STRIDE,
  PATTERN_UNIFORM,
  PATTERN_WORKING_SET,
  PATTERN_ZIPF,
} from "../abi/generator";
import { make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Rng } from "../core/rng";
import { Zipf } from "./zipf";

@final
@unmanaged
export class Generator {
  pattern: u32;
  size: u32;
  pages: u64;
  pageBytes: u64;
  start: u64;
  seed: u64;
  alpha: f64;
  writes: f64;
  stride: u64;
  setPages: u64;
  phase: u64;
  locality: f64;
  // the kernel's own, from GENERATOR_BYTES on
  private rng: Rng;
  private zipf: Zipf;
  private offset: u64; // of the next reference, for patterns that walk
  private phaseLeft: u64;
  private setStart: u64;

  /** The parameters are set: get ready to generate. False when memory is out. */
  prepare(): bool {
    this.rng = make<Rng>();
    this.zipf = make<Zipf>();
    if (changetype<usize>(this.rng) == 0 || changetype<usize>(this.zipf) == 0) return false;
    this.rng.seed(this.seed);
    if (this.pattern == PATTERN_ZIPF) this.zipf.prepare(this.pages, this.alpha);
    return true;
  }

  /** Offset of the next reference from `start`. */
  nextOffset(): u64 {
    switch (this.pattern) {
      case PATTERN_ZIPF:
        return this.zipf.draw(this.rng) * this.pageBytes;
      case PATTERN_UNIFORM:
        return this.rng.below(this.pages) * this.pageBytes;
      case PATTERN_SEQUENTIAL:
        return this.walk(this.size);
      case PATTERN_LOOP:
        return this.walk(this.pageBytes);
      case PATTERN_STRIDE:
        return this.walk(this.stride);
      default:
        return this.phasePage() * this.pageBytes;
    }
  }

  /** Where the walk is; then a step on, round to the start where another reference would pass the end. */
  private walk(step: u64): u64 {
    const at = this.offset;
    const bytes = this.pages * this.pageBytes;
    this.offset = at + step + this.size > bytes ? 0 : at + step;
    return at;
  }

  private phasePage(): u64 {
    if (this.phaseLeft == 0) {
      this.phaseLeft = this.phase;
      this.setStart = this.rng.below(this.pages - this.setPages + 1);
    }
    this.phaseLeft--;
    const inside = this.rng.real() < this.locality;
    return inside ? this.setStart + this.rng.below(this.setPages) : this.rng.below(this.pages);
  }

  kind(): u32 {
    if (this.writes <= 0) return KIND_LOAD;
    return this.rng.real() < this.writes ? KIND_STORE : KIND_LOAD;
  }

  /** Writes the next reference. */
  @inline
  put(record: usize): void {
    store<u64>(record, this.start + this.nextOffset(), RECORD_ADDRESS);
    store<u64>(record, <u64>this.size | ((<u64>this.kind()) << 32), RECORD_SIZE);
  }

  isValid(): bool {
    const within = this.offset < this.pages * this.pageBytes && this.pattern <= <u32>PATTERN_WORKING_SET;
    return within && this.rng.isValid() && this.setStart + this.setPages <= this.pages;
  }
}

/** A generator whose parameters are all zero; null when memory is out. */
export function createGenerator(): usize {
  if (DEBUG) assert(offsetof<Generator>("rng") == GENERATOR_BYTES);
  return changetype<usize>(make<Generator>());
}

/** To be called once, when the parameters are set. False when memory is out. */
export function prepareGenerator(state: usize): bool {
  return changetype<Generator>(state).prepare();
}

/** Writes the next `count` references. */
export function generateRecords(state: usize, records: usize, count: u32): void {
  const generator = changetype<Generator>(state);
  const end = records + <usize>count * RECORD_BYTES;
  for (let record = records; record < end; record += RECORD_BYTES) generator.put(record);
  if (DEBUG) assert(generator.isValid());
}
