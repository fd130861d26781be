/** The part of an encoder or a decoder that the host reads; `format.ts` draws it as `CODEC_…`. */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import {
  BLOCK_CALLS,
  BLOCK_CHAINS,
  BLOCK_COUNTS,
  BLOCK_ENTRIES,
  BLOCK_OPERATIONS,
  BLOCK_TOUCHES,
  CODEC_BYTES,
  CODEC_CALL_POSITIONS,
  CODEC_CALL_TEXTS,
  CODEC_CALLS_DONE,
  CODEC_ERROR,
  CODEC_PAGE_BLOCK,
  CODEC_SECTIONS,
} from "./format";
import { PageBlock } from "./pages";

@final
@unmanaged
export class Codec {
  /** Null when memory is out. */
  static create(): Codec {
    return changetype<Codec>(allocate(CODEC_BYTES));
  }

  get base(): usize {
    return changetype<usize>(this);
  }

  get references(): u32 {
    let sum: u32 = 0;
    for (let kind: usize = 0; kind < 4; kind++) sum += this.count(kind);
    return sum;
  }

  @inline
  count(kind: usize): u32 {
    return load<u32>(this.base + (kind << 2), BLOCK_COUNTS);
  }

  @inline
  countOne(kind: u32): void {
    store<u32>(this.base + ((<usize>kind) << 2), this.count(kind) + 1, BLOCK_COUNTS);
  }

  countKinds(fetches: u32, loads: u32, stores: u32, modifies: u32): void {
    const more = i32x4(fetches, loads, stores, modifies);
    v128.store(this.base, i32x4.add(v128.load(this.base, BLOCK_COUNTS), more), BLOCK_COUNTS);
  }

  get calls(): u32 {
    return load<u32>(this.base, BLOCK_CALLS);
  }
  set calls(calls: u32) {
    store<u32>(this.base, calls, BLOCK_CALLS);
  }

  get touches(): u32 {
    return load<u32>(this.base, BLOCK_TOUCHES);
  }
  set touches(touches: u32) {
    store<u32>(this.base, touches, BLOCK_TOUCHES);
  }

  get entries(): u32 {
    return load<u32>(this.base, BLOCK_ENTRIES);
  }
  set entries(entries: u32) {
    store<u32>(this.base, entries, BLOCK_ENTRIES);
  }

  get operations(): u32 {
    return load<u32>(this.base, BLOCK_OPERATIONS);
  }
  set operations(operations: u32) {
    store<u32>(this.base, operations, BLOCK_OPERATIONS);
  }

  get chains(): u32 {
    return load<u32>(this.base, BLOCK_CHAINS);
  }
  set chains(chains: u32) {
    store<u32>(this.base, chains, BLOCK_CHAINS);
  }

  section(section: u32): usize {
    return load<u32>(this.base + ((<usize>section) << 3), CODEC_SECTIONS);
  }

  sectionBytes(section: u32): u32 {
    return load<u32>(this.base + ((<usize>section) << 3), CODEC_SECTIONS + 4);
  }

  setSection(section: u32, address: usize, bytes: u32): void {
    store<u32>(this.base + ((<usize>section) << 3), <u32>address, CODEC_SECTIONS);
    store<u32>(this.base + ((<usize>section) << 3), bytes, CODEC_SECTIONS + 4);
  }

  get callPositions(): usize {
    return load<u32>(this.base, CODEC_CALL_POSITIONS);
  }
  set callPositions(address: usize) {
    store<u32>(this.base, <u32>address, CODEC_CALL_POSITIONS);
  }

  get callTexts(): usize {
    return load<u32>(this.base, CODEC_CALL_TEXTS);
  }
  set callTexts(address: usize) {
    store<u32>(this.base, <u32>address, CODEC_CALL_TEXTS);
  }

  get callsDone(): u32 {
    return load<u32>(this.base, CODEC_CALLS_DONE);
  }
  set callsDone(calls: u32) {
    store<u32>(this.base, calls, CODEC_CALLS_DONE);
  }

  get pageBlock(): PageBlock {
    return changetype<PageBlock>(this.base + CODEC_PAGE_BLOCK);
  }

  get error(): u32 {
    return load<u32>(this.base, CODEC_ERROR);
  }

  /** The section that proved damaged; `NONE` when none has. */
  set error(section: u32) {
    store<u32>(this.base, section, CODEC_ERROR);
  }

  get isSound(): bool {
    return this.error == NONE;
  }
}
