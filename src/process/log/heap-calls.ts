/**
 * Runs a log's calls of the C library's allocator. After an answer that differs from the log's, the run continues from
 * the log's.
 *
 *   malloc(48) = 0x5555555592a0
 *   posix_memalign([0x5555555592e0], 64, 100) = 0        # the block in brackets, as strace shows what a call stores
 *   p = realloc(nil, 100)     posix_memalign([q], 64, 100)
 *   mallopt(M_MMAP_THRESHOLD, 65536) = 1
 *
 * Blocks are identified by their addresses in the log. If the model's address differs, the log's address stands for the
 * model's block from then on.
 */

import {
  HEAP_ALIGNED_ALLOC,
  HEAP_CALLOC,
  HEAP_DONATE,
  HEAP_FREE,
  HEAP_MALLOC,
  HEAP_MALLOPT,
  HEAP_MEMALIGN,
  HEAP_POSIX_MEMALIGN,
  HEAP_PVALLOC,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_THREAD_EXIT,
  HEAP_TRIM,
  HEAP_USABLE_SIZE,
  HEAP_VALLOC,
} from "../../../assembly/abi/heap.js";
import { errorNumber } from "../../trace/calls/errors.js";
import type { HeapAnswer } from "../heap/process-heap.js";
import type { Call, Outcome } from "./call.js";
import type { Argument } from "./call-syntax.js";
import type { LoggedHeap } from "./logged-heaps.js";
import { bits, checkCount, plain, signalled } from "./run-calls.js";

interface Shape {
  readonly op: number;
  /** Calls whose first argument is a block. */
  readonly takesBlock: boolean;
  /** Calls that return a block. */
  readonly givesBlock: boolean;
}

const shape = (op: number, takesBlock: boolean, givesBlock: boolean): Shape => ({
  op,
  takesBlock,
  givesBlock,
});

const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ["malloc", shape(HEAP_MALLOC, false, true)],
  ["calloc", shape(HEAP_CALLOC, false, true)],
  ["realloc", shape(HEAP_REALLOC, true, true)],
  ["reallocarray", shape(HEAP_REALLOCARRAY, true, true)],
  ["free", shape(HEAP_FREE, true, false)],
  ["memalign", shape(HEAP_MEMALIGN, false, true)],
  ["aligned_alloc", shape(HEAP_ALIGNED_ALLOC, false, true)],
  ["posix_memalign", shape(HEAP_POSIX_MEMALIGN, false, true)],
  ["valloc", shape(HEAP_VALLOC, false, true)],
  ["pvalloc", shape(HEAP_PVALLOC, false, true)],
  ["malloc_usable_size", shape(HEAP_USABLE_SIZE, true, false)],
  ["malloc_trim", shape(HEAP_TRIM, false, false)],
  ["mallopt", shape(HEAP_MALLOPT, false, false)],
  ["thread_exit", shape(HEAP_THREAD_EXIT, false, false)],
  ["__malloc_donate", shape(HEAP_DONATE, false, false)],
]);

/**
 * Runs the call in the heap of its process. With `isSpared` the process survives any signal it gets in the call. Throws
 * `InputError` for invalid arguments.
 */
export function performOnHeap(call: Call, heap: LoggedHeap, isSpared: boolean): Outcome {
  checkCount(call);
  const { op, takesBlock, givesBlock } = SHAPES.get(call.name) as Shape;
  const isStored = op === HEAP_POSIX_MEMALIGN;
  const used: bigint[] = [];
  for (let n = isStored ? 1 : 0; n < call.args.length; n++) used.push(bits(call, n));
  const recorded = givesBlock ? recordedBlock(call) : undefined;
  const [given = 0n] = used;
  if (takesBlock) used[0] = heap.blockAt(given);
  const answer = heap.operate(
    {
      op,
      args: used,
      thread: call.thread.number,
      recorded: recorded ?? 0n,
      number: call.line,
      isSpared,
    },
    givesBlock,
  );
  if (answer.signal !== undefined)
    return { ...signalled(call, used, answer.signal), message: answer.message };
  if (op === HEAP_FREE || (op === HEAP_REALLOC && answer.value !== 0n)) heap.forget(given);
  if (recorded !== undefined) heap.remember(recorded, answer.value, op, given, call.line);
  if (op === HEAP_FREE || op === HEAP_THREAD_EXIT || op === HEAP_DONATE) return done(call, used);
  return isStored ? stored(call, used, answer, recorded) : outcomeOf(call, used, answer, givesBlock);
}

function done({ name }: Call, args: readonly bigint[]): Outcome {
  return {
    name,
    args,
    value: 0n,
    error: undefined,
    signal: undefined,
    shown: { kind: "ok" },
    isAddress: false,
  };
}

function outcomeOf(
  call: Call,
  args: readonly bigint[],
  { value, error }: HeapAnswer,
  isAddress: boolean,
): Outcome {
  const isError = error !== undefined && call.expected?.kind === "error";
  return {
    name: call.name,
    args,
    value,
    error,
    signal: undefined,
    shown: isError ? { kind: "error", name: error } : { kind: "value", value },
    isAddress,
    isBlock: isAddress,
  };
}

/** posix_memalign returns 0 or an error number; the block that it stores is compared if the log has it. */
function stored(
  call: Call,
  args: readonly bigint[],
  { value, error }: HeapAnswer,
  recorded: bigint | undefined,
): Outcome {
  if (error !== undefined) return { ...plain(call, args, errorNumber(error) ?? 0n), error };
  if (recorded === undefined) return { ...plain(call, args, 0n), stored: value };
  return {
    ...plain(call, args, value),
    isAddress: true,
    isBlock: true,
    stored: value,
    expected: { kind: "value", value: recorded },
  };
}

/** The recorded block; undefined if there is none. */
function recordedBlock({ name, args, expected }: Call): bigint | undefined {
  const answer = expected?.kind === "value" ? expected.value : undefined;
  if (name !== "posix_memalign") return answer;
  if (answer !== undefined && answer !== 0n) return 0n;
  const item = bracketed(args[0]);
  return item?.kind === "number" ? item.value : undefined;
}

/** The name in brackets for the block that posix_memalign stores: `posix_memalign([p], 64, 100)`. */
export function storedName(args: readonly Argument[]): string | undefined {
  const item = bracketed(args[0]);
  const [term] = item?.kind === "expression" && item.terms.length === 1 ? item.terms : [];
  return typeof term?.value === "string" ? term.value : undefined;
}

function bracketed(argument: Argument | undefined): Argument | undefined {
  return argument?.kind === "list" ? argument.items[0] : undefined;
}
