/**
 * Requests for pages, made from a batch of records. One `Requests` feeds every simulation of a group, so decoding,
 * splitting and hashing are done once for any number of policies and sizes.
 *
 * A reference makes a request for each page that it spans. In block formats (`PAGES_ALREADY`) the address is the
 * page. A batch may make more requests than the arrays hold, so it is processed in steps: `begin`, then `step` until
 * it returns 0.
 */
import { KIND_CALL, KIND_FETCH, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND, RECORD_SIZE } from "../abi/core";
import { ONLY_ALL, ONLY_DATA, ONLY_INSTRUCTIONS, PAGES_ALREADY, REQUESTS_AT_ONCE } from "../abi/requests";
import { allocate, make } from "../core/arena";
import { Hash } from "../core/hash";
import { spaceAfter } from "../core/turn";

@final
@unmanaged
export class Requests {
  /** The requests of the last step: page numbers u64, their hashes u32, kinds of reference u8. */
  keys: usize;
  hashes: usize;
  kinds: usize;
  /** Gaps to each request's next use, u32, filled in by the host; see engine/future. */
  gaps: usize;
  count: u32;
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

  /** Null when memory is out. */
  static create(pageShift: u32, only: u32): Requests {
    const nothing = changetype<Requests>(0);
    const requests = make<Requests>();
    if (changetype<usize>(requests) == 0) return nothing;
    requests.pageShift = pageShift;
    requests.only = only;
    requests.keys = allocate(REQUESTS_AT_ONCE * 8);
    requests.hashes = allocate(REQUESTS_AT_ONCE * 4);
    requests.kinds = allocate(REQUESTS_AT_ONCE);
    requests.gaps = allocate(REQUESTS_AT_ONCE * 4);
    return requests.gaps != 0 && requests.kinds != 0 ? requests : nothing;
  }

  /** Starts a batch of `count` records at `records`. */
  begin(records: usize, count: u32): void {
    this.record = records;
    this.end = records + <usize>count * RECORD_BYTES;
    this.spanning = false;
  }

  /** Makes the next requests; their number, 0 when the batch is done. */
  step(): u32 {
    this.count = 0;
    if (this.spanning) this.continueSpan();
    if (this.pageShift == PAGES_ALREADY && this.only == ONLY_ALL) this.copyPages();
    while (this.record < this.end && this.count < <u32>REQUESTS_AT_ONCE) {
      const record = this.record;
      this.record += RECORD_BYTES;
      const kind = load<u8>(record, RECORD_KIND);
      if (this.wants(kind))
        this.request(load<u64>(record, RECORD_ADDRESS), load<u32>(record, RECORD_SIZE), kind);
      else if (kind == KIND_CALL) this.space = spaceAfter(record, this.pageShift, this.space);
    }
    return this.count;
  }

  /** The fast path for traces of page numbers: one request per record, up to a call. */
  private copyPages(): void {
    const keys = this.keys;
    const hashes = this.hashes;
    const kinds = this.kinds;
    const end = this.end;
    let record = this.record;
    let count: usize = 0;
    while (record < end && count < <usize>REQUESTS_AT_ONCE) {
      const kind = load<u8>(record, RECORD_KIND);
      if (kind == KIND_CALL) break;
      const key = load<u64>(record, RECORD_ADDRESS);
      store<u64>(keys + (count << 3), key);
      store<u32>(hashes + (count << 2), Hash.of(key));
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

  /** Has one request, a copy of the request `at` of `source`'s last step: for simulations that are stepped. */
  take(source: Requests, at: u32): void {
    const n = <usize>at;
    store<u64>(this.keys, load<u64>(source.keys + (n << 3)));
    store<u32>(this.hashes, load<u32>(source.hashes + (n << 2)));
    store<u8>(this.kinds, load<u8>(source.kinds + n));
    store<u32>(this.gaps, load<u32>(source.gaps + (n << 2)));
    this.count = 1;
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
      if (this.count == <u32>REQUESTS_AT_ONCE) {
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
    store<u32>(this.hashes + (at << 2), Hash.of(key));
    store<u8>(this.kinds + at, kind);
  }
}
