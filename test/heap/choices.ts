/** Allocators with parameters at their ends, and what each promises of the blocks it gives. */
import type { AllocatorInfo } from "#pagewalk/allocators/allocators.js";
import type { Promises } from "./program.js";

/** An allocator as it is, and with each parameter at its ends, one at a time; of words with each. */
export function choicesOf({ name, parameters }: AllocatorInfo): string[] {
  const others = parameters.flatMap(({ name: key, default: usual, least, most, words }) => {
    const values = words === undefined ? [least, most] : words.map((_, n) => n);
    return values
      .filter((value) => value !== usual)
      .map((value) => `${name}:${key}=${words?.[value] ?? value}`);
  });
  return [name, ...others];
}

/** Blocks of fewer than 16 bytes need no more than 8 for what C can have in them; these give no more. */
const CLOSE: ReadonlySet<string> = new Set(["tcmalloc", "mimalloc", "jemalloc"]);

/** What `choice`, with one parameter at most, promises. */
export function promisesOf(choice: string): Promises {
  const [, allocator = "", key, value] = /^([^:]+)(?::([^=]+)=(.*))?$/.exec(choice) ?? [];
  const asked = key === "alignment" ? Math.max(8, Number(value)) : 16;
  return {
    allocator,
    alignment: (bytes) => (CLOSE.has(allocator) && bytes < 16 ? 8 : asked),
    // It takes any alignment for a mask, as the real one does.
    rounds: allocator !== "tcmalloc",
    // The first word of the chunk behind.
    lent: allocator === "glibc" ? 8 : 0,
    frees: allocator !== "bump",
    // With the top padded by more than there is, the system has nothing to give.
    grows: key !== "size" && key !== "top_pad",
  };
}
