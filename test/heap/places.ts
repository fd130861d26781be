/**
 * Replays a log that another run of the allocator answered, whose mappings lay elsewhere: each block must be at the same
 * place in its mapping. So addresses differ from the log's by as many distances as there are mappings, at most.
 */
import { System } from "#pagewalk/process/system.js";
import {
  HEAP_FREE,
  HEAP_PAGES,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_USABLE_SIZE,
} from "../../assembly/abi/heap.js";
import { type LoggedOperation, parseLogText } from "./log-text.js";
import { RawHeap } from "./replay-log.js";

export interface Placing {
  readonly heap: RawHeap;
  readonly blocks: number;
  /** The number of blocks at this distance from their address in the log. */
  readonly distances: ReadonlyMap<bigint, number>;
  /** Lines whose answer is a number, not an address, and differs from the log's. */
  readonly differing: readonly string[];
}

/** Operations whose first argument is a block. */
const GIVEN = new Set([HEAP_FREE, HEAP_REALLOC, HEAP_REALLOCARRAY, HEAP_USABLE_SIZE]);

/** Large blocks of jemalloc begin anywhere in a page. */
export const jemallocUnit = (usable: bigint) => (usable > 14336n ? 4096n : 1n);

/** `unitOf`: blocks so large may begin anywhere in so many bytes, which are not compared. */
export async function placesOf(
  text: string,
  allocator: string,
  unitOf: (usableBytes: bigint) => bigint,
): Promise<Placing> {
  const heap = new RawHeap((await System.create()).start(), allocator, HEAP_PAGES, false);
  const ours = new Map<bigint, bigint>();
  const distances = new Map<bigint, number>();
  const differing: string[] = [];
  let blocks = 0;
  const serve = (operation: LoggedOperation) => heap.serve([operation])[0]?.answer ?? 0n;
  for (const entry of parseLogText(text).entries) {
    if (!("op" in entry)) continue;
    const { op, args, result } = entry;
    const [first = 0n, ...rest] = args;
    const answer = serve(GIVEN.has(op) ? { ...entry, args: [ours.get(first) ?? 0n, ...rest] } : entry);
    if (op === HEAP_FREE || (op < HEAP_FREE && (result !== 0n || rest.includes(0n)))) ours.delete(first);
    if (op >= HEAP_USABLE_SIZE ? answer !== result : (answer === 0n) !== (result === 0n))
      differing.push(entry.text);
    if (op === HEAP_FREE || op >= HEAP_USABLE_SIZE || answer === 0n) continue;
    ours.set(result, answer);
    const unit = unitOf(serve({ ...entry, op: HEAP_USABLE_SIZE, args: [answer] }));
    const distance = answer / unit - result / unit;
    distances.set(distance * unit, (distances.get(distance * unit) ?? 0) + 1);
    blocks++;
  }
  return { heap, blocks, distances, differing };
}
