/**
 * Segregated storage by powers of two, as the malloc of 4.2BSD had it (Kingsley, 1982): a chunk's size is rounded up to a
 * power of two, and each size has a list of free chunks of its own. Chunks are never searched for, split or joined.
 * This is fast, and wastes memory.
 *
 *   chunk
 *   ├ size | 1: free ┼ next free chunk of this size, or the block ┄┄┄┄┄┄┤
 *   └─── 16 bytes ───┘
 *
 * A chunk larger than the parameter `largest` gets a mapping of its own, which is unmapped when it is freed.
 *
 *   pagewalk allocator check examples/custom-allocator/mine.js
 *   pagewalk heap examples/heap/words.log.gz --allocators glibc,first-fit,examples/custom-allocator/mine.js:largest=4096
 */

const HEADER = 16; // so that blocks are aligned as chunks are
const LEAST_ORDER = 5; // 2^5 bytes: a header and a link
const GROWTH = 65536;
const FREE = 1;

/** @type {import("pagewalk").AllocatorDefinition<"largest">} */
export default {
  name: "power-of-two",

  // Set by `mine.js:largest=4096`. A value out of range is refused before the run starts.
  parameters: {
    largest: { default: 32768, least: 32, most: 2 ** 20, isWhole: true },
  },

  // Called once for each process. Data that a C library keeps in its data segment may be variables. They must be
  // created in here, because `heap` runs several processes at once. Data that a C library keeps in the heap belongs in
  // `memory`.
  create(memory, { largest }) {
    const lists = Array(21).fill(0); // by order: the first free chunk of 2^order bytes, 0: none
    const mapped = new Map(); // chunks that were mapped by themselves, and their bytes
    let start = 0; // of the heap; 0: there is no heap yet
    let next = 0; // where the next new chunk begins
    let end = 0; // of the memory from `sbrk`

    /** @param {number} bytes */
    function malloc(bytes) {
      const need = HEADER + bytes;
      if (need > largest) return map(need);
      const order = Math.max(LEAST_ORDER, 32 - Math.clz32(need - 1));
      const chunk = lists[order];
      if (chunk === 0) return carve(2 ** order);
      memory.step(); // counts a visited node, for a column of the report
      lists[order] = memory.read64(chunk + HEADER);
      memory.write64(chunk, 2 ** order);
      return chunk + HEADER;
    }

    /** A new chunk at the end of the heap. @param {number} size */
    function carve(size) {
      while (next + size > end) {
        const more = Math.max(GROWTH, size);
        const at = memory.sbrk(more);
        if (at === 0) return 0; // NULL: out of memory; errno is ENOMEM already
        if (at !== end) next = Math.ceil(at / HEADER) * HEADER;
        if (start === 0) start = next;
        end = at + more;
      }
      const chunk = next;
      next += size;
      memory.write64(chunk, size); // the first store to a page is a page fault, as for any allocator
      return chunk + HEADER;
    }

    /** @param {number} need */
    function map(need) {
      const bytes = Math.ceil(need / memory.pageSize) * memory.pageSize; // as the system does
      const chunk = memory.mmap(bytes);
      if (chunk === 0) return 0;
      mapped.set(chunk, bytes);
      return chunk + HEADER;
    }

    /** @param {number} address */
    function free(address) {
      const chunk = address - HEADER;
      const bytes = mapped.get(chunk);
      if (bytes !== undefined) {
        mapped.delete(chunk);
        memory.munmap(chunk, bytes);
        return;
      }
      const size = memory.read64(chunk);
      if ((size & FREE) !== 0) memory.abort("free(): the block is free already"); // SIGABRT ends the process
      const order = Math.log2(size);
      memory.write64(chunk, size + FREE);
      memory.write64(chunk + HEADER, lists[order]);
      lists[order] = chunk;
    }

    /** Bytes of a block's chunk. @param {number} address */
    const chunkBytes = (address) => mapped.get(address - HEADER) ?? memory.read64(address - HEADER);

    // `realloc`, `calloc` and `memalign` are made from these.
    return {
      malloc,
      free,

      // The usable bytes of a block, and the bytes that it takes in the heap. The second minus the requested bytes is
      // internal fragmentation.
      usableSize: (address) => chunkBytes(address) - HEADER,
      footprint: chunkBytes,

      // For the map of the heap in `heap --report`.
      *chunks() {
        for (let chunk = start; chunk < next; ) {
          const word = memory.read64(chunk);
          const bytes = word - (word & FREE);
          yield { address: chunk, bytes, state: (word & FREE) !== 0 ? "free" : "used" };
          chunk += bytes;
        }
        yield { address: next, bytes: end - next, state: "top" };
        for (const [address, bytes] of mapped) yield { address, bytes, state: "used" };
      },
    };
  },
};
