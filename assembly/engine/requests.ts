/**
 * Requests for pages, made from batches of records. One `Requests` feeds every simulation of a group, so decoding,
 * splitting and numbering are done once for any number of policies and sizes.
 *
 *   batches ──begin, fill──> pages u64, kinds u8 ──number──> ids u32 ──> simulations, curves ──clear──> the next step
 *
 * A reference makes a request for each page that it spans. In block formats (`PAGES_ALREADY`) the address is the page.
 *
 * A step is the requests that consumers serve at once. It may hold several batches, since a simulation that is served
 * after others finds none of its state in the processor's caches; and a batch may make more requests than a step holds.
 * Steps begin small and become longer while that pays (`clear`), so that a short trace takes little memory.
 */
import { KIND_CALL, KIND_FETCH, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND, RECORD_SIZE } from "../abi/core";
import {
  LEAST_AT_ONCE,
  MOST_AT_ONCE,
  ONLY_ALL,
  ONLY_DATA,
  ONLY_INSTRUCTIONS,
  PAGES_ALREADY,
} from "../abi/requests";
import { allocate, make } from "../core/arena";
import { Ids } from "../core/ids";
import { spaceAfter } from "../core/turn";

/** A step that is too short becomes this many times as long. */
const GROWTH: u32 = 4;

@final
@unmanaged
export class Requests {
  /** The requests of the step: page numbers u64, the pages' dense numbers u32 (if `ids` is not null), kinds u8. */
  keys: usize;
  numbers: usize;
  kinds: usize;
  /** Gaps to each request's next use, u32, filled in by the host; see engine/future. */
  gaps: usize;
  count: u32;
  /** Records of the batch that have made no request yet. */
  left: u32;
  /** The most requests of a step. */
  room: u32;
  /** The dense numbers of pages; null while no consumer has asked for them. */
  ids: Ids;
  /** Distinct pages of the trace, as far as known. */
  expected: u32;
  /** Memory was out when pages were numbered. */
  private isOut: bool;
  private numbered: u32; // requests of the step that have a number
  private pageShift: u32;
  private only: u32;
  private record: usize;
  private end: usize;
  /** The address space whose turn it is, in the bits above all page numbers. */
  private space: u64;
  /** Pages of the previous record that are still to be requested: `page` to `lastPage` when `spanning`. */
  private spanning: bool;
  private page: u64;
  private lastPage: u64;

  /** Null when memory is out. `expected`: distinct pages; 0 if they are not known. */
  static create(pageShift: u32, only: u32, expected: u32): Requests {
    const nothing = changetype<Requests>(0);
    const requests = make<Requests>();
    if (changetype<usize>(requests) == 0) return nothing;
    requests.pageShift = pageShift;
    requests.only = only;
    requests.expected = expected;
    return requests.widen(LEAST_AT_ONCE) ? requests : nothing;
  }

  /** Makes room for `room` requests; the step must be empty. False when memory is out. */
  private widen(room: u32): bool {
    const keys = allocate((<u64>room) << 3);
    const numbers = allocate((<u64>room) << 2);
    const gaps = allocate((<u64>room) << 2);
    const kinds = allocate(room);
    if (keys == 0 || numbers == 0 || gaps == 0 || kinds == 0) return false;
    this.keys = keys;
    this.numbers = numbers;
    this.gaps = gaps;
    this.kinds = kinds;
    this.room = room;
    return true;
  }

  /** Numbers the pages of this step and those to come, for a consumer; false when memory is out. */
  numberPages(): bool {
    if (changetype<usize>(this.ids) != 0) return true;
    this.ids = Ids.forPages(this.expected);
    return changetype<usize>(this.ids) != 0;
  }

  /** Starts a batch of `count` records at `records`. */
  begin(records: usize, count: u32): void {
    this.record = records;
    this.end = records + <usize>count * RECORD_BYTES;
    this.spanning = false;
  }

  /** Adds requests of the batch to the step. Is true when the step is full and part of the batch may be left. */
  fill(): bool {
    const room = this.room;
    if (this.spanning) this.continueSpan();
    if (this.pageShift == PAGES_ALREADY && this.only == ONLY_ALL) this.copyPages();
    while (this.record < this.end && this.count < room) {
      const record = this.record;
      this.record += RECORD_BYTES;
      const kind = load<u8>(record, RECORD_KIND);
      if (this.wants(kind))
        this.request(load<u64>(record, RECORD_ADDRESS), load<u32>(record, RECORD_SIZE), kind);
      else if (kind == KIND_CALL) this.space = spaceAfter(record, this.pageShift, this.space);
    }
    this.left = <u32>((this.end - this.record) / RECORD_BYTES);
    return this.count == room;
  }

