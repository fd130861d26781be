/**
 * Hashed spatial sampling: the sample has all requests for pages whose hash is at most a limit, and none for others. A
 * small cache with the sample behaves like a large one with the whole trace: at a rate of R, f frames become f × R.
 * Waldspurger, Park, Garthwaite and Ahmad, "Efficient MRC construction with SHARDS", FAST 2015; Waldspurger,
 * Saemundsson, Ahmad and Park, "Cache modeling and optimization using miniature simulations", USENIX ATC 2017.
 *
 *   page     0 ─────────── limit ───────────────────── 2^32 - 1     its hash
 *            └─ sampled ───┘                                        R = (limit + 1) / 2^32
 *
 * The sample is also divided into `SAMPLE_GROUPS` groups of pages, by the last bits of the hash, which are independent of
 * the limit. The host estimates the error of the sample from the differences between the groups.
 *
 * Every request is tested here, so four are tested at once; the sampled ones are copied one by one. References that may
 * span pages take the slow path.
 */
import { SAMPLE_GROUPS } from "../abi/analysis";
import {
  KIND_CALL,
  KIND_FETCH,
  KIND_LOAD,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../abi/core";
import { LEAST_AT_ONCE, ONLY_DATA, ONLY_INSTRUCTIONS, PAGES_ALREADY } from "../abi/requests";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Requests } from "../engine/requests";
import { SpatialHash } from "./spatial-hash";

const FOUR_RECORDS: usize = RECORD_BYTES * 4;
/** With more requests in the arrays there may be no room for four more. */
const NEARLY_FULL: u32 = LEAST_AT_ONCE - 4;
const GROUPS: u32 = SAMPLE_GROUPS;

@final
@unmanaged
export class Sample {
  /** All requests, sampled or not. */
  total: u64;
  /** The highest hash that is sampled. */
  limit: u32;
  private seed: u32;
  private whole: Requests;
  /** The groups' `Requests`, u32 each. */
  private groups: usize;
  private groupCount: u32;
  private isBlocks: bool;
  private pageShift: u32;
  /** The kinds that count: `kinds` of them from `firstKind` on. */
  private firstKind: u32;
  private kinds: u32;
  private record: usize;
  private end: usize;
  /** Pages of the previous record that are still to be tested: `page` to `lastPage` when `spanning`. */
  private spanning: bool;
  private page: u64;
  private lastPage: u64;

  /** The sample is written to the arrays of `whole`. Null when memory is out. */
  static create(whole: Requests, pageShift: u32, only: u32, limit: u32, seed: u32): Sample {
    const nothing = changetype<Sample>(0);
    const sample = make<Sample>();
    if (changetype<usize>(sample) == 0) return nothing;
    sample.whole = whole;
    sample.limit = limit;
    sample.seed = SpatialHash.mix(seed + 1);
    sample.isBlocks = pageShift == PAGES_ALREADY;
    sample.pageShift = sample.isBlocks ? 0 : pageShift;
    sample.firstKind = only == ONLY_DATA ? KIND_LOAD : KIND_FETCH;
    sample.kinds = only == ONLY_INSTRUCTIONS ? 1 : KIND_CALL - sample.firstKind;
    sample.groups = allocate(GROUPS << 2);
    return sample.groups == 0 ? nothing : sample;
  }

  /** Adds a group, which is written to the arrays of `part`. Add all groups, or none. */
  addGroup(part: Requests): void {
    store<u32>(this.groups + (this.groupCount++ << 2), <u32>changetype<usize>(part));
  }

  /** Starts a batch of `count` records at `records`. */
  begin(records: usize, count: u32): void {
    this.record = records;
    this.end = records + <usize>count * RECORD_BYTES;
    this.spanning = false;
  }

  /** Processes the batch until the arrays are full. True while part of it is left. */
  step(): bool {
    const whole = this.whole;
    whole.clear(false);
    if (this.spanning) this.continueSpan();
    while (this.record < this.end && !this.spanning && whole.count <= NEARLY_FULL) {
      if (this.isBlocks) this.scanBlocks();
      else this.scanAddresses();
      // The four records that stopped the fast path, or the last few of the batch.
      for (let n = 0; n < 4 && this.record < this.end && !this.spanning; n++) this.scanOne();
    }
    if (this.groupCount != 0) this.distribute();
    if (DEBUG) assert(this.isValid());
    return this.record < this.end || this.spanning;
  }

  private scanBlocks(): void {
    this.scanFours(false);
  }

  private scanAddresses(): void {
    this.scanFours(true);
  }

