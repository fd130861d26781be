/**
 * First fit with boundary tags (Knuth, The Art of Computer Programming, volume 1, section 2.5). Addresses and all
 * figures equal those of the kernel's `first-fit` with its default parameters.
 *
 *   chunk                                        end
 *   ├ bytes | flags ┼ next ┼ previous ┼ ┄┄ ┼ bytes ┤     free; the links are those of the list, in order of address
 *   ├ bytes | flags ┼ unused ┼ block ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┤     in use
 *
 * The last chunk is followed by a word that has flags and a size of 0.
 */

const FREE = 1;
const BEFORE_FREE = 2; // the chunk before this one is free, and the word before this one is its size
const FLAGS = 7;

const NEXT = 8;
const PREVIOUS = 16;
const HEADER = 16;
const ALIGNMENT = 16;
const LEAST = 32;
const GROWTH = 65536;
const MOST = 2 ** 63 - 8192; // PTRDIFF_MAX, minus the overhead of a chunk

/** @type {import("pagewalk").AllocatorDefinition} */
export default {
  name: "my-first-fit",
  create(memory) {
    let head = 0;
    let tail = 0;
    let first = 0; // chunk
    let end = 0; // of the last chunk
    let brk = 0;
    let place = 0; // before the chunk that was unlinked last

    // Tags. Numbers have 53 bits; `&` uses the low 32, which is enough for flags.
    /** @param {number} chunk */
    const sizeOf = (chunk) => withoutFlags(memory.read64(chunk));
    /**
     * @param {number} chunk
     * @param {number} flag
     */
    const has = (chunk, flag) => (memory.read64(chunk) & flag) !== 0;
    /** @param {number} chunk */
    const freeAfter = (chunk) => {
      const next = chunk + sizeOf(chunk);
      return has(next, FREE) ? next : 0;
    };
    /** @param {number} chunk */
    const freeBefore = (chunk) => (has(chunk, BEFORE_FREE) ? chunk - memory.read64(chunk - 8) : 0);

    /** @param {number} chunk */
    function setFree(chunk) {
      const word = memory.read64(chunk);
      const size = withoutFlags(word);
      memory.write64(chunk, size + (word & FLAGS & ~FREE) + FREE);
      memory.write64(chunk + size - 8, size);
      const after = memory.read64(chunk + size);
      memory.write64(chunk + size, withoutFlags(after) + ((after & FLAGS) | BEFORE_FREE));
    }

    /** @param {number} chunk */
    function setUsed(chunk) {
      const word = memory.read64(chunk);
      const size = withoutFlags(word);
      memory.write64(chunk, size + (word & FLAGS & ~FREE));
      const after = memory.read64(chunk + size);
      memory.write64(chunk + size, withoutFlags(after) + (after & FLAGS & ~BEFORE_FREE));
    }

    /**
     * Ends a chunk after `bytes`. Returns the start of the rest, which is in use.
     * @param {number} chunk
     * @param {number} bytes
     */
    function cut(chunk, bytes) {
      const word = memory.read64(chunk);
      memory.write64(chunk, bytes + (word & FLAGS));
      memory.write64(chunk + bytes, withoutFlags(word) - bytes);
      return chunk + bytes;
    }

    /**
     * @param {number} chunk
     * @param {number} next
     */
    const join = (chunk, next) => memory.write64(chunk, memory.read64(chunk) + sizeOf(next));

    // The list of free chunks.
    /** @param {number} chunk */
    function unlink(chunk) {
      place = memory.read64(chunk + PREVIOUS);
      const next = memory.read64(chunk + NEXT);
      if (place === 0) head = next;
      else memory.write64(place + NEXT, next);
      if (next === 0) tail = place;
      else memory.write64(next + PREVIOUS, place);
    }

    /**
     * @param {number} before
     * @param {number} chunk
     */
    function link(before, chunk) {
      const next = before === 0 ? head : memory.read64(before + NEXT);
      memory.write64(chunk + NEXT, next);
      memory.write64(chunk + PREVIOUS, before);
      if (before === 0) head = chunk;
      else memory.write64(before + NEXT, chunk);
      if (next === 0) tail = chunk;
      else memory.write64(next + PREVIOUS, chunk);
    }

    /** The last free chunk below `chunk`. @param {number} chunk */
    function placeOf(chunk) {
      if (tail < chunk) return tail;
      let before = 0;
      for (let other = head; other !== 0; other = memory.read64(other + NEXT)) {
        memory.step();
        if (other > chunk) break;
        before = other;
      }
      return before;
    }

    /** @param {number} need */
    function find(need) {
      for (let chunk = head; chunk !== 0; chunk = memory.read64(chunk + NEXT)) {
        memory.step();
        if (sizeOf(chunk) >= need) return chunk;
      }
      return 0;
    }

    /** Finds a free chunk and leaves it in the list. Returns 0 if there is no memory. @param {number} need */
    function obtain(need) {
      if (need > MOST) return 0;
      const found = find(need);
      if (found !== 0 || !grow(need)) return found;
      return find(need);
    }

    /** @param {number} need */
    function grow(need) {
      const wanted = first === 0 ? need + 2 * ALIGNMENT : need;
      const bytes = Math.ceil(wanted / GROWTH) * GROWTH;
      const at = memory.sbrk(bytes);
      if (at === 0) return false;
      if (first !== 0 && at !== brk) memory.abort("the break has been moved");
      brk = at + bytes;
      release(first === 0 ? begin(at) : append(bytes));
      return true;
    }

    /** @param {number} at */
    function begin(at) {
      first = Math.ceil(at / ALIGNMENT) * ALIGNMENT;
      const size = Math.floor((brk - first - 8) / ALIGNMENT) * ALIGNMENT;
      end = first + size;
      memory.write64(first, size);
      memory.write64(end, 0);
      return first;
    }

    /** @param {number} bytes */
    function append(bytes) {
      const chunk = end;
      end += bytes;
      memory.write64(chunk, bytes + (memory.read64(chunk) & BEFORE_FREE));
      memory.write64(end, 0);
      return chunk;
    }

    /** Frees a chunk and joins it with its free neighbours. @param {number} chunk */
    function release(chunk) {
      const after = freeAfter(chunk);
      const before = freeBefore(chunk);
      if (after !== 0) {
        unlink(after);
        join(chunk, after);
      }
      if (before !== 0) join(before, chunk);
      setFree(before === 0 ? chunk : before);
      if (before === 0) link(after === 0 ? placeOf(chunk) : place, chunk);
    }

    /**
     * Frees the end of a chunk that is larger than needed.
     * @param {number} chunk
     * @param {number} need
     */
    function trim(chunk, need) {
      if (sizeOf(chunk) - need < LEAST) return;
      const rest = cut(chunk, need);
      setUsed(rest);
      release(rest);
    }

    /**
     * @param {number} address
     * @param {string} call
     */
    function chunkOf(address, call) {
      const chunk = address - HEADER;
      if (has(chunk, FREE)) memory.abort(`${call}(): the block is not in use`);
      return chunk;
    }

    /**
     * Extends a chunk by the free chunk behind it.
     * @param {number} chunk
     * @param {number} need
     */
    function takeIn(chunk, need) {
      const after = freeAfter(chunk);
      if (after === 0 || sizeOf(chunk) + sizeOf(after) < need) return false;
      unlink(after);
      join(chunk, after);
      setUsed(chunk);
      return true;
    }

    /** @param {number} bytes */
    function malloc(bytes) {
      const need = chunkBytes(bytes);
      const chunk = obtain(need);
      if (chunk === 0) return 0;
      unlink(chunk);
      const rest = sizeOf(chunk) - need;
      if (rest < LEAST) {
        setUsed(chunk);
        return chunk + HEADER;
      }
      const other = cut(chunk, need);
      setUsed(chunk);
      memory.write64(other, rest + FREE);
      memory.write64(other + rest - 8, rest);
      link(place, other);
      return chunk + HEADER;
    }

    /** @param {number} address */
    const free = (address) => release(chunkOf(address, "free"));
    /** @param {number} address */
    const usableSize = (address) => sizeOf(address - HEADER) - HEADER;

    return {
      malloc,
      free,
      usableSize,
      footprint: (address) => sizeOf(address - HEADER),

      realloc(address, bytes) {
        if (bytes === 0) {
          free(address);
          return 0;
        }
        const need = chunkBytes(bytes);
        const chunk = chunkOf(address, "realloc");
        if (sizeOf(chunk) >= need || takeIn(chunk, need)) {
          trim(chunk, need);
          return address;
        }
        const moved = malloc(bytes);
        if (moved === 0) return 0;
        memory.copy(moved, address, Math.min(usableSize(address), bytes));
        free(address);
        return moved;
      },

      memalign(alignment, bytes) {
        if (alignment <= ALIGNMENT) return malloc(bytes);
        const whole = obtain(chunkBytes(bytes + alignment + LEAST));
        if (whole === 0) return 0;
        unlink(whole);
        setUsed(whole);
        const block = whole + HEADER;
        let chunk = whole;
        if (block % alignment !== 0) {
          chunk = cut(whole, Math.ceil((block + LEAST) / alignment) * alignment - block);
          setUsed(whole);
          setUsed(chunk);
          release(whole);
        }
        trim(chunk, chunkBytes(bytes));
        return chunk + HEADER;
      },

      *chunks() {
        if (first === 0) return;
        for (let chunk = first; chunk < end; chunk += sizeOf(chunk)) {
          yield { address: chunk, bytes: sizeOf(chunk), state: has(chunk, FREE) ? "free" : "used" };
        }
      },
    };
  },
};

/** @param {number} word */
const withoutFlags = (word) => word - (word & FLAGS);

/** @param {number} bytes */
function chunkBytes(bytes) {
  return Math.max(LEAST, Math.ceil((HEADER + Math.max(bytes, 1)) / ALIGNMENT) * ALIGNMENT);
}
