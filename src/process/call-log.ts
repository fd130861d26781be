/**
 * Reads a call log line by line: comments, processes, time stamps and signals as strace and ltrace write them, calls that
 * another interrupts put together again.
 *
 *   [pid  12] mmap(NULL, 8192 <unfinished ...>
 *   [pid  12] <... mmap resumed>, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbb000
 *   --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---
 *   +++ exited with 0 +++
 */
import { InputError } from "../errors.js";
import { LineSplitter } from "../trace/calls/line-splitter.js";
import { decompressed, MAGIC_BYTES } from "../trace/compression.js";
import { HEAD_BYTES, type TraceFormat } from "../trace/formats.js";
import { storedInput } from "../trace/input.js";
import { openTrace } from "../trace/open.js";
import { pagewalkFormat } from "../trace/pagewalk/pagewalk-format.js";
import { PeekedSource } from "../trace/peeked-source.js";
import { chunksOfSource } from "../trace/streams.js";
import { lackeyFormat } from "../trace/text-formats.js";
import type { Trace, TraceInput } from "../trace/trace.js";
import { type ParsedCall, parseCall, SyntaxFault } from "./call-syntax.js";

export type LogEntry =
  | ({
      readonly type: "call";
      readonly line: number;
      readonly pid: number | undefined;
      readonly text: string;
    } & ParsedCall)
  /** A signal that arrived, told between calls. */
  | {
      readonly type: "signal";
      readonly line: number;
      readonly pid: number | undefined;
      readonly name: string;
    }
  | { readonly type: "exit"; readonly line: number; readonly pid: number | undefined };

/** A log's lines, or a trace with references and calls in one time line. */
export type OpenedLog =
  | { readonly lines: LineSplitter; readonly trace?: undefined; close(): Promise<void> }
  | { readonly trace: Trace; readonly lines?: undefined; close(): Promise<void> };

/** Formats that hold references and calls. */
const TIME_LINES: readonly TraceFormat[] = [pagewalkFormat, lackeyFormat];

/** Looks at what the input is, compressed or not. Throws `InputError`. */
export async function openLog(input: TraceInput, name?: string): Promise<OpenedLog> {
  const stored = await storedInput(input, name);
  const source = new PeekedSource(await stored.open());
  try {
    const plain = new PeekedSource(decompressed(source, await source.peek(MAGIC_BYTES)));
    const head = await plain.peek(HEAD_BYTES);
    const close = async () => {
      await plain.close();
      await stored.dispose();
    };
    const format = head.length === 0 ? undefined : TIME_LINES.find((one) => one.detect(head));
    if (format === undefined) return { lines: new LineSplitter(plain), close };
    const trace = await openTrace(chunksOfSource(plain), { name: stored.name, format: format.name });
    return { trace, close };
  } catch (error) {
    await source.close();
    throw error;
  }
}

const UNFINISHED = /\s*<unfinished \.\.\.>\s*$/;
const RESUMED = /^<\.\.\. ([\w.]+) resumed>\s*/;
/** strace's -t, -tt, -ttt, -r and ltrace's alike. */
const STAMP = /^(?:\d\d:\d\d:\d\d(?:\.\d+)?|\d+\.\d+)\s+/;

export class LogReader {
  /** Lines read so far. */
  line = 0;
  private readonly pending = new Map<number | undefined, string>();

  constructor(private readonly file: string) {}

  /** What the next line says; undefined for a comment. Throws `InputError`. */
  read(raw: string): LogEntry | undefined {
    const line = ++this.line;
    let text = raw.trim();
    if (text === "" || text.startsWith("#") || text.startsWith("//")) return undefined;
    const [prefix = "", tag, bare] = /^(?:\[pid\s+(\d+)\]\s*|(\d+)\s+(?=[A-Za-z_<+\-\d]))/.exec(text) ?? [];
    const number = tag ?? bare;
    const pid = number === undefined ? undefined : Number(number);
    text = text
      .slice(prefix.length)
      .replace(STAMP, "")
      .replace(/^\[[0-9a-f]+\]\s+/, "");
    if (/^\+\+\+ (exited|killed)/.test(text)) return { type: "exit", line, pid };
    const [, signal] = /^--- (SIG\w+) .*---$/.exec(text) ?? [];
    if (signal !== undefined) return { type: "signal", line, pid, name: signal };
    if (/^(\+\+\+|---|strace:|ltrace:|==\d+==)/.test(text)) return undefined;
    const resumed = RESUMED.exec(text);
    if (resumed !== null) {
      const begun = this.pending.get(pid);
      if (begun === undefined) return undefined; // begun before the log was
      this.pending.delete(pid);
      text = begun + text.slice(resumed[0].length);
    } else if (UNFINISHED.test(text)) {
      this.pending.set(pid, text.replace(UNFINISHED, ""));
      return undefined;
    }
    try {
      return { type: "call", line, pid, text, ...parseCall(text) };
    } catch (error) {
      if (error instanceof SyntaxFault)
        throw new InputError(error.problem, error.remedy, `${this.file}:${line}`);
      throw error;
    }
  }
}
