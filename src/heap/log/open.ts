/** Stand-in until the reader of heap logs is here: ltrace's calls, a regular expression a line. */
import { NONE } from "../../../assembly/abi.js";
import * as abi from "../../../assembly/abi-heap.js";
import { decompressed } from "../../trace/compression.js";
import { storedInput } from "../../trace/input.js";
import { PeekedSource } from "../../trace/peeked-source.js";
import type { TraceInput } from "../../trace/trace.js";

export interface HeapBatch {
  records: Uint8Array;
  count: number;
}
export interface HeapFindings {
  doubleFrees: { line: number }[];
  leaks: { blocks: number; bytes: number; lines: number[] };
}
export interface HeapLog {
  readonly name: string;
  readonly format: string;
  readonly environment: { tunables?: string; cores?: number; allocator?: string; maps?: string };
  next(): Promise<HeapBatch | undefined>;
  readonly lines: number;
  readonly skippedLines: number;
  readonly findings: HeapFindings;
  close(): Promise<void>;
}

const LINE = /^(?:\[pid +(\d+)\] +)?(\w+)\((.*)\)(?: += +(.*?))?\s*$/;

export async function openHeapLog(
  input: TraceInput,
  options: { name?: string; format?: string } = {},
): Promise<HeapLog> {
  const stored = await storedInput(input, options.name);
  const source = new PeekedSource(await stored.open());
  const plain = decompressed(source, await source.peek(16));
  const chunks: Uint8Array[] = [];
  for (let chunk = await plain.next(); chunk; chunk = await plain.next()) chunks.push(chunk.slice());
  await plain.close();
  const text = Buffer.concat(chunks).toString("latin1").split("\n");
  return new NaiveLog(stored.name, text);
}

class NaiveLog implements HeapLog {
  readonly format = "ltrace";
  readonly environment = {};
  lines = 0;
  skippedLines = 0;
  readonly findings: HeapFindings = { doubleFrees: [], leaks: { blocks: 0, bytes: 0, lines: [] } };
  private readonly numbers = new Map<bigint, number>();
  private readonly free: number[] = [];
  private readonly threads = new Map<string, number>();

  constructor(
    readonly name: string,
    private readonly text: readonly string[],
  ) {}

  async close(): Promise<void> {}

  async next(): Promise<HeapBatch | undefined> {
    const records = new Uint8Array(abi.HEAP_BATCH * abi.HEAP_BYTES);
    const view = new DataView(records.buffer);
    let count = 0;
    while (count < abi.HEAP_BATCH && this.lines < this.text.length) {
      if (this.put(this.text[this.lines++] ?? "", view, count * abi.HEAP_BYTES)) count++;
    }
    return count === 0 ? undefined : { records, count };
  }

  private put(line: string, view: DataView, at: number): boolean {
    const [, pid = "", name = "", list = "", result = ""] = LINE.exec(line) ?? [];
    const op = abi.HEAP_OPERATIONS.indexOf(name);
    if (op < 0) {
      this.skippedLines++;
      return false;
    }
    let args = list.split(/,\s*/).map(number);
    let answer = number(result);
    if (op === abi.HEAP_POSIX_MEMALIGN) {
      answer = answer === 0n ? (args[0] ?? 0n) : 0n;
      args = args.slice(1);
    }
    const isGiven =
      op === abi.HEAP_FREE ||
      op === abi.HEAP_REALLOC ||
      op === abi.HEAP_REALLOCARRAY ||
      op === abi.HEAP_USABLE_SIZE;
    let freed = NONE;
    const given = args[0] ?? 0n;
    if (isGiven && given !== 0n) {
      freed = this.numbers.get(given) ?? NONE;
      if (freed === NONE) this.findings.doubleFrees.push({ line: this.lines });
      else if (op !== abi.HEAP_USABLE_SIZE) {
        this.numbers.delete(given);
        this.free.push(freed);
      }
    }
    let made = NONE;
    const makes =
      op !== abi.HEAP_FREE &&
      op !== abi.HEAP_USABLE_SIZE &&
      op !== abi.HEAP_TRIM &&
      op !== abi.HEAP_MALLOPT &&
      op !== abi.HEAP_THREAD_EXIT;
    if (makes && answer !== 0n) {
      made = this.free.pop() ?? this.numbers.size;
      this.numbers.set(answer, made);
    }
    if (!this.threads.has(pid)) this.threads.set(pid, this.threads.size);
    view.setUint32(at + abi.HEAP_OP, op, true);
    view.setUint32(at + abi.HEAP_THREAD, this.threads.get(pid) ?? 0, true);
    view.setBigUint64(at + abi.HEAP_A, args[0] ?? 0n, true);
    view.setBigUint64(at + abi.HEAP_B, args[1] ?? 0n, true);
    view.setBigUint64(at + abi.HEAP_C, args[2] ?? 0n, true);
    view.setBigUint64(at + abi.HEAP_RESULT, answer, true);
    view.setUint32(at + abi.HEAP_MADE, made, true);
    view.setUint32(at + abi.HEAP_FREED, freed, true);
    view.setUint32(at + abi.HEAP_LINE, this.lines, true);
    return true;
  }
}

function number(text: string): bigint {
  const plain = text.replace(/[[\]]/g, "");
  if (/^(nil|NULL|\(nil\)|<void>|)$/.test(plain)) return 0n;
  return BigInt.asUintN(64, plain.startsWith("-") ? -BigInt(plain.slice(1)) : BigInt(plain));
}
