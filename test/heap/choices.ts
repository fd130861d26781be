/** Allocators with parameters at their limits, and the guarantees of each for its blocks. */
import type { AllocatorInfo } from "#pagewalk/allocators/allocators.js";
import type { Promises } from "./program.js";

/** An allocator with its defaults, and with each parameter in turn at its limits, or at each of its words. */
export function choicesOf({ name, parameters }: AllocatorInfo): string[] {
  const others = parameters.flatMap(({ name: key, default: usual, least, most, words }) => {
    const values = words === undefined ? [least, most] : words.map((_, n) => n);
    return values
      .filter((value) => value !== usual)
      .map((value) => `${name}:${key}=${words?.[value] ?? value}`);
  });
  return [name, ...others];
}

/** C requires an alignment of only 8 for blocks below 16 bytes; these allocators give no more. */
const CLOSE: ReadonlySet<string> = new Set(["tcmalloc", "mimalloc", "jemalloc"]);

/** The guarantees of `choice`, which has at most one parameter. */
export function promisesOf(choice: string): Promises {
  const [, allocator = "", key, value] = /^([^:]+)(?::([^=]+)=(.*))?$/.exec(choice) ?? [];
  const asked = key === "alignment" ? Math.max(8, Number(value)) : 16;
  return {
    allocator,
    alignment: (bytes) => (CLOSE.has(allocator) && bytes < 16 ? 8 : asked),
    // It uses any alignment as a mask, as the real one does.
    rounds: allocator !== "tcmalloc",
    // The first word of the chunk behind.
    lent: allocator === "glibc" ? 8 : 0,
    frees: allocator !== "bump",
    // With a top pad larger than memory, the system cannot provide any.
    grows: key !== "size" && key !== "top_pad",
  };
}
