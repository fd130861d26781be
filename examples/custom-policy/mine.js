/**
 * Segmented FIFO, as VAX/VMS had it: Turner and Levy, "Segmented FIFO page replacement", SIGMETRICS (1981).
 *
 * An operating system is not told of every request, so it cannot keep pages in the order of their last ones. VMS did
 * without: most pages are in a queue, the primary segment, where requests cost nothing. What falls out of it is still
 * in memory for a while, in the secondary segment, but marked absent: a request for it traps, and the page is known
 * to be wanted, and goes back to the primary's front.
 *
 *            ┌────────────── requested again ──────────────┐
 *            v                                             │
 *   ──> │ primary: in order of entry │ ──> │ secondary: in order of arrival │ ──> evicted
 *       front                     back     front                         back
 *
 * The parameter says how large a part of memory the secondary is. With none the policy is FIFO; with all but one
 * frame it is exactly LRU, since whatever is requested comes to the front.
 *
 *   pagewalk policy check examples/custom-policy/mine.js
 *   pagewalk compare trace.pagewalk --policies fifo,lru,examples/custom-policy/mine.js:secondary=0.2
 */

/** @type {import("pagewalk").PolicyDefinition<"secondary">} */
export default {
  name: "segmented-fifo",

  // Set by `mine.js:secondary=0.2`; what is out of range is refused before anything runs.
  parameters: {
    secondary: { default: 0.5, least: 0, most: 1 },
  },

  // Called once for each simulation. Everything that the policy remembers lives in here, never outside: `compare`
  // runs several simulations at once.
  create({ frames, parameters, list }) {
    const primary = list();
    const secondary = list();
    const primaryFrames = Math.max(1, frames - Math.floor(frames * parameters.secondary));

    /** @param {import("pagewalk").Page} page */
    function enter(page) {
      primary.pushFront(page);
      if (primary.size <= primaryFrames) return;
      const oldest = primary.popBack();
      if (oldest !== undefined) secondary.pushFront(oldest);
    }

    return {
      // A request for a page that is in memory. In the primary nobody notices it.
      hit(page) {
        if (secondary.remove(page)) enter(page);
      },

      // Memory is full: which page goes? The one that `insert` is called for comes after this.
      evict() {
        return secondary.size > 0 ? secondary.popBack() : primary.popBack();
      },

      // A page comes in.
      insert(page) {
        enter(page);
      },

      // For `pagewalk policy check`, which asks after every request whether all is as it should be.
      isValid(resident) {
        const pages = [...primary, ...secondary];
        return (
          primary.size <= primaryFrames &&
          pages.length === resident.size &&
          pages.every((page) => resident.has(page))
        );
      },
    };
  },
};
