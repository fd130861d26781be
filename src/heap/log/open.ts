/** Opens a heap log: finds its bytes, compression and format. */

import { environmentIn, type HeapEnvironment, readEnvironment } from "../../allocators/environment.js";
import { mapsBeside } from "../../allocators/maps-beside.node.js";
import { InputError, optionNamed } from "../../errors.js";
import { storedInput } from "../../trace/input.js";
import { openPlain } from "../../trace/open.js";
import { pagewalkFormat } from "../../trace/pagewalk/pagewalk-format.js";
import type { PeekedSource } from "../../trace/peeked-source.js";
import type { TraceReader } from "../../trace/reader.js";
import type { ByteSource } from "../../trace/source.js";
import type { StoredInput } from "../../trace/stored-input.js";
import type { TraceInput } from "../../trace/trace.js";
import { Kernel } from "../../wasm/kernel.js";
import {
  detectHeapLogFormat,
  type HeapLogFormat,
  heapLogFormatNamed,
  noHeapLog,
  pagewalkLogFormat,
} from "./formats.js";
import type { HeapLog, HeapLogOptions } from "./log.js";
import { HeapLogReader } from "./reader.js";

/** The byte order mark of UTF-8. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;
/** Bytes that detection reads; more if the first have no call. */
const HEAD_BYTES = [65_536, 4_194_304];

/** Opens a heap log for one pass. Throws `InputError` if it is not a heap log, `UsageError` for an unknown format. */
export async function openHeapLog(input: TraceInput, options: HeapLogOptions = {}): Promise<HeapLog> {
  const wanted = options.format === undefined ? undefined : heapLogFormatNamed(options.format);
  const stored = await storedInput(input, options.name);
  const { source, compression } = await openPlain(stored);
  try {
    const { head, format } = await look(source, stored, wanted);
    const maps = await mapsBeside(input);
    const environment = { ...readEnvironment(head), ...(maps !== undefined && { maps }) };
    const kernel = await Kernel.create();
    const { sizeBytes } = stored;
    const opened = {
      format,
      detectedBy: wanted === undefined ? ("content" as const) : ("option" as const),
      compression,
      sizeBytes,
      release: () => stored.dispose(),
    };
    if (format === pagewalkLogFormat) {
      const { lines, environment: recorded } = await openTimeLine(source, stored.name);
      const time = { ...opened, source: lines, environment: { ...recorded, ...environment } };
      return new HeapLogReader(kernel, time, options);
    }
    const expectedOperations = linesIn(head, sizeBytes);
    return new HeapLogReader(kernel, { ...opened, source, environment, expectedOperations }, options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Estimates the number of lines from the beginning of the log; too low if it is compressed. */
function linesIn(head: Uint8Array, sizeBytes = 0): number {
  const sample = head.subarray(0, HEAD_BYTES[0]);
  let lines = 0;
  for (const byte of sample) if (byte === 0x0a) lines++;
  return Math.round((lines / sample.length) * sizeBytes);
}

/** The log's first bytes and their format. */
async function look(
  source: PeekedSource,
  stored: StoredInput,
  wanted: HeapLogFormat | undefined,
): Promise<{ head: Uint8Array; format: HeapLogFormat }> {
  await dropMark(source);
  let head = new Uint8Array(0);
  for (const bytes of HEAD_BYTES) {
    const had = head.length;
    head = new Uint8Array(await source.peek(bytes));
    if (head.length === 0) {
      throw new InputError("holds no bytes once decompressed", "give a log that has calls", stored.name);
    }
    const isPagewalk = pagewalkFormat.detect(head) !== undefined;
    if (wanted !== undefined && isPagewalk !== (wanted === pagewalkLogFormat)) {
      const is = isPagewalk ? `is a pagewalk file, not ${wanted.name}` : "is not a pagewalk file";
      throw new InputError(is, `leave ${optionNamed("format")} out`, `${stored.name}:0`);
    }
    const format = wanted ?? detectHeapLogFormat(head);
    if (format !== undefined) return { head, format };
    if (head.length === had || head.length < bytes) break;
  }
  throw noHeapLog(head, stored.name);
}

/** Editors write a byte order mark before UTF-8. */
async function dropMark(source: PeekedSource): Promise<void> {
  const [first, second, third] = await source.peek(BYTE_ORDER_MARK.length);
  const [a, b, c] = BYTE_ORDER_MARK;
  if (first === a && second === b && third === c) source.drop(BYTE_ORDER_MARK.length);
}

/** The call events of a `pagewalk` trace, each as a line, and what its metadata says of the allocator. */
async function openTimeLine(
  source: PeekedSource,
  name: string,
): Promise<{ lines: ByteSource; environment: HeapEnvironment }> {
  const reader = await pagewalkFormat.read(await Kernel.create(), source, {});
  return { lines: new TimeLine(name, reader), environment: environmentIn(reader.metadata ?? {}) };
}

/** The texts of a trace's call events, one per line. */
class TimeLine implements ByteSource {
  private readonly encoder = new TextEncoder();

  constructor(
    readonly name: string,
    private readonly reader: TraceReader,
  ) {}

  get bytesRead(): number {
    return this.reader.bytesRead;
  }

  async next(): Promise<Uint8Array | undefined> {
    for (let batch = await this.reader.next(); batch !== undefined; batch = await this.reader.next()) {
      if (batch.calls.length > 0) return this.encoder.encode(`${batch.calls.join("\n")}\n`);
    }
    return undefined;
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}
