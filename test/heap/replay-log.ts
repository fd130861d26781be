/**
 * Replays a heap log by its addresses through an allocator, and returns the first answer that differs from the log's.
 *
 *   const result = await replayLog("calls.log", "musl");    // regions from calls.log.maps, where that is
 *   expect(result.firstMismatch).toBeUndefined();
 */
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { CONSTANTS } from "#pagewalk/process/names.js";
import { installMaps, parseMaps } from "#pagewalk/process/proc/maps.js";
import type { Process } from "#pagewalk/process/process.js";
import { System } from "#pagewalk/process/system.js";
import { NONE } from "../../assembly/abi/core.js";
import {
  CHUNK_ADDRESS,
  CHUNK_BIN,
  CHUNK_SIZE,
  CHUNK_STATE,
  HEAP_A,
  HEAP_ANSWER,
  HEAP_B,
  HEAP_BATCH,
  HEAP_BRK_CALLS,
  HEAP_BYTES,
  HEAP_C,
  HEAP_ERRNO,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_LINE,
  HEAP_MADE,
  HEAP_MADVISE_CALLS,
  HEAP_MEMORY,
  HEAP_MESSAGE,
  HEAP_MMAP_CALLS,
  HEAP_MPROTECT_CALLS,
  HEAP_MREMAP_CALLS,
  HEAP_MUNMAP_CALLS,
  HEAP_OP,
  HEAP_PAGES,
  HEAP_PEAK_COMMITTED,
  HEAP_POSIX_MEMALIGN,
  HEAP_RESULT,
  HEAP_STOPPED,
  HEAP_TAKEN,
  HEAP_THREAD,
  HEAP_THREAD_EXIT,
} from "../../assembly/abi/heap.js";
import {
  type LogEnvironment,
  type LoggedOperation,
  type LoggedSystemCall,
  parseLogText,
} from "./log-text.js";

export interface Mismatch {
  readonly line: number;
  readonly call: string;
  readonly actual: string;
}

export interface ReplayResult {
  readonly operations: number;
  readonly mismatched: number;
  readonly firstMismatch: Mismatch | undefined;
  /** Mappings whose address was taken from the log. */
  readonly taken: number;
  /** The signal that ended the process in the allocator. */
  readonly stopped: { signal: number; code: number; message: string; line: number } | undefined;
  readonly counters: Readonly<
    Record<
      | "brkCalls"
      | "mmapCalls"
      | "munmapCalls"
      | "mremapCalls"
      | "mprotectCalls"
      | "madviseCalls"
      | "peakCommitted",
      number
    >
  >;
  readonly environment: LogEnvironment;
  readonly heap: RawHeap;
  readonly process: Process;
}

export interface ReplayOptions {
  /** The text of the regions to start from, in place of LOG.maps. */
  maps?: string;
  /** `HEAP_QUIET` and so on. */
  mode?: number;
  /** True if the program stores to its blocks. */
  isUsed?: boolean;
  /** Checks the heap after every operation. */
  checksEach?: boolean;
  /** Continues after a difference, with the allocator's own addresses. */
  goesOn?: boolean;
  /** Of the process: `ulimit` and so on. */
  system?: Parameters<typeof System.create>[0];
}

/** `log` is a path, of a file compressed with gzip or not. `allocator`: `glibc`, or `first-fit:order=address`. */
export async function replayLog(
  log: string,
  allocator: string,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const beside = ["", ".gz"].map((end) => `${log.replace(/\.gz$/, "")}.maps${end}`).find(existsSync);
  const maps = options.maps ?? (beside === undefined ? undefined : readText(beside));
  return replayText(readText(log), allocator, { ...options, ...(maps !== undefined && { maps }) });
}

function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
}

export async function replayText(
  text: string,
  allocator: string,
  {
    maps,
    mode = HEAP_PAGES,
    isUsed = false,
    goesOn = false,
    checksEach = false,
    system: systemOptions = {},
  }: ReplayOptions = {},
): Promise<ReplayResult> {
  const { entries, environment } = parseLogText(text);
  const system = await System.create(systemOptions);
  const process = system.start();
  if (maps !== undefined) installMaps(process, parseMaps(maps, "maps", system.layout.pageBytes), "maps");
  const heap = new RawHeap(process, allocator, mode, isUsed);
  const replay = new Replay(heap, process, goesOn, checksEach ? 1 : HEAP_BATCH);
  for (const entry of entries) if (!replay.take(entry)) break;
  replay.flush();
  return {
    operations: replay.operations,
    mismatched: replay.mismatched,
    firstMismatch: replay.firstMismatch,
    taken: heap.memoryField(HEAP_TAKEN),
    stopped: replay.stopped,
    counters: {
      brkCalls: heap.memoryField(HEAP_BRK_CALLS),
      mmapCalls: heap.memoryField(HEAP_MMAP_CALLS),
      munmapCalls: heap.memoryField(HEAP_MUNMAP_CALLS),
      mremapCalls: heap.memoryField(HEAP_MREMAP_CALLS),
      mprotectCalls: heap.memoryField(HEAP_MPROTECT_CALLS),
      madviseCalls: heap.memoryField(HEAP_MADVISE_CALLS),
      peakCommitted: heap.memoryField(HEAP_PEAK_COMMITTED),
    },
    environment,
    heap,
    process,
  };
}

