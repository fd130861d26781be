/**
 * The text of calls that the plugin for QEMU records as numbers (src/trace/record/qemu/plugin/calls.h has the forms of
 * its events), as strace(1) writes it:
 *
 *   call 101 ffffff9c 4000100 0 0 0 0 s1=2f746d70 = 3    openat(AT_FDCWD, "/tmp", O_RDONLY, 0) = 3
 *   enter b 4000853000 1000 0 0 0 0                      munmap(0x4000853000, 4096 <unfinished ...>
 *   leave b = 0                                          <... munmap resumed>) = 0
 *   region 400000-401000 r-xp 00000000 fe:00 12 /bin/ls  region(0x400000, 0x401000, "r-xp", 0, "/bin/ls")
 *   exec                                                 execve("/bin/ls", ["ls"], 0x4000801000) = 0
 *   signal b 1 10 0 0                                    --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, …} ---
 *   exited 1                                             +++ exited with 1 +++
 *   heap 402b0c8 30 40002a0 10c2f3 0 0 s0=40206d…        malloc(48) = 0x40002a0 # 0x10c2f3
 *
 * Where QEMU differs from Linux, the calls are written as QEMU serves them: vfork is fork, as the child has memory of
 * its own; limits of address space, data and stack are only read.
 */
import { CLONE_VFORK, CLONE_VM, RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK } from "../../../assembly/abi/linux.js";
import { argumentText, failureText, resultText } from "./call-text.js";
import { callNumbers } from "./numbers.js";
import { isPacked, PACKED_RULES, storedResult, unpacked } from "./packed-calls.js";
import { LAYOUTS, type Layout, type Pointed, pointedBy, Words } from "./pointed.js";
import { killedLine, type NotedSignal, signalLine } from "./signals.js";
import { type CallRow, callRow, type Parameter } from "./table.js";

/** An event: its words, the result, and the bytes behind pointers by the argument's number. */
interface CallEvent {
  readonly kind: string;
  readonly numbers: readonly bigint[];
  readonly result: bigint | undefined;
  readonly data: ReadonlyMap<number, string>;
}

interface NumberedCall {
  readonly number: number;
  readonly name: string;
  readonly row: CallRow;
  readonly pointed: readonly Pointed[];
}

/** A call whose begin has been written, up to the argument that is the first to be read after it. */
interface Begun {
  readonly call: NumberedCall;
  readonly args: readonly string[];
  readonly written: number;
}

const EVENT =
  /^(call|enter|leave|heap)((?: [0-9a-f]{1,16})+)((?: \w\d=[0-9a-f.+]*)*)(?: = ([0-9a-f]{1,16})((?: \w\d=[0-9a-f.+]*)*))?$/;
