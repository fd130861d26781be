/** A log of Pagewalk's recorder, counted line by line. */

export interface NaiveLog {
  /** Bytes in use before the first operation and after each one. */
  live: number[];
  /** The first operation after which most bytes are in use. */
  peakAt: number;
  /** Bytes of each request that was served. */
  sizes: number[];
  /** Operations from the allocation of a block to its free. */
  lives: number[];
  /** Blocks that are never freed. */
  kept: { line: number; bytes: number; address: string }[];
}

interface Block {
  line: number;
  bytes: number;
  born: number;
}

/** The bytes that a call requests, by its arguments. */
const BYTES: Readonly<Record<string, (args: readonly number[]) => number>> = {
  malloc: ([bytes = 0]) => bytes,
  valloc: ([bytes = 0]) => bytes,
  calloc: ([count = 0, bytes = 0]) => count * bytes,
  realloc: ([, bytes = 0]) => bytes,
  reallocarray: ([, count = 0, bytes = 0]) => count * bytes,
  memalign: ([, bytes = 0]) => bytes,
  aligned_alloc: ([, bytes = 0]) => bytes,
  posix_memalign: ([, , bytes = 0]) => bytes,
};

export function countLog(text: string): NaiveLog {
  const log: NaiveLog = { live: [0], peakAt: 0, sizes: [], lives: [], kept: [] };
  const blocks = new Map<string, Block>();
  let operation = 0;
  let live = 0;
  const end = (address: string | undefined) => {
    const block = blocks.get(address ?? "");
    if (block === undefined) return;
    blocks.delete(address ?? "");
    live -= block.bytes;
    log.lives.push(operation - block.born);
  };
  for (const [index, line] of text.split("\n").entries()) {
    const [, name = "", list = "", answer = ""] =
      /^(?:\[pid \d+\] )?(\w+)\((.*?)\)(?: = (.*))?$/.exec(line) ?? [];
    if (name === "") continue;
    operation++;
    const args = list.split(", ");
    const given = args[0]?.replace(/[[\]]/g, "");
    const isPosix = name === "posix_memalign";
    const address = isPosix ? given : answer;
    const hasMade = name in BYTES && (isPosix ? answer === "0" : answer.startsWith("0x"));
    const isResize = name.startsWith("realloc");
    if (name === "free" || (isResize && (hasMade || args.slice(1).includes("0")))) end(given);
    if (hasMade) {
      const bytes = BYTES[name]?.(args.map(Number)) ?? 0;
      blocks.set(address ?? "", { line: index + 1, bytes, born: operation });
      live += bytes;
      log.sizes.push(bytes);
    }
    log.live.push(live);
    if (live > (log.live[log.peakAt] ?? 0)) log.peakAt = operation;
  }
  log.kept = [...blocks].map(([address, { line, bytes }]) => ({ address, line, bytes }));
  return log;
}