  /**
   * Numbers the pages of the step that have no number yet, if a consumer has asked for numbers. A consumer calls it before
   * it serves the step. Returns false if memory is or was out.
   */
  number(): bool {
    const ids = this.ids;
    if (changetype<usize>(ids) == 0 || this.numbered == this.count) return !this.isOut;
    const done = <usize>this.numbered;
    if (!ids.numberAll(this.keys + (done << 3), this.count - this.numbered, this.numbers + (done << 2)))
      this.isOut = true;
    this.numbered = this.count;
    return !this.isOut;
  }

  /** Begins a new step. If `widens`, the steps become longer when this one was full, unless memory is short. */
  clear(widens: bool): void {
    const isFull = this.count == this.room;
    this.count = 0;
    this.numbered = 0;
    if (widens && isFull && this.room < <u32>MOST_AT_ONCE) this.widen(min(this.room * GROWTH, MOST_AT_ONCE));
  }

  /** The fast path for traces of page numbers: one request per record, up to a call. */
  private copyPages(): void {
    const keys = this.keys;
    const kinds = this.kinds;
    const room = <usize>this.room;
    const end = this.end;
    let record = this.record;
    let count = <usize>this.count;
    while (record < end && count < room) {
      const kind = load<u8>(record, RECORD_KIND);
      if (kind == KIND_CALL) break;
      store<u64>(keys + (count << 3), load<u64>(record, RECORD_ADDRESS));
      store<u8>(kinds + count, kind);
      record += RECORD_BYTES;
      count++;
    }
    this.record = record;
    this.count = <u32>count;
  }

  @inline
  private wants(kind: u32): bool {
    if (kind == KIND_CALL) return false;
    if (this.only == ONLY_DATA) return kind != KIND_FETCH;
    return this.only != ONLY_INSTRUCTIONS || kind == KIND_FETCH;
  }

  @inline
  private request(address: u64, size: u32, kind: u32): void {
    if (this.pageShift == PAGES_ALREADY) {
      this.push(address, kind);
      return;
    }
    const page = (address >> this.pageShift) ^ this.space;
    this.push(page, kind);
    let last = address + (size == 0 ? 0 : size - 1);
    if (last < address) last = u64.MAX_VALUE; // to the end of all addresses
    const lastPage = (last >> this.pageShift) ^ this.space;
    if (lastPage != page) {
      this.page = page + 1;
      this.lastPage = lastPage;
      this.continueSpan();
    }
  }

  /** Requests that are copies of the source's, one by one (`take`); null when memory is out. */
  static copying(source: Requests): Requests {
    const nothing = changetype<Requests>(0);
    const one = Requests.create(source.pageShift, source.only, source.expected);
    if (changetype<usize>(one) == 0 || !source.numberPages()) return nothing;
    one.ids = source.ids;
    return one;
  }

  /** Has one request, a copy of the request `at` of the step of `source`: for simulations that are stepped. */
  take(source: Requests, at: u32): void {
    const n = <usize>at;
    this.isOut = !source.number();
    store<u64>(this.keys, load<u64>(source.keys + (n << 3)));
    store<u32>(this.numbers, load<u32>(source.numbers + (n << 2)));
    store<u8>(this.kinds, load<u8>(source.kinds + n));
    store<u32>(this.gaps, load<u32>(source.gaps + (n << 2)));
    this.count = 1;
    this.numbered = 1;
  }

  /** The index of the record in the batch at `records` that makes request number `request`. Walks the batch. */
  recordOf(records: usize, request: u32): u32 {
    let at: u32 = 0;
    let before = this.requestsOf(records);
    while (before <= request) before += this.requestsOf(records + <usize>++at * RECORD_BYTES);
    return at;
  }

  private requestsOf(record: usize): u64 {
    if (!this.wants(load<u8>(record, RECORD_KIND))) return 0;
    if (this.pageShift == PAGES_ALREADY) return 1;
    const address = load<u64>(record, RECORD_ADDRESS);
    const size = load<u32>(record, RECORD_SIZE);
    const last = address + (size == 0 ? 0 : size - 1);
    return ((last < address ? u64.MAX_VALUE : last) >> this.pageShift) - (address >> this.pageShift) + 1;
  }

  /** Requests the remaining pages of a record while there is room. */
  private continueSpan(): void {
    const kind = load<u8>(this.record - RECORD_BYTES, RECORD_KIND);
    while (this.page <= this.lastPage) {
      if (this.count == this.room) {
        this.spanning = true;
        return;
      }
      this.push(this.page++, kind);
    }
    this.spanning = false;
  }

  @inline
  private push(key: u64, kind: u32): void {
    const at = <usize>this.count;
    this.count++;
    store<u64>(this.keys + (at << 3), key);
    store<u8>(this.kinds + at, kind);
  }
}
