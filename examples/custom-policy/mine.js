/**
 * Segmented FIFO, as VAX/VMS had it: Turner and Levy, "Segmented FIFO page replacement", SIGMETRICS (1981).
 *
 * An operating system does not see every request, so it cannot keep pages in the order of their last requests. VMS
 * approximates that order. Most pages are in the primary segment, a queue where requests cost nothing. A page that
 * leaves the primary segment stays in memory for a while, in the secondary segment, but is marked absent. A request for
 * it causes a fault, and moves the page back to the front of the primary segment.
 *
 *            ┌────────────── requested again ──────────────┐
 *            v                                             │
 *   ──> │ primary: in order of entry │ ──> │ secondary: in order of arrival │ ──> evicted
 *       front                     back     front                         back
 *
 * The parameter `secondary` is the secondary segment's share of memory. At 0 the policy is FIFO. With all frames but
 * one it is exactly LRU, because each requested page moves to the front.
 *
 *   pagewalk policy check examples/custom-policy/mine.js
 *   pagewalk compare trace.pagewalk --policies fifo,lru,examples/custom-policy/mine.js:secondary=0.2
 */

/** @type {import("pagewalk").PolicyDefinition<"secondary">} */
export default {
  name: "segmented-fifo",

  // Set by `mine.js:secondary=0.2`. A value out of range is refused before the run starts.
  parameters: {
    secondary: { default: 0.5, least: 0, most: 1 },
  },

  // Called once for each simulation. All state of the policy must be created in here, because `compare` runs several
  // simulations at once.
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
      // A request for a page that is in memory. Requests for pages of the primary segment are not visible.
      hit(page) {
        if (secondary.remove(page)) enter(page);
      },

      // Memory is full: selects the page to evict. `insert` is then called for the requested page.
      evict() {
        return secondary.size > 0 ? secondary.popBack() : primary.popBack();
      },

      // A page enters memory.
      insert(page) {
        enter(page);
      },

      // For `pagewalk policy check`, which calls it after every request.
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
