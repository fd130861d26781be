/** Custom allocators for tests, and the rows of `heap` for them. */
import {
  type AllocatorDefinition,
  type AllocatorFunctions,
  type AllocatorMemory,
  type HeapOptions,
  type HeapRow,
  heap,
} from "#pagewalk/index.js";

/** The path of an example. */
export const example = (name: string) =>
  new URL(`../../../examples/custom-allocator/${name}`, import.meta.url).pathname;

/** A log with one call a line. */
export const logOf = (...lines: string[]) => new TextEncoder().encode(`${lines.join("\n")}\n`);

/** Rows of a log that is called `t.log`. */
export async function rowsOf(
  log: Uint8Array | string,
  allocators: HeapOptions["allocators"],
  options: HeapOptions = {},
): Promise<HeapRow[]> {
  const name = typeof log === "string" ? {} : { name: "t.log", format: "ltrace" };
  const { results } = await heap(log, {
    ...name,
    jobs: 1,
    ...(allocators !== undefined && { allocators }),
    ...options,
  });
  return results;
}

/** The parts that do not depend on thread and speed. */
export function figures({ allocator, seconds, operationsPerSecond, javascript, ...rest }: HeapRow) {
  return rest;
}

/** A bump allocator on a megabyte of sbrk, which returns NULL when it is full; `more` overrides functions. */
export function plain(
  more: (memory: AllocatorMemory, malloc: (bytes: number) => number) => Record<string, unknown> = () => ({}),
): AllocatorDefinition {
  return {
    name: "plain",
    create(memory) {
      let next = 0;
      const malloc = (bytes: number) => {
        if (next === 0) next = memory.sbrk(1 << 20);
        if (bytes > 1 << 20) return 0;
        const address = next;
        next += Math.max(16, Math.ceil(bytes / 16) * 16);
        return address;
      };
      return { malloc, free() {}, ...more(memory, malloc) } as AllocatorFunctions;
    },
  };
}
