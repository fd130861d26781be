/** Reads heap logs for tests, all operations at once. */
import type { HeapFindings } from "#pagewalk/heap/log/findings.js";
import type { HeapLogCall, HeapLogOptions } from "#pagewalk/heap/log/log.js";
import { openHeapLog } from "#pagewalk/heap/log/open.js";
import { NONE } from "../../../assembly/abi/core.js";
import {
  HEAP_A,
  HEAP_B,
  HEAP_BYTES,
  HEAP_C,
  HEAP_FREED,
  HEAP_LINE,
  HEAP_MADE,
  HEAP_OP,
  HEAP_OPERATIONS,
  HEAP_RESULT,
  HEAP_THREAD,
} from "../../../assembly/abi/heap.js";

export interface Operation {
  readonly op: string;
  readonly thread: number;
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  readonly result: bigint;
  readonly made: number | undefined;
  readonly freed: number | undefined;
  readonly line: number;
}

export interface ReadLog {
  readonly operations: readonly Operation[];
  readonly calls: readonly (HeapLogCall & { readonly before: number })[];
  readonly format: string;
  readonly lines: number;
  readonly skippedLines: number;
  readonly threads: number;
  readonly hasAddresses: boolean;
  readonly findings: HeapFindings;
}

/** `log`: its text, its bytes, or its bytes in chunks. */
export async function readLog(
  log: string | Uint8Array | readonly Uint8Array[],
  options: HeapLogOptions = {},
): Promise<ReadLog> {
  const input = typeof log === "string" ? new TextEncoder().encode(log) : log;
  const opened = await openHeapLog(input instanceof Uint8Array ? input : chunks(input), {
    name: "log",
    ...options,
  });
  const operations: Operation[] = [];
  const calls: (HeapLogCall & { before: number })[] = [];
  try {
    for (let batch = await opened.next(); batch !== undefined; batch = await opened.next()) {
      operations.push(...operationsOf(batch.records, batch.count));
      for (const call of batch.calls) calls.push({ ...call, before: operations.length });
    }
    const { format, lines, skippedLines, threads, hasAddresses, findings } = opened;
    return { operations, calls, format, lines, skippedLines, threads, hasAddresses, findings };
  } finally {
    await opened.close();
  }
}

async function* chunks(all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}

export function operationsOf(records: Uint8Array, count: number): Operation[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const block = (at: number) => (view.getUint32(at, true) === NONE ? undefined : view.getUint32(at, true));
  return Array.from({ length: count }, (_, n) => {
    const at = n * HEAP_BYTES;
    return {
      op: HEAP_OPERATIONS[view.getUint32(at + HEAP_OP, true)] ?? "",
      thread: view.getUint32(at + HEAP_THREAD, true),
      a: view.getBigUint64(at + HEAP_A, true),
      b: view.getBigUint64(at + HEAP_B, true),
      c: view.getBigUint64(at + HEAP_C, true),
      result: view.getBigUint64(at + HEAP_RESULT, true),
      made: block(at + HEAP_MADE),
      freed: block(at + HEAP_FREED),
      line: view.getUint32(at + HEAP_LINE, true),
    };
  });
}

/** The operation of a line's call, its arguments and its result. */
export async function call(line: string): Promise<unknown[]> {
  const { operations } = await readLog(`${line}\n`, { format: "ltrace" });
  const [first] = operations;
  if (first === undefined || operations.length > 1) throw new Error(`${operations.length} operations`);
  return [first.op, first.a, first.b, first.c, first.result];
}

/** The message of the error; the test fails if there is none. */
export async function complaint(
  log: string | Uint8Array | readonly Uint8Array[],
  options: HeapLogOptions = {},
): Promise<string> {
  const result = await readLog(log, options).then(
    () => "no error",
    (error: unknown) => error,
  );
  if (result instanceof Error && "problem" in result) return result.message;
  throw result instanceof Error ? result : new Error(String(result));
}