/** Sends the operations of a log to the kernel in batches, with the system calls between them in order. */
class Replay {
  operations = 0;
  mismatched = 0;
  firstMismatch: Mismatch | undefined;
  stopped: ReplayResult["stopped"];
  private waiting: LoggedOperation[] = [];

  constructor(
    private readonly heap: RawHeap,
    private readonly process: Process,
    private readonly goesOn: boolean,
    private readonly batch: number,
  ) {}

  /** False where it ends. */
  take(entry: LoggedOperation | LoggedSystemCall): boolean {
    if ("op" in entry) {
      this.waiting.push(entry);
      return this.waiting.length < this.batch || this.flush();
    }
    if (!this.flush()) return false;
    callProcess(this.process, entry);
    return true;
  }

  flush(): boolean {
    const operations = this.waiting;
    this.waiting = [];
    if (operations.length === 0) return this.stopped === undefined;
    const answers = this.heap.serve(operations);
    if (this.batch === 1 && this.heap.memoryWord(HEAP_STOPPED) === 0 && !this.heap.isValid)
      throw new Error(`the heap is unsound after ${operations[0]?.text}`);
    this.operations += answers.length;
    for (const [n, answer] of answers.entries()) {
      const operation = operations[n] as LoggedOperation;
      const difference = differenceOf(operation, answer);
      if (difference === undefined) continue;
      this.mismatched++;
      this.firstMismatch ??= { line: operation.line, call: operation.text, actual: difference };
    }
    const stopped = this.heap.memoryWord(HEAP_STOPPED);
    if (stopped !== 0) {
      const message = this.heap.stringAt(this.heap.memoryWord(HEAP_MESSAGE));
      const line = operations[answers.length - 1]?.line ?? 0;
      this.stopped = { signal: stopped >>> 8, code: stopped & 0xff, message, line };
    }
    return this.stopped === undefined && (this.goesOn || this.mismatched === 0);
  }
}

interface HeapAnswer {
  readonly answer: bigint;
  readonly errno: number;
}

/** The answer, if it differs from the log's; undefined: they agree. */
function differenceOf({ op, result, errno }: LoggedOperation, actual: HeapAnswer): string | undefined {
  if (op === HEAP_FREE || op === HEAP_THREAD_EXIT) return undefined;
  if (op === HEAP_POSIX_MEMALIGN && errno !== 0) {
    return actual.answer === 0n && actual.errno === errno
      ? undefined
      : `0x${actual.answer.toString(16)}, errno ${actual.errno}`;
  }
  return actual.answer === result ? undefined : `0x${actual.answer.toString(16)}`;
}

/** Places a mapping of the program at the address in the log. */
function callProcess(process: Process, { line, text, name, args, result }: LoggedSystemCall): void {
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n] = args.map(constantsOf);
  if (BigInt.asIntN(64, result) < 0n && BigInt.asIntN(64, result) > -4096n) return;
  const answer =
    name === "mmap"
      ? process.call("mmap", [result, b, c, d | 0x30n, 0n, 0n])
      : name === "mremap"
        ? process.call("mremap", result === a ? [a, b, c, 1n] : [a, b, c, 3n, result])
        : process.call(name as "munmap", [a, b, c, d, e].slice(0, args.length));
  const isRight =
    name === "mmap" || name === "mremap" || name === "brk" ? answer.value === result : answer.value === 0n;
  if (!isRight) throw new Error(`line ${line}: ${text}: the model says 0x${answer.value.toString(16)}`);
}

function constantsOf(text: string): bigint {
  let value = 0n;
  for (const word of text.split("|")) {
    if (word === "NULL") continue;
    const [number = word] = word.split("<"); // a descriptor has its file's path behind it
    value |= CONSTANTS.get(word) ?? BigInt.asUintN(64, BigInt(number));
  }
  return value;
}

/** A heap in kernel memory, without the library's layers above it. */
export class RawHeap {
  private readonly kernel;
  private readonly exports;
  readonly address: number;
  private readonly records: number;
  private readonly system: number;
  private readonly asid: number;

