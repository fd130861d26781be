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
  HEAP_DONATE,
  HEAP_FREE,
  HEAP_OPERATIONS,
  HEAP_REALLOC,
  HEAP_THREAD_EXIT,
} from "../../../../assembly/abi/heap.js";
import { errorNumber } from "../../../trace/calls/errors.js";
import type { CallRow } from "../../../trace/calls/table.js";
import type { HeapAnswer } from "../../heap/process-heap.js";
import { type Argument, bracketed, nameOf } from "../parse/argument.js";
import type { Call, Context, Outcome } from "./call.js";
import type { LoggedHeap } from "./logged-heaps.js";
import { allBits } from "./operands.js";
import { done, plain, signalled } from "./outcomes.js";
import { withSurvival } from "./survived-signals.js";

/** Throws `InputError` for invalid arguments. */
export function allocator(context: Context, call: Call): Outcome {
  const heap = context.heaps.of(context.process);
  return withSurvival(context, call, (survivesSignals) => serve(call, heap, survivesSignals));
}

function serve(call: Call, heap: LoggedHeap, survivesSignals: boolean): Outcome {
  const { name, row, line } = call;
  const op = HEAP_OPERATIONS.indexOf(name);
  const makesBlock = row.result === "block";
  const used = blockArguments(call);
  const recorded = makesBlock ? recordedBlock(call) : undefined;
  const [given = 0n] = used;
  if (takesBlock(row)) used[0] = heap.blockAt(given);
  const answer = heap.operate(
    { op, args: used, thread: call.thread.number, recorded: recorded ?? 0n, number: line, survivesSignals },
    makesBlock,
  );
  if (answer.signal !== undefined)
    return { ...signalled(call, used, answer.signal), message: answer.message };
  if (op === HEAP_FREE || (op === HEAP_REALLOC && answer.value !== 0n)) heap.forget(given);
  if (recorded !== undefined) heap.remember(recorded, answer.value, op, given, line);
  if (op === HEAP_FREE || op === HEAP_THREAD_EXIT || op === HEAP_DONATE) return done(call, used);
  return isStored(row) ? stored(call, used, answer, recorded) : outcomeOf(call, used, answer, makesBlock);
}

/** True if the call stores its block through its first argument. */
function isStored({ parameters: [first] }: CallRow): boolean {
  return first?.name === "stored";
}

/** True if the first argument is a block that the call frees or moves. */
export function freesBlock({ parameters: [first] }: CallRow): boolean {
  return first?.name === "freed";
}

/** True if the first argument is a block. */
function takesBlock(row: CallRow): boolean {
  return freesBlock(row) || row.parameters[0]?.name === "block";
}

/** The arguments but for the place of a block that is stored. Throws `InputError`. */
export function blockArguments(call: Call): bigint[] {
  return allBits(call, isStored(call.row) ? 1 : 0);
}

/** Bytes of the block that the call asks for; undefined if it returns none. */
export function requestedBytes({ row }: Call, args: readonly bigint[]): bigint | undefined {
  if (row.result !== "block") return undefined;
  const first = isStored(row) ? 1 : 0;
  return args.reduce((product, value, n) => {
    const { name } = row.parameters[first + n] ?? {};
    return name === "length" || name === "count" ? product * value : product;
  }, 1n);
}

function outcomeOf(
  call: Call,
  args: readonly bigint[],
  { value, error }: HeapAnswer,
  isAddress: boolean,
): Outcome {
  const isError = error !== undefined && call.expected?.kind === "error";
  return {
    ...plain(call, args, value),
    error,
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
export function recordedBlock({
  row,
  args,
  expected,
}: Pick<Call, "row" | "args" | "expected">): bigint | undefined {
  const answer = expected?.kind === "value" ? expected.value : undefined;
  if (!isStored(row)) return answer;
  if (answer !== undefined && answer !== 0n) return 0n;
  const item = bracketed(args[0]);
  return item?.kind === "number" ? item.value : undefined;
}

/** The name in brackets for what the call stores: `posix_memalign([p], 64, 100)`, `io_setup(128, [context])`. */
export function storedName(args: readonly Argument[]): string | undefined {
  return args.map((argument) => nameOf(bracketed(argument))).find((name) => name !== undefined);
}
