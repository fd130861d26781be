/**
 * Calls of a log that ask glibc's allocator for statistics, and the text that they write.
 *
 *   mallinfo2() = {arena=135168, ordblks=1, …}          compared field by field, those that the log has
 *   mallinfo2() = { 135168, 1, … }                      as ltrace writes it that knows the call's type (-F)
 *   mallinfo2(0x7ffe24a7fb20, 5000, 0, 0x93bd310) = 0x7ffe24a7fb20        one that does not: its result is not compared
 *   malloc_stats()        malloc_info(0, stderr) = 0    the text is kept beside the answer
 *
 * The structure is not an argument of other calls, so a name for the result is 0.
 */

import { HEAP_MALLINFO2, HEAP_MALLOC_INFO, HEAP_MALLOC_STATS } from "../../../../assembly/abi/heap.js";
import { infoText, mallinfoOf, statsText } from "../../heap/figures.js";
import type { HeapCall } from "../../heap/process-heap.js";
import type { CallEntry } from "../parse/entry.js";
import type { Call, Context, Outcome } from "./call.js";
import { bits } from "./operands.js";
import { done, plain, signalled } from "./outcomes.js";
import { withSurvival } from "./survived-signals.js";

const OPERATIONS: Readonly<Record<string, number>> = {
  mallinfo: HEAP_MALLINFO2,
  mallinfo2: HEAP_MALLINFO2,
  malloc_stats: HEAP_MALLOC_STATS,
  malloc_info: HEAP_MALLOC_INFO,
};
const EINVAL = 22n;

/** Undefined if the allocator of the process has no statistics. */
export function figures(context: Context, call: Call): Outcome | undefined {
  context.heaps.of(context.process);
  return withSurvival(context, call, (survivesSignals) => statistics(context, call, survivesSignals));
}

function statistics({ process }: Context, call: Call, survivesSignals: boolean): Outcome | undefined {
  const { name, line } = call;
  if (!process.library.hasFigures) return undefined;
  if (name === "malloc_info" && BigInt.asIntN(32, bits(call, 0)) !== 0n)
    return plain(call, [bits(call, 0)], EINVAL);
  const op = OPERATIONS[name] ?? HEAP_MALLINFO2;
  const request: HeapCall = { op, args: [], thread: call.thread.number, number: line, survivesSignals };
  const { figures, signal, message } = process.library.statistics(request);
  const ended = signal === undefined ? undefined : { ...signalled(call, [], signal), message };
  if (figures === undefined) return ended;
  if (name === "malloc_stats")
    return {
      ...(ended ?? done(call, [])),
      text: statsText(figures, ended === undefined),
    };
  if (name === "malloc_info")
    return { ...(ended ?? plain(call, [0n], 0n)), text: infoText(figures, ended === undefined) };
  if (ended !== undefined) return ended;
  const narrow = name === "mallinfo";
  const info = Object.entries(mallinfoOf(figures)).map(
    ([field, value]) => [field, narrow ? BigInt.asIntN(32, value) : value] as const,
  );
  return { ...plain(call, [], 0n), shown: { kind: "struct", fields: new Map(info) } };
}

/** The line without a meaningless result: ltrace prints a register's value for a call that returns none. */
export function withoutRemnant<T extends CallEntry>(entry: T): T {
  const { name, expected } = entry;
  const isRemnant = expected?.kind === "value" && name !== "malloc_info";
  return isRemnant ? { ...entry, expected: undefined } : entry;
}
