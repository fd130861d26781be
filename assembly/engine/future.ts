/**
 * The future of a trace: for each request, how many requests later the same page is requested again. It takes two
 * passes over a spool that the host keeps, in chunks of u32, one per request:
 *
 *   first pass, forwards        keys ──number──> ids       written to the spool
 *   sweep, backwards            ids ───gaps────> gaps      chunk by chunk from the last, in place
 *   second pass, forwards       gaps ──────────> the policy that needs them
 *
 * Memory: 8 bytes per distinct page besides the numbering, none per request. A gap of 2^32 - 2 requests or more is
 * reported as 2^32 - 2.
 */
import { STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { NEVER } from "../abi/requests";
import { allocate, make } from "../core/arena";
import { Ids } from "../core/ids";

const LONGEST_GAP: u64 = 0xfffffffe;

@final
@unmanaged
export class Future {
  private ids: Ids;
  /** Requests swept so far, from the end of the trace. */
  private swept: u64;
  /** For each id, `swept` just after its earliest request so far, u64[ids.count]; 0: none yet. */
  private uses: usize;

  /** `expected`: distinct pages; 0 if they are not known. Null when memory is out. */
  static create(expected: u32): Future {
    const future = make<Future>();
    if (changetype<usize>(future) == 0) return future;
    future.ids = Ids.forPages(expected);
    return changetype<usize>(future.ids) != 0 ? future : changetype<Future>(0);
  }

  /** Distinct pages numbered so far. */
  get distinct(): u32 {
    return this.ids.count;
  }

  /** Writes the ids of `count` keys (u64) to `into` (u32). */
  number(keys: usize, count: u32, into: usize): u32 {
    return this.ids.numberAll(keys, count, into) ? STATUS_OK : STATUS_OUT_OF_MEMORY;
  }

  /** Turns the `count` ids at `chunk`, the last chunk not swept yet, into gaps, in place. */
  gaps(chunk: usize, count: u32): u32 {
    if (this.uses == 0) this.uses = allocate((<u64>this.ids.count) << 3);
    if (this.uses == 0) return STATUS_OUT_OF_MEMORY;
    let swept = this.swept;
    for (let at = chunk + ((<usize>count) << 2); at > chunk; ) {
      at -= 4;
      const use = this.uses + ((<usize>load<u32>(at)) << 3);
      const next = load<u64>(use);
      swept++;
      store<u32>(at, next == 0 ? NEVER : <u32>min(swept - next, LONGEST_GAP));
      store<u64>(use, swept);
    }
    this.swept = swept;
    return STATUS_OK;
  }
}