  /** The fast path: four records at a time, until one may span pages or the arrays may be full. */
  @inline
  private scanFours(addresses: bool): void {
    const pageShift = this.pageShift;
    const limit = i32x4.splat(this.limit);
    const seed = i32x4.splat(this.seed);
    const firstKind = i32x4.splat(this.firstKind);
    const kinds = i32x4.splat(this.kinds);
    const whole = this.whole;
    const last = this.end - FOUR_RECORDS;
    let record = this.record;
    let wanted = i32x4.splat(0);
    for (; record <= last; record += FOUR_RECORDS) {
      const record0 = v128.load(record);
      const record1 = v128.load(record, 16);
      const record2 = v128.load(record, 32);
      const record3 = v128.load(record, 48);
      const addresses01 = v128.shuffle<u64>(record0, record1, 0, 2);
      const addresses23 = v128.shuffle<u64>(record2, record3, 0, 2);
      const pages01 = addresses ? i64x2.shr_u(addresses01, pageShift) : addresses01;
      const pages23 = addresses ? i64x2.shr_u(addresses23, pageShift) : addresses23;
      const rest01 = v128.shuffle<u64>(record0, record1, 1, 3);
      const rest23 = v128.shuffle<u64>(record2, record3, 1, 3);
      if (addresses) {
        const differ01 = Sample.differences(addresses01, rest01);
        const differ23 = Sample.differences(addresses23, rest23);
        if (v128.any_true(i64x2.shr_u(v128.or(differ01, differ23), pageShift))) break;
      }
      const kind = v128.shuffle<u32>(rest01, rest23, 1, 3, 5, 7);
      const counted = i32x4.lt_u(i32x4.sub(kind, firstKind), kinds);
      const low = v128.shuffle<u32>(pages01, pages23, 0, 2, 4, 6);
      const high = v128.shuffle<u32>(pages01, pages23, 1, 3, 5, 7);
      const hash = SpatialHash.ofFour(low, high, seed);
      wanted = i32x4.sub(wanted, counted);
      const sampled = v128.and(counted, i32x4.le_u(hash, limit));
      if (!v128.any_true(sampled)) continue;
      for (let bits = i32x4.bitmask(sampled); bits != 0; bits &= bits - 1) {
        const at = record + ctz<i32>(bits) * RECORD_BYTES;
        Sample.push(whole, load<u64>(at, RECORD_ADDRESS) >> pageShift, load<u8>(at, RECORD_KIND));
      }
      if (whole.count > NEARLY_FULL) {
        record += FOUR_RECORDS;
        break;
      }
    }
    this.record = record;
    this.total += Sample.sum(wanted);
  }

  /**
   * The bits in which the addresses of a reference's first and last byte differ. A reference of size 0 may seem to
   * span pages.
   */
  @inline
  private static differences(addresses: v128, rest: v128): v128 {
    const sizes = v128.and(rest, i64x2.splat(0xffffffff));
    return v128.xor(addresses, i64x2.sub(i64x2.add(addresses, sizes), i64x2.splat(1)));
  }

  @inline
  private static sum(lanes: v128): u32 {
    const pairs = i64x2.extend_low_i32x4_u(lanes);
    const others = i64x2.extend_high_i32x4_u(lanes);
    const sums = i64x2.add(pairs, others);
    return <u32>(i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1));
  }

  /** The slow path: one record, which may span pages. */
  private scanOne(): void {
    const record = this.record;
    this.record += RECORD_BYTES;
    const kind = <u32>load<u8>(record, RECORD_KIND);
    if (kind - this.firstKind >= this.kinds) return;
    const address = load<u64>(record, RECORD_ADDRESS);
    const size = load<u32>(record, RECORD_SIZE);
    let last = address + (size == 0 || this.isBlocks ? 0 : size - 1);
    if (last < address) last = u64.MAX_VALUE; // to the end of all addresses
    this.page = address >> this.pageShift;
    this.lastPage = last >> this.pageShift;
    this.continueSpan();
  }

  /** Tests the remaining pages of a record while there is room. */
  private continueSpan(): void {
    const whole = this.whole;
    const kind = <u32>load<u8>(this.record - RECORD_BYTES, RECORD_KIND);
    const lastPage = this.lastPage;
    this.spanning = true;
    while (whole.count < <u32>LEAST_AT_ONCE) {
      const page = this.page++;
      this.total++;
      if (this.hashOf(page) <= this.limit) Sample.push(whole, page, kind);
      if (page == lastPage) {
        this.spanning = false;
        return;
      }
    }
  }

  @inline
  private static push(into: Requests, key: u64, kind: u32): void {
    const at = <usize>into.count;
    into.count++;
    store<u64>(into.keys + (at << 3), key);
    store<u8>(into.kinds + at, kind);
  }

  /** The hash by which a page is sampled, and by whose last bits it is put into a group. */
  @inline
  hashOf(key: u64): u32 {
    return SpatialHash.of(key, this.seed);
  }

  /** Distributes the sample to the groups. */
  private distribute(): void {
    const whole = this.whole;
    for (let group: u32 = 0; group < GROUPS; group++) this.group(group).clear(false);
    for (let at: usize = 0; at < whole.count; at++) {
      const key = load<u64>(whole.keys + (at << 3));
      Sample.push(this.group(this.hashOf(key) & (GROUPS - 1)), key, load<u8>(whole.kinds + at));
    }
  }

  @inline
  private group(index: u32): Requests {
    return changetype<Requests>(load<u32>(this.groups + (index << 2)));
  }

  /** Is true when every request of the sample is within the limit, and in one group if there are groups. */
  isValid(): bool {
    const whole = this.whole;
    if (whole.count > <u32>LEAST_AT_ONCE) return false;
    for (let at: usize = 0; at < whole.count; at++) {
      if (this.hashOf(load<u64>(whole.keys + (at << 3))) > this.limit) return false;
    }
    if (this.groupCount == 0) return true;
    let shared: u32 = 0;
    for (let group: u32 = 0; group < GROUPS; group++) shared += this.group(group).count;
    return this.groupCount == GROUPS && shared == whole.count;
  }
}
