/**
 * ARC, the adaptive replacement cache (Megiddo and Modha, FAST 2003, figure 4): a policy with ghosts.
 *
 *         seen once                    seen more often
 *   b1 ········· t1 ─────────│───────── t2 ········· b2        in front of each list: requested last
 *
 * t1 and t2 are resident. b1 and b2 are ghosts: pages that t1 and t2 have lost. A miss on a ghost says which of the
 * two was too short, and moves `target`, the length that t1 should have.
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

      // Cases II to IV of the figure, as far as they are about ghosts.
      miss(page) {
        if (b1.has(page)) target = Math.min(frames, target + Math.max(b2.size / b1.size, 1));
        else if (b2.has(page)) target = Math.max(0, target - Math.max(b1.size / b2.size, 1));
        else if (t1.size + b1.size === frames) b1.popBack();
        else if (t1.size + t2.size + b1.size + b2.size === 2 * frames) b2.popBack();
      },

      // REPLACE of the figure. Where t1 alone fills every frame, its victim leaves no ghost, unless a ghost came.
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
