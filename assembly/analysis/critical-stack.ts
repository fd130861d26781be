/**
 * OPT's stack distances, without the future: a request's distance depends on the past alone. Bilardi, Ekanadham and
 * Pattnaik, "Optimal on-line computation of stack distances for MIN and OPT", Computing Frontiers 2017, prove that and
 * that logarithmic time per request is enough. Belady and Palermo, "On-line measurement of paging behavior by the
 * multivalued MIN algorithm", IBM Journal of Research and Development 18 (1974), were first; Michaud, "Some mathematical
 * facts about optimal cache replacement", ACM TACO 13 (2016), has the tokens.
 *
 * Tokens. A page stays in memory from a request to the next if a frame is free for it all that time; OPT keeps it whenever
 * it can, in the order of the second requests. With c frames, let c tokens lie on past requests so that, at any past
 * time, the frames that stay free from then on are as many as the tokens not after it. A request for the page of request
 * `last` hits if a token is not after `last`. The latest such token moves to the request. After a miss the latest of
 * all tokens moves there.
 *
 * The tokens of c frames are those of c - 1 frames and one more, the critical time of c. So one token for each c serves
 * all sizes, and the distance is the first c whose critical time is not after `last`. To move the tokens of all sizes,
 * that token's size goes to the request before this one, where the token of one frame was. Its place takes over the size of
 * the next later token up to `last` that has a greater size, and so on; the last of these places is then empty:
 *
 *   requests     0  1  2  3  4  5  6  7  8  9         last = 6: the distance is 3, the least size up to 6. Size 3 goes
 *   sizes        7     5     3  6  4     2  1         from 4 to 9, size 4 from 6 to 4.
 *
 * Taking over may be long, so it is left out. A token that was due at `last` leaves a debt there instead: of the tokens up
 * to any time, those that later requests find are the ones left when all debts up to then have taken the least size they
 * can, in any order. So the tokens that were taken and the debts are the two sides of a matching, and a request may take
 * the least size up to the first time from `last` on at which all debts are met. `slack` counts taken tokens minus debts
 * up to each time.
 *
 * Time: O(log pages) for the slack, and as much for the least size. When positions run out, they are compacted: only last
 * requests and critical times are kept. Memory: 30 to 60 bytes more per distinct page than LRU's, none per request.
 */
import { make } from "../core/arena";
import { CriticalTimes } from "./critical-times";
import { Marks, MIN_POSITIONS } from "./marks";
import { COLD, NO_MEMORY, PageStack } from "./page-stack";
import { Slack } from "./slack";

const MOST_POSITIONS: u32 = 1 << 30;

@final
@unmanaged
export class CriticalStack extends PageStack {
  /** The position of the last request; 0 lies before all requests, and has tokens for all sizes not used yet. */
  private newest: u32;
  /** By frames - 2: the token of one frame is always at `newest`. */
  private times: CriticalTimes;
  private slack: Slack;
  /** For compaction: the positions to keep. */
  private marks: Marks;

  /** Null when memory is out. */
  static create(): CriticalStack {
    const nothing = changetype<CriticalStack>(0);
    const stack = make<CriticalStack>();
    if (changetype<usize>(stack) == 0) return nothing;
    stack.times = CriticalTimes.create();
    stack.slack = Slack.create(MIN_POSITIONS);
    stack.marks = Marks.create(MIN_POSITIONS);
    if (changetype<usize>(stack.times) == 0 || changetype<usize>(stack.slack) == 0) return nothing;
    return changetype<usize>(stack.marks) != 0 ? stack : nothing;
  }

  @inline
  peek(id: u32): u32 {
    return this.slack.peek(this.placeOf(id));
  }

  @inline
  touch(id: u32): u32 {
    if (this.newest + 1 == this.slack.capacity && !this.compact()) return NO_MEMORY;
    const place = this.places + ((<usize>id) << 2);
    const last = load<u32>(place);
    const newest = this.newest;
    if (last == newest && last != 0) return 1;
    this.newest = newest + 1;
    store<u32>(place, newest + 1);
    if (last != 0) return this.take(last, newest);
    this.live++;
    return COLD;
  }

  /** Takes the token for a request whose page was requested at `last`, to `newest`; its size, or `NO_MEMORY`. */
  @inline
  private take(last: u32, newest: u32): u32 {
    const times = this.times;
    const index = times.firstAtMost(this.slack.firstZero(last));
    let time: u32 = 0;
    if (index == times.count) {
      if (!times.add(newest)) return NO_MEMORY;
    } else {
      time = times.get(index);
      times.postpone(index, newest);
    }
    if (time < last) this.slack.add(time, last, 1);
    else if (time > last) this.slack.add(last, time, -1);
    return index + 2;
  }

  /** Renumbers the positions that matter from 0 on; false when memory is out. */
  private compact(): bool {
    const marks = this.marks;
    const end = this.places + ((<usize>this.live) << 2);
    marks.clearAll();
    marks.set(0);
    for (let place = this.places; place < end; place += 4) marks.set(load<u32>(place));
    this.times.markIn(marks);
    marks.count();
    const kept = marks.before(this.newest) + 1;
    const grows = kept > marks.capacity >> 1;
    if (grows && marks.capacity == MOST_POSITIONS) return false;
    if (!this.slack.compact(marks, this.newest + 1, grows)) return false;
    for (let place = this.places; place < end; place += 4) store<u32>(place, marks.before(load<u32>(place)));
    this.times.renumber(marks);
    this.newest = kept - 1;
    if (grows) this.marks = Marks.create(marks.capacity << 1);
    return changetype<usize>(this.marks) != 0;
  }

  /** Is true when the structures are sound, and no page and no token lies after the last request. */
  isValid(): bool {
    if (!this.times.isValid() || !this.slack.isValid()) return false;
    for (let id: u32 = 0; id < this.live; id++) {
      const last = this.placeOf(id);
      if (last == 0 || last > this.newest) return false;
    }
    for (let index: u32 = 0; index < this.times.count; index++) {
      if (this.times.get(index) >= this.newest) return false;
    }
    return this.slack.number(this.newest) == 0;
  }
}
