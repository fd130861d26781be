/**
 * The base of an engine that simulates one policy with several numbers of frames at once (engine/sizes): the counters of
 * its sizes, and the loop over the requests of a step.
 *
 *   step  ├─ window ─┼─ window ─┼─ … ┤      of each window the pages are read ahead, then its requests are served
 *
 * Every function of the loop is abstract, as in policy/contract: `serveStep` is compiled with the concrete class, and the
 * functions inline.
 */
import { STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { PAGES_BYTES, PAGES_HITS, PAGES_MISSES, PAGES_REQUESTS } from "../abi/requests";
import { DEBUG } from "../core/checks";
import { Requests } from "./requests";

/** Requests whose pages are read ahead at once, as in engine/pages. */
export const WINDOW: u32 = 32;
/** Pages for which there is room at first, if fewer are expected. */
export const FIRST_PAGES: u32 = 4096;

@unmanaged
export abstract class SizesEngine {
  /** The counters of each size, as those of a simulation; the host reads this first field. */
  counters: usize;
  source: Requests;
  count: u32;
  /** Pages for which there is room. */
  known: u32;

  /** Makes room for `pages` pages. Returns false if memory is out. */
  abstract reach(pages: u32): bool;
  /** Prepares for `WINDOW` requests. */
  abstract beginWindow(): void;
  /** Reads the entries of the requests' pages. */
  abstract readAhead(start: u32, end: u32): void;
  /** Serves the requests from `start` on and before `end`. */
  abstract serve(start: u32, end: u32): void;
  abstract isValid(): bool;

  @inline
  countersOf(size: u32): usize {
    return this.counters + <usize>size * PAGES_BYTES;
  }

  countRequests(count: u32): void {
    for (let size: u32 = 0; size < this.count; size++) {
      const at = this.countersOf(size);
      const requests = load<u64>(at, PAGES_REQUESTS) + count;
      store<u64>(at, requests, PAGES_REQUESTS);
      store<u64>(at, requests - load<u64>(at, PAGES_MISSES), PAGES_HITS);
    }
  }
}

/** Serves the requests of the source's step; a status. */
export function serveStep<E extends SizesEngine>(engine: E): u32 {
  const source = engine.source;
  if (!source.number()) return STATUS_OUT_OF_MEMORY;
  const pages = source.ids.count;
  if (pages > engine.known && !engine.reach(max(pages, engine.known << 1))) return STATUS_OUT_OF_MEMORY;
  for (let start: u32 = 0; start < source.count; start += WINDOW) {
    const end = min(start + WINDOW, source.count);
    engine.beginWindow();
    engine.readAhead(start, end);
    engine.serve(start, end);
  }
  engine.countRequests(source.count);
  if (DEBUG) assert(engine.isValid());
  return STATUS_OK;
}
