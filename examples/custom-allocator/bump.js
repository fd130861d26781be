/**
 * A bump allocator: each block begins where the last one ended, and no memory is reused. The shortest possible
 * allocator.
 */

const ALIGNMENT = 16;
const GROWTH = 65536;

/** @type {import("pagewalk").AllocatorDefinition} */
export default {
  name: "my-bump",
  create(memory) {
    let next = 0;
    let end = 0;
    return {
      malloc(bytes) {
        const size = Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT;
        while (next + size > end) {
          const growth = Math.ceil(size / GROWTH) * GROWTH;
          const start = memory.sbrk(growth);
          if (start === 0) return 0;
          if (start !== end) next = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
          end = start + growth;
        }
        next += size;
        return next - size;
      },
      free() {},
    };
  },
};
