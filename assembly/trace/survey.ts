/** A survey of a trace: what `trace info` counts, and the counts by kind that every reader keeps. */
import {
  KIND_CALL,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
} from "../abi/core";
import { make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { PageSet } from "../core/page-set";
import { spaceAfter } from "../core/turn";

const KIND_BITS: u32 = 12;
const KIND_MASK: u64 = (1 << KIND_BITS) - 1;

/** Adds `count` records, by kind, to the five u64 at `counts`. One shift and one addition a record. */
export function countKinds(records: usize, count: u32, counts: usize): void {
  let left = count;
  let record = records;
  while (left > 0) {
    // Five counters of twelve bits in one word, emptied before any can run over.
    const run = min(left, <u32>KIND_MASK);
    let packed: u64 = 0;
    for (const end = record + <usize>run * RECORD_BYTES; record < end; record += RECORD_BYTES) {
      packed += (<u64>1) << (<u64>load<u8>(record, RECORD_KIND) * KIND_BITS);
    }
    for (let kind: u32 = 0; kind <= <u32>KIND_CALL; kind++) {
      const counter = counts + ((<usize>kind) << 3);
      store<u64>(counter, load<u64>(counter) + ((packed >> (kind * KIND_BITS)) & KIND_MASK));
    }
    left -= run;
  }
}

/** How many references have another size than `size`. */
export function countOtherSizes(records: usize, count: u32, size: u32): u32 {
  let others: u32 = 0;
  const end = records + <usize>count * RECORD_BYTES;
  for (let record = records; record < end; record += RECORD_BYTES) {
    const isReference = u32(load<u8>(record, RECORD_KIND) != KIND_CALL);
    others += isReference & u32(load<u32>(record, RECORD_SIZE) != size);
  }
  return others;
}

@final
@unmanaged
export class Survey {
  fetches: u64;
  loads: u64;
  stores: u64;
  modifies: u64;
  calls: u64;
  bytesTouched: u64;
  lowest: u64;
  highest: u64;
  distinctPages: u64;
  crossings: u64;
  private pages: PageSet;
  private lastPage: u64; // the page added last, to pass over runs
  space: u64; // in the bits above all page numbers
  pageShift: u32;

  static create(pageShift: u32): Survey {
    const survey = make<Survey>();
    if (changetype<usize>(survey) == 0) return survey;
    survey.pages = PageSet.create();
    survey.lowest = u64.MAX_VALUE;
    survey.lastPage = u64.MAX_VALUE;
    survey.pageShift = pageShift;
    return changetype<usize>(survey.pages) == 0 ? changetype<Survey>(0) : survey;
  }

  isValid(): bool {
    return this.pages.isValid() && this.distinctPages == this.pages.count;
  }

  /** False when memory is out. */
  add(address: u64, size: u32): bool {
    const blocks = this.pageShift == 0; // an address is a page number, its size no matter of memory
    const last = blocks ? address : address + max(size, 1) - 1;
    this.bytesTouched += size;
    this.lowest = min(this.lowest, address);
    this.highest = max(this.highest, last);
    const lastPage = (last >> this.pageShift) ^ this.space;
    let page = (address >> this.pageShift) ^ this.space;
    if (page != lastPage) this.crossings++;
    else if (page == this.lastPage && this.distinctPages > 0) return true;
    for (; page <= lastPage; page++) {
      if (!this.pages.add(page)) return false;
      if (page == u64.MAX_VALUE) break;
    }
    this.lastPage = lastPage;
    this.distinctPages = this.pages.count;
    return true;
  }
}

/** `pageShift`: address bits in a page, 0 where records hold page numbers. Null when memory is out. */
export function createSurvey(pageShift: u32): usize {
  return changetype<usize>(Survey.create(pageShift));
}

/** Takes a batch into account; returns a status code. */
export function surveyRecords(state: usize, records: usize, count: u32): u32 {
  const survey = changetype<Survey>(state);
  countKinds(records, count, state);
  const end = records + <usize>count * RECORD_BYTES;
  for (let record = records; record < end; record += RECORD_BYTES) {
    if (load<u8>(record, RECORD_KIND) == KIND_CALL) {
      survey.space = spaceAfter(record, survey.pageShift, survey.space);
      continue;
    }
    if (!survey.add(load<u64>(record, RECORD_ADDRESS), load<u32>(record, RECORD_SIZE))) {
      return STATUS_OUT_OF_MEMORY;
    }
  }
  if (DEBUG) assert(survey.isValid());
  return STATUS_OK;
}
