/** LRU in plain JavaScript, without a kernel: two models that count misses. */

/**
 * With a Map, whose keys stay in the order in which they were added.
 * @param {Float64Array} pages
 * @param {number} frames
 */
export function lruOfMap(pages, frames) {
  /** @type {Map<number, true>} */
  const resident = new Map();
  let misses = 0;
  for (const page of pages) {
    if (!resident.delete(page)) {
      misses++;
      if (resident.size === frames) {
        for (const victim of resident.keys()) {
          resident.delete(victim);
          break;
        }
      }
    }
    resident.set(page, true);
  }
  return misses;
}

/**
 * The kernel's own model: typed arrays, open addressing with backward shift, a circular list.
 * @param {Float64Array} pages page numbers below 2^32
 * @param {number} frames
 */
export function lruOfArrays(pages, frames) {
  const bits = Math.ceil(Math.log2(frames * 2));
  const mask = 2 ** bits - 1;
  const shift = 32 - bits;
  const slots = new Uint32Array(mask + 1); // slot + 1; 0 is empty
  const keys = new Float64Array(frames + 1);
  const next = new Uint32Array(frames + 1).fill(frames);
  const previous = new Uint32Array(frames + 1).fill(frames);
  const home = (/** @type {number} */ key) => (Math.imul(key, 0x9e3779b9) >>> 0) >>> shift;
  const at = (/** @type {Uint32Array} */ list, /** @type {number} */ index) => list[index] ?? 0;
  let used = 0;
  let misses = 0;

  const find = (/** @type {number} */ key) => {
    let bucket = home(key);
    while (at(slots, bucket) !== 0 && keys[at(slots, bucket) - 1] !== key) bucket = (bucket + 1) & mask;
    return bucket;
  };
  const unlink = (/** @type {number} */ slot) => {
    next[at(previous, slot)] = at(next, slot);
    previous[at(next, slot)] = at(previous, slot);
  };
  const pushFront = (/** @type {number} */ slot) => {
    const first = at(next, frames);
    next[frames] = slot;
    previous[slot] = frames;
    next[slot] = first;
    previous[first] = slot;
  };
  const erase = (/** @type {number} */ key) => {
    let hole = find(key);
    for (let bucket = (hole + 1) & mask; at(slots, bucket) !== 0; bucket = (bucket + 1) & mask) {
      const from = home(keys[at(slots, bucket) - 1] ?? 0);
      if (((bucket - from) & mask) < ((bucket - hole) & mask)) continue;
      slots[hole] = at(slots, bucket);
      hole = bucket;
    }
    slots[hole] = 0;
  };

  for (const page of pages) {
    let bucket = find(page);
    let slot = at(slots, bucket) - 1;
    if (slot >= 0) unlink(slot);
    else {
      misses++;
      slot = used < frames ? used++ : at(previous, frames);
      if (misses > frames) {
        unlink(slot);
        erase(keys[slot] ?? 0);
        bucket = find(page);
      }
      keys[slot] = page;
      slots[bucket] = slot + 1;
    }
    pushFront(slot);
  }
  return misses;
}