  constructor(process: Process, allocator: string, mode: number, isUsed: boolean) {
    const { handle: system } = process.system.kernel as unknown as {
      handle: { kernel: RawKernel; address: number };
    };
    this.kernel = system.kernel;
    this.system = system.address;
    this.asid = process.asid;
    this.exports = this.kernel.exports;
    const [name = "", parameters = ""] = allocator.split(":");
    const { id, values } = this.find(name, parameters);
    const at = this.kernel.allocate(Math.max(8, values.length * 8));
    for (const [n, value] of values.entries()) this.kernel.view().setFloat64(at + n * 8, value, true);
    this.address = this.exports.createHeap(system.address, process.asid, id, at, mode, isUsed, true) >>> 0;
    if (this.address === 0) throw new Error("the heap has no memory");
    this.records = this.kernel.allocate(HEAP_BATCH * HEAP_BYTES);
  }

  /** The served operations and their answers; fewer than given if the process ended. */
  serve(operations: readonly LoggedOperation[]): HeapAnswer[] {
    let view = this.kernel.view();
    for (const [n, { op, thread, args, result, line }] of operations.entries()) {
      const at = this.records + n * HEAP_BYTES;
      view.setUint32(at + HEAP_OP, op, true);
      view.setUint32(at + HEAP_THREAD, thread, true);
      for (const [k, offset] of [HEAP_A, HEAP_B, HEAP_C].entries())
        view.setBigUint64(at + offset, args[k] ?? 0n, true);
      view.setBigUint64(at + HEAP_RESULT, result, true);
      view.setUint32(at + HEAP_MADE, NONE, true);
      view.setUint32(at + HEAP_FREED, NONE, true);
      view.setUint32(at + HEAP_LINE, line, true);
    }
    const served = this.exports.serveHeap(this.address, this.records, operations.length) >>> 0;
    view = this.kernel.view();
    return Array.from({ length: served }, (_, n) => {
      const at = this.records + n * HEAP_BYTES;
      return {
        answer: view.getBigUint64(at + HEAP_ANSWER, true),
        errno: view.getUint32(at + HEAP_ERRNO, true),
      };
    });
  }

  get isValid(): boolean {
    return this.exports.isHeapValid(this.address) !== 0;
  }

  /** A counter of its memory, u64. */
  memoryField(offset: number): number {
    return Number(this.kernel.view().getBigUint64(this.memory + offset, true));
  }

  memoryWord(offset: number): number {
    return this.kernel.view().getUint32(this.memory + offset, true);
  }

  private get memory(): number {
    return this.kernel.view().getUint32(this.address + HEAP_MEMORY, true);
  }

  stringAt(address: number): string {
    if (address === 0) return "";
    const length = this.kernel.view().getUint32(address - 4, true);
    return new TextDecoder("utf-16le").decode(this.kernel.bytes(address, length));
  }

  /** The allocator's number, and the values of its parameters in the order of its signature. */
  private find(name: string, given: string): { id: number; values: number[] } {
    for (let id = 0; ; id++) {
      const signature = this.stringAt(this.exports.allocatorSignature(id) >>> 0);
      if (signature === "") throw new Error(`there is no allocator ${name}`);
      const [own, ...rest] = signature.split(":");
      if (own === name) return { id, values: parameterValues(rest.join(":"), given) };
    }
  }

  /** Stores eight bytes, as the program; false in unmapped memory. */
  poke(address: bigint, value: bigint): boolean {
    this.kernel.view().setBigUint64(this.records, BigInt.asUintN(64, value), true);
    return this.exports.pokeBytes(this.system, this.asid, address, 8, this.records) !== 0;
  }

  /** The heap's chunks, in order. */
  chunks(): { address: bigint; bytes: bigint; state: number; bin: number }[] {
    const walk = this.exports.walkHeap(this.address) >>> 0;
    const found = [];
    for (;;) {
      const at = this.exports.nextChunk(this.address, walk) >>> 0;
      if (at === 0) return found;
      const view = this.kernel.view();
      found.push({
        address: view.getBigUint64(at + CHUNK_ADDRESS, true),
        bytes: view.getBigUint64(at + CHUNK_SIZE, true),
        state: view.getUint32(at + CHUNK_STATE, true),
        bin: view.getUint32(at + CHUNK_BIN, true),
      });
    }
  }
}

interface RawKernel {
  exports: Record<
    | "pokeBytes"
    | "createHeap"
    | "serveHeap"
    | "isHeapValid"
    | "walkHeap"
    | "nextChunk"
    | "allocatorSignature",
    (...args: (number | bigint | boolean)[]) => number
  >;
  allocate(bytes: number): number;
  view(): DataView;
  bytes(address: number, length: number): Uint8Array;
}

/** `key=value,key=word` by the signature `key=default(least..most),key=word(word|word)`. */
function parameterValues(signature: string, given: string): number[] {
  const chosen = new Map(given.split(",").map((one) => one.split("=") as [string, string]));
  return [...signature.matchAll(/([\w-]+)=([^(,]*)\(([^)]*)\)/g)].map(
    ([, key = "", usual = "", range = ""]) => {
      const value = chosen.get(key) ?? usual;
      const place = range.split("|").indexOf(value);
      return range.includes("|") ? place : Number(value);
    },
  );
}
