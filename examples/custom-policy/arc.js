/**
 * ARC, the adaptive replacement cache (Megiddo and Modha, FAST 2003, figure 4): a policy with ghosts.
 *
 *         seen once                    seen more often
 *   b1 ········· t1 ─────────│───────── t2 ········· b2        the front of each list is its most recently used end
 *
 * t1 and t2 are resident. b1 and b2 are ghosts: pages that were evicted from t1 and t2. A miss on a ghost shows which
 * of the two was too short, and moves `target`, the target length of t1.
 */

/** @type {import("pagewalk").PolicyDefinition} */
export default {
  name: "my-arc",
  create({ frames, list }) {
    const [t1, t2, b1, b2] = [list(), list(), list(), list()];
    let target = 0;

    return {
      hit(page) {
        t1.remove(page);
        t2.pushFront(page);
      },

      // The parts of the figure's cases II to IV that change ghosts.
      miss(page) {
        if (b1.has(page)) target = Math.min(frames, target + Math.max(b2.size / b1.size, 1));
        else if (b2.has(page)) target = Math.max(0, target - Math.max(b1.size / b2.size, 1));
        else if (t1.size + b1.size === frames) b1.popBack();
        else if (t1.size + t2.size + b1.size + b2.size === 2 * frames) b2.popBack();
      },

      // REPLACE of the figure. If t1 alone fills all frames and `incoming` is not a ghost, the victim does not become a
      // ghost.
      evict(incoming) {
        const isGhost = b1.has(incoming) || b2.has(incoming);
        if (t1.size === frames && !isGhost) return t1.popBack();
        const isLong = t1.size > target || (b2.has(incoming) && t1.size === target);
        const [from, ghosts] = t1.size > 0 && isLong ? [t1, b1] : [t2, b2];
        const victim = from.popBack();
        if (victim !== undefined) ghosts.pushFront(victim);
        return victim;
      },

      insert(page) {
        const wasGhost = b1.remove(page) || b2.remove(page);
        (wasGhost ? t2 : t1).pushFront(page);
      },

      isValid: (resident) => t1.size + t2.size === resident.size && b1.size + t1.size <= frames,
    };
  },
};