/** A line of a maps file. */
const REGION = /^region ([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ *(.*)$/;
const EXECUTED = "exec";
/** A signal that a handler gets, or that ends the process; how that ends. */
const SIGNAL = /^signal ([0-9a-f]+)(?: ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+))?$/;
const ENDED = /^(exited|killed) ([0-9a-f]+)$/;
/** QEMU's own results: the call is repeated after a signal, or was sigreturn. */
const FIRST_OWN_RESULT = 512n;
const LAST_ERROR = 4095n;
/** Arguments that are addresses. */
const ADDRESSES: ReadonlySet<string> = new Set(
  "action address arguments context environment handler how in limits old out pair path stack status vector".split(
    " ",
  ),
);
const QUANTITIES: ReadonlySet<string> = new Set(["length", "count", "pages"]);
/** From here on another number is shown in hexadecimal digits. */
const LEAST_LONG = 65536n;
/** On 32-bit architectures two arguments are one number of these calls: the place of the low half. */
const HALVES: Readonly<Record<string, number>> = { ftruncate64: 1, pread64: 3, pwrite64: 3, truncate64: 1 };
/** Limits that QEMU does not set, since they would hold for QEMU too. The argument before the limits has the resource. */
const IGNORED_LIMITS: ReadonlySet<number> = new Set([RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK]);
const SIGNAL_BITS = 0xff;
const SIGCHLD = 17;

/** The calls that can be recorded of a processor's programs, by number; undefined if its numbers are not known. */
function callsOf(cpu: string, layout: Layout): ReadonlyMap<number, NumberedCall> {
  const calls = [...(callNumbers(cpu) ?? [])].map(([number, name]): [number, NumberedCall] => {
    const row = callRow(name);
    return [number, { number, name, row, pointed: pointedBy(name, row, layout) }];
  });
  return new Map(calls);
}

/** The option `calls` of the plugin; undefined if calls of this processor's programs cannot be recorded. */
export function recordedCalls(cpu: string): string | undefined {
  const layout = LAYOUTS[cpu];
  if (layout === undefined) return undefined;
  const letters = { string: "s", list: "l", before: "b", after: "B" } as const;
  return [...callsOf(cpu, layout).values()]
    .map(({ number, name, row, pointed }) => {
      const pieces = pointed.map(({ argument, kind, bytes }) => {
        return `.${letters[kind]}${argument}${bytes === 0 ? "" : `:${bytes}`}`;
      });
      return `${number}${letterOf(name, row)}${pieces.join("")}`;
    })
    .concat(PACKED_RULES[cpu] ?? [])
    .join("+");
}

/** Returns the letter of the call's rule: `u` if its begin is an event of its own, `x` or `X` if it ends its thread. */
function letterOf(name: string, { family }: CallRow): string {
  if (family !== "task") return "";
  return { exit: "x", exit_group: "X" }[name] ?? "u";
}

/** Makes the lines of a recording's calls. */
export class QemuCalls {
  private readonly layout: Layout;
  private readonly calls: ReadonlyMap<number, NumberedCall>;
  private readonly begun = new Map<number, Begun>();

  constructor(private readonly cpu: string) {
    this.layout = LAYOUTS[cpu] ?? { wordBytes: 8, modeAt: 0, sizeAt: 0 };
    this.calls = callsOf(cpu, this.layout);
  }

  /** The line of a thread's event; undefined if there is none, or the event is not whole. */
  read(thread: number, text: string): string | undefined {
    if (text === EXECUTED) return this.executed(thread);
    const region = REGION.exec(text);
    if (region !== null) return regionText(region);
    const signal = SIGNAL.exec(text);
    if (signal !== null) return signalText(signal);
    const [, how, status = ""] = ENDED.exec(text) ?? [];
    if (how === "exited") return `+++ exited with ${Number.parseInt(status, 16)} +++`;
    if (how === "killed") return killedLine(Number.parseInt(status, 16));
    const event = eventIn(text);
    if (event === undefined) return undefined;
    if (event.kind === "heap") return allocationText(event);
    if (event.kind === "leave") return this.leave(thread, event);
    const number = Number(event.numbers[0]);
    if (isPacked(this.cpu, number)) return this.packed(thread, number, event);
    const call = this.calls.get(number);
    return call === undefined ? undefined : this.begin(thread, call, event);
  }

  /** A call in whole, or its begin. */
  private begin(thread: number, call: NumberedCall, event: CallEvent): string {
    const args = this.argumentsOf(call, event);
    if (event.kind === "enter") return this.enter(thread, call, args);
    return `${this.nameOf(call)}(${args.join(", ")})${this.outcome(call, event)}`;
  }

  private packed(thread: number, number: number, event: CallEvent): string | undefined {
    const [first = 0n, ...args] = event.numbers;
    const call = unpacked(number, args, (argument) => this.wordsBehind(event, argument));
    if (call === undefined) return undefined;
    const row = callRow(call.name);
    const own = { ...this.withResult(call.name, event), numbers: [first, ...call.args], data: new Map() };
    return this.begin(thread, { number, name: call.name, row, pointed: [] }, own);
  }

  private wordsBehind({ data }: CallEvent, argument: number): Words | undefined {
    const digits = data.get(argument);
    return digits === undefined ? undefined : new Words(bytesOf(digits), this.layout);
  }

  private withResult(name: string, event: CallEvent): CallEvent {
    const result = storedResult(name, (argument) => this.wordsBehind(event, argument));
    return result === undefined ? event : { ...event, result };
  }

  private enter(thread: number, call: NumberedCall, args: readonly string[]): string {
    const name = this.nameOf(call);
    if (call.row.server === "exit") return `${name}(${args.join(", ")})`;
    const after = call.pointed.find(({ kind }) => kind === "after")?.argument ?? args.length;
    this.begun.set(thread, { call, args, written: after });
    return `${name}(${args.slice(0, after).join(", ")}${after < args.length && after > 0 ? "," : ""} <unfinished ...>`;
  }

  private leave(thread: number, event: CallEvent): string | undefined {
    const begun = this.begun.get(thread);
    this.begun.delete(thread);
    // Without its begin: in the child of a fork.
    if (begun === undefined || begun.call.number !== Number(event.numbers[0])) return undefined;
    const { call, args, written } = begun;
    const shown = args.slice(written).map((text, n) => this.pointedText(call, written + n, event) ?? text);
    const own = isPacked(this.cpu, call.number) ? this.withResult(call.name, event) : event;
    return `<... ${this.nameOf(call)} resumed>${shown.join(", ")})${this.outcome(call, own)}`;
  }

  /** The call by which the thread's program was replaced. It does not return, and the thread may have another number. */
  private executed(thread: number): string {
    const begun = this.begun.get(thread);
    this.begun.delete(thread);
    return begun === undefined
      ? "execve(...) = 0"
      : `${this.nameOf(begun.call)}(${begun.args.join(", ")}) = 0`;
  }

  private nameOf({ name }: NumberedCall): string {
    return name === "vfork" ? "fork" : name;
  }

  private argumentsOf(call: NumberedCall, event: CallEvent): string[] {
    if (call.name === "clone") return cloneArguments(event);
    if (call.name === "prctl") return event.numbers.slice(1, 6).map(String);
    return call.row.parameters.map((parameter, at) => {
      if (parameter.name === "limits" && parameter.isStruct && IGNORED_LIMITS.has(Number(event.numbers[at])))
        return "NULL";
      return this.pointedText(call, at, event) ?? this.numberText(call, at, parameter, event);
    });
  }

  private pointedText({ pointed }: NumberedCall, at: number, { data }: CallEvent): string | undefined {
    const digits = data.get(at);
    const one = pointed.find(({ argument }) => argument === at);
    if (digits === undefined || one === undefined) return undefined;
    if (one.kind === "string") return quoted(digits);
    if (one.kind === "list") return listText(digits);
    const bytes = bytesOf(digits);
    return bytes.length < one.bytes ? undefined : one.text(new Words(bytes, this.layout));
  }

  private numberText(call: NumberedCall, at: number, parameter: Parameter, { numbers }: CallEvent): string {
    const bits = this.layout.wordBytes * 8;
    const half = HALVES[call.name];
    const place = bits === 32 && half !== undefined && at > half ? at + 2 : at + 1;
    let value = BigInt.asUintN(bits, numbers[place] ?? 0n);
    if (bits === 32 && at === half) value |= BigInt.asUintN(32, numbers[place + 1] ?? 0n) << 32n;
    const { name, prefix } = parameter;
    if (name === "fd" || prefix !== undefined)
      return argumentText(String(BigInt.asUintN(32, value)), parameter);
    if (name === "offset") return String(BigInt.asIntN(64, value));
    const isAddress = ADDRESSES.has(name) && call.row.server !== "exit";
    const isLong = value >= LEAST_LONG && !QUANTITIES.has(name);
    return argumentText(isAddress || isLong ? `0x${value.toString(16)}` : String(value), parameter);
  }

  private outcome({ row }: NumberedCall, { result = 0n }: CallEvent): string {
    const signed = BigInt.asIntN(64, result);
    if (signed < 0n && -signed >= FIRST_OWN_RESULT && -signed < FIRST_OWN_RESULT + 2n) return " = ?";
    if (signed < 0n && -signed <= LAST_ERROR) return ` ${failureText(Number(-signed))}`;
    return ` ${resultText(this.layout.wordBytes === 4 ? BigInt.asUintN(32, result) : signed, row)}`;
  }
}

function eventIn(text: string): CallEvent | undefined {
  const [, kind, words, before = "", result, after = ""] = EVENT.exec(text) ?? [];
  if (kind === undefined || words === undefined) return undefined;
  const data = new Map<number, string>();
  for (const [, at, digits = ""] of `${before}${after}`.matchAll(/ \w(\d)=(\S*)/g))
    data.set(Number(at), digits);
  return {
    kind,
    numbers: words
      .trim()
      .split(" ")
      .map((word) => BigInt(`0x${word}`)),
    result: result === undefined ? undefined : BigInt(`0x${result}`),
    data,
  };
}

/** Flags and stack, which are the first two on every architecture. */
function cloneArguments({ numbers }: CallEvent): string[] {
  const [, all = 0n, stack = 0n] = numbers;
  const own = Number(BigInt.asUintN(32, all));
  const flags = (own & CLONE_VFORK) === 0 ? own : own & ~(CLONE_VFORK | CLONE_VM);
  const signal = flags & SIGNAL_BITS;
  const bits = `0x${((flags & ~SIGNAL_BITS) >>> 0).toString(16)}`;
  const shown = signal === SIGCHLD ? "SIGCHLD" : String(signal);
  return [`child_stack=${stack === 0n ? "NULL" : `0x${stack.toString(16)}`}`, `flags=${bits}|${shown}`];
}

/** The line of the allocator's call: `@ malloc(%lu) = %p # 0x%lx` and its numbers. */
function allocationText({ numbers, data }: CallEvent): string | undefined {
  const format = new TextDecoder().decode(bytesOf(data.get(0) ?? ""));
  if (!format.startsWith("@ ")) return undefined;
  let next = 1;
  const text = format.slice(2).replace(/%lu|%lx|%p/g, (conversion) => {
    const value = numbers[next++] ?? 0n;
    if (conversion === "%lu") return String(value);
    return `${conversion === "%p" ? "0x" : ""}${value.toString(16)}`;
  });
  return text.trimEnd();
}

/** True if the text event is one of those with which an executed program begins. */
export function isOfNewProgram(text: string): boolean {
  return text === EXECUTED || text.startsWith("region ");
}

function regionText([, start, end, permissions, offset, path = ""]: RegExpExecArray): string {
  const place = BigInt(`0x${offset}`);
  const name = path === "" ? "" : `, ${textOf(new TextEncoder().encode(path))}`;
  return `region(0x${start}, 0x${end}, "${permissions}", ${place === 0n ? 0 : `0x${place.toString(16)}`}${name})`;
}

function signalText([, number = "", code, address, sender = "", uid = ""]: RegExpExecArray): string {
  const value = (digits: string) => Number.parseInt(digits, 16);
  if (code === undefined) return signalLine({ number: value(number) });
  return signalLine({
    number: value(number),
    code: value(code) | 0,
    address: BigInt(`0x${address}`),
    sender: value(sender),
    uid: value(uid),
  });
}

/** The text event of a signal; that of a process that it ends. */
export function signalEvent({ number, code = 0, address = 0n, sender = 0, uid = 0 }: NotedSignal): string {
  return `signal ${[number, code >>> 0, address, sender, uid].map((field) => field.toString(16)).join(" ")}`;
}

export function killedEvent(number: number): string {
  return `killed ${number.toString(16)}`;
}

/** Pairs of hexadecimal digits. */
function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function listText(digits: string): string {
  const [, ...items] = digits.split(".");
  return `[${items.map((item) => (item === "+" ? "..." : quoted(item))).join(", ")}]`;
}

/** As strace writes a string: what is not printable in octal; a string that was cut ends with dots. */
function quoted(digits: string): string {
  return `${textOf(bytesOf(digits))}${digits.endsWith("+") ? "..." : ""}`;
}

function textOf(bytes: Uint8Array): string {
  return `"${Array.from(bytes, characterText).join("")}"`;
}

function characterText(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === "\\") return `\\${character}`;
  return byte >= 32 && byte < 127 ? character : `\\${byte.toString(8).padStart(3, "0")}`;
}
