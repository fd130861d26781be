/** Runs each call of a log: passes its arguments, in the order of the log, to the process that makes it. */

import * as linux from "../../../assembly/abi/linux.js";
import { InputError, UsageError } from "../../errors.js";
import type { Answer, Signal, Touch } from "../answers.js";
import type { Process } from "../process.js";
import type { Call, Effect, Outcome } from "./call.js";
import { argumentCount, isPlain } from "./call-names.js";
import { type Argument, evaluate } from "./call-syntax.js";
import { fileCall } from "./file-calls.js";
import type { Expected } from "./result.js";
import { CLOSED } from "./run-files.js";

const ADDRESSES: ReadonlySet<string> = new Set(["brk", "mmap", "mmap2", "mremap", "sbrk", "alloca"]);
const MAP_FIXED = BigInt(linux.MAP_FIXED);
/** Limit on the bytes of an access, since more would take minutes page by page. */
const MOST_TOUCHED = 1n << 36n;
const WIDE = 1n << 32n;
const SA_ONSTACK = BigInt(linux.SA_ONSTACK);
/** A result above this is a negative number, or an error number. */
const HIGHEST_NUMBER = 2n ** 64n - 2n ** 31n;
/** Memory limits: data, stack, memlock, as. */
const MEMORY_LIMITS: ReadonlySet<bigint> = new Set(
  [linux.RLIMIT_DATA, linux.RLIMIT_STACK, linux.RLIMIT_MEMLOCK, linux.RLIMIT_AS].map(BigInt),
);

/** Runs the call; undefined if it has no bearing on memory. Throws `InputError` for invalid arguments. */
export function perform(process: Process, call: Call): Outcome | undefined {
  const { name } = call;
  checkCount(call);
  checkArchitecture(process, call);
  try {
    if (!isPlain(name)) return special(process, call);
    const args = call.args.map((_, n) => bits(call, n));
    return answered(call, args, process.call(name, args, call.line));
  } catch (error) {
    if (error instanceof UsageError) throw new InputError(error.problem, error.remedy, call.place);
    throw error;
  }
}

/** Whether the call has the right number of arguments. */
export function checkCount({ name, args, place }: Call): void {
  const [least, most] = argumentCount(name) ?? [0, Number.POSITIVE_INFINITY];
  if (args.length < least)
    throw new InputError(`argument ${args.length + 1} of ${name} is missing`, "is the line cut off?", place);
  if (args.length > most)
    throw new InputError(`${name} has ${args.length} arguments`, `it takes ${most} at most`, place);
}

/** Whether the log has addresses or calls that this architecture lacks. */
function checkArchitecture({ system }: Process, { name, args, expected, place }: Call): void {
  const { arch, taskSize } = system.layout;
  const remedy = "name the architecture that the log is from with --arch";
  const isNarrow = taskSize < WIDE;
  if (name === "mmap2" && !isNarrow) throw new InputError(`${arch} has no mmap2`, remedy, place);
  const answer = expected?.kind === "value" && ADDRESSES.has(name) ? expected.value : 0n;
  const isBeyond = (value: bigint) => value < HIGHEST_NUMBER && value >= (isNarrow ? WIDE : taskSize);
  const given = isNarrow ? args.map((argument) => (argument.kind === "number" ? argument.value : 0n)) : [];
  const foreign = [answer, ...given].find(isBeyond);
  if (foreign !== undefined)
    throw new InputError(`0x${foreign.toString(16)} is no address of ${arch}`, remedy, place);
}

function special(process: Process, call: Call): Outcome | undefined {
  switch (call.name) {
    case "mmap":
      return map(process, call, 1n);
    case "mmap2":
      return map(process, call, 4096n);
    case "mincore":
      return mincore(process, call);
    case "load":
    case "store":
    case "modify":
    case "fetch":
      return touch(process, call, call.name);
    case "alloca":
      return allocated(call);
    case "enter":
      return touched(call, [], call.thread.enter(call.args.length > 0 ? bits(call, 0) : 0n, call.line));
    case "leave":
      call.thread.leave();
      return plain(call, [], 0n);
    case "sbrk":
      return answered(call, [bits(call, 0)], process.sbrk(BigInt.asIntN(64, bits(call, 0)), call.line));
    case "getpagesize":
      return plain(call, [], process.pageBytes);
    case "sysconf":
      return bits(call, 0) === 30n ? plain(call, [30n], process.pageBytes) : undefined;
    case "pkey_mprotect": {
      // Without a key it is mprotect. Keys are not modelled.
      const args = [0, 1, 2].map((n) => bits(call, n));
      return answered(call, args, process.call("mprotect", args, call.line));
    }
    case "getrlimit":
      return MEMORY_LIMITS.has(bits(call, 0)) ? plain(call, [], 0n) : undefined;
    case "getauxval":
      return bits(call, 0) === 6n ? plain(call, [6n], process.pageBytes) : undefined;
    case "setrlimit":
      return setLimit(process, call, 0);
    case "prlimit64":
    case "prlimit":
      return isOfOther(process, bits(call, 0)) ? undefined : setLimit(process, call, 1);
    case "rt_sigaction":
    case "sigaction":
    case "signal":
      setHandler(process, call);
      return undefined;
    case "sigaltstack":
      return setAlternateStack(call);
    default:
      return ofFile(process, call);
  }
}

function touch(process: Process, call: Call, kind: "load" | "store" | "modify" | "fetch"): Outcome {
  const address = bits(call, 0);
  const bytes = call.args.length > 1 ? bits(call, 1) : 1n;
  if (bytes > MOST_TOUCHED)
    throw new UsageError(`${bytes} bytes are too many to touch`, "touch 64 GiB at once at most");
  const args = [address, bytes];
  if (kind === "store") {
    const value = call.args.length > 2 ? bits(call, 2) : undefined;
    return touched(call, args, process.store(address, bytes, value, call.line));
  }
  if (kind !== "load") return touched(call, args, process[kind](address, bytes, call.line));
  const found = process.load(address, bytes, call.line);
  // If the log has `ok`, the answer is `ok`.
  if (found.value === undefined || call.expected?.kind === "ok") return touched(call, args, found);
  const shown: Expected = { kind: "value", value: found.value };
  return {
    ...touched(call, args, found),
    value: found.value,
    shown,
    isAddress: found.value > 9n,
    mayBeZero: true,
  };
}

function isOfOther(process: Process, pid: bigint): boolean {
  return pid !== 0n && pid !== BigInt(process.pid);
}

/** A handler prevents its signal from ending the process. SIG_IGN does not. */
function setHandler(process: Process, call: Call): void {
  const signal = symbol(call.args[0]);
  const [, action] = call.args;
  const handler =
    action?.kind === "struct"
      ? (action.fields.get("sa_handler") ?? action.fields.get("sa_sigaction"))
      : action;
  if (signal === undefined || handler === undefined || symbol(handler) === "NULL") return;
  if (handler.kind === "number" && handler.value === 0n && action?.kind !== "struct") return;
  if (/^SIG_(DFL|IGN)$/.test(symbol(handler) ?? "")) process.handled.delete(signal);
  else process.handle(signal, { alternateStack: isOnAlternateStack(action) });
}

function isOnAlternateStack(action: Argument | undefined): boolean {
  const flags = action?.kind === "struct" ? action.fields.get("sa_flags") : undefined;
  if (flags?.kind === "number") return (flags.value & SA_ONSTACK) !== 0n;
  return flags?.kind === "expression" && flags.terms.some(({ value }) => value === "SA_ONSTACK");
}

/** sigaltstack: the stack for handlers; with SS_DISABLE the normal one. */
function setAlternateStack(call: Call): Outcome | undefined {
  const [stack] = call.args;
  if (stack?.kind !== "struct") return undefined;
  const field = (name: string) => {
    const value = stack.fields.get(name);
    return value?.kind === "number" ? value.value : undefined;
  };
  const [address, bytes] = [field("ss_sp"), field("ss_size")];
  const isDisabled = symbol(stack.fields.get("ss_flags")) === "SS_DISABLE" || address === undefined;
  const answer = isDisabled ? call.thread.sigaltstack() : call.thread.sigaltstack(address, bytes ?? 0n);
  return answered(call, [], answer);
}

/** The text of an argument that is a name. */
function symbol(argument: Argument | undefined): string | undefined {
  if (argument?.kind !== "expression" || argument.terms.length !== 1) return undefined;
  return String(argument.terms[0]?.value);
}

/** Argument `n` as 64 bits. */
export function bits(call: Call, n: number): bigint {
  const argument = call.args[n];
  const what = `argument ${n + 1} of ${call.name}`;
  if (argument === undefined) throw new InputError(`${what} is missing`, "is the line cut off?", call.place);
  if (argument.kind === "number") return argument.value;
  if (argument.kind !== "expression")
    throw new InputError(`${what} is no number`, "give a number, an address or a name", call.place);
  const value = evaluate(argument.terms, call.number);
  if (value !== undefined) return value;
  const unknown = argument.terms.find(
    ({ value }) => typeof value === "string" && call.number(value) === undefined,
  );
  throw new InputError(
    `"${unknown?.value}" is unknown`,
    "names are given by NAME = call(…); constants are the kernel's, such as PROT_READ",
    call.place,
  );
}

function map(process: Process, call: Call, unit: bigint): Outcome {
  const args = mapArguments(process, call, unit);
  return answered(call, args, process.call("mmap", args, call.line));
}

/** The arguments of mmap as the kernel takes them, with the file as an object. */
function mapArguments(process: Process, call: Call, unit: bigint): bigint[] {
  const args = [0, 1, 2, 3].map((n) => bits(call, n));
  const [hint, bytes, protection, flags] = args as [bigint, bigint, bigint, bigint];
  const recorded = call.follow && call.expected?.kind === "value" ? call.expected.value : undefined;
  const address = (flags & MAP_FIXED) === 0n ? (recorded ?? hint) : hint;
  const isAnonymous = (flags & 0x20n) !== 0n;
  const fd = isAnonymous || call.args.length < 5 ? -1 : Number(BigInt.asIntN(32, bits(call, 4)));
  const offset = call.args.length < 6 ? 0n : bits(call, 5) * unit;
  const opened = isAnonymous ? 0n : openedBits(process, call, fd);
  return [address, bytes, protection, flags, opened, BigInt.asUintN(64, offset)];
}

/** The effect of a successful call on the places of mappings; undefined if there is none, or it is unknown. */
export function effectOf(process: Process, call: Call): Effect | undefined {
  const { name, expected } = call;
  if (expected?.kind !== "value" && expected?.kind !== "ok") return undefined;
  const address = expected.kind === "value" ? expected.value : undefined;
  try {
    switch (name) {
      case "mmap":
      case "mmap2":
        return { name: "mmap", args: mapArguments(process, call, name === "mmap" ? 1n : 4096n), address };
      case "munmap":
        return { name, args: [bits(call, 0), bits(call, 1)], address: undefined };
      case "mremap":
        return { name, args: call.args.map((_, n) => bits(call, n)), address };
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof InputError || error instanceof UsageError) return undefined; // reported when it is run
    throw error;
  }
}

/** The open file in the form that the kernel's mmap takes. */
function openedBits({ system }: Process, { args, descriptors, expected }: Call, fd: number): bigint {
  const file = descriptors.file(fd, pathIn(args[4]));
  // The log maps a descriptor that it shows closed: calls that were not traced have opened it again.
  const isReopened = expected?.kind === "value" && descriptors.find(fd) === CLOSED;
  return system.files.bits(file ?? (isReopened ? `fd:${fd}` : undefined));
}

function ofFile(process: Process, call: Call): Outcome | undefined {
  const answer = fileCall(process, call, (n) => bits(call, n));
  if (answer === undefined) return undefined;
  if (typeof answer === "bigint") return plain(call, [], answer);
  return answered(call, [], { value: -1n, error: answer });
}

/** The path that the log shows for a descriptor (strace -y). */
function pathIn(argument: Argument | undefined): string | undefined {
  return argument?.kind === "number" ? argument.path : undefined;
}

function mincore(process: Process, call: Call): Outcome {
  const args = [bits(call, 0), bits(call, 1)];
  // A log does not show which pages were in memory.
  return answered(call, args, process.call("mincore", [...args, 0n], call.line));
}

function allocated(call: Call): Outcome {
  const args = [bits(call, 0)];
  const { address, signal } = call.thread.alloca(args[0] as bigint, call.line);
  return signal === undefined ? plain(call, args, address) : signalled(call, args, signal);
}

/** setrlimit and similar calls; calls that only read a limit always succeed. */
function setLimit(process: Process, call: Call, at: number): Outcome | undefined {
  const resource = bits(call, at);
  const limits = call.args[at + 1];
  if (limits?.kind !== "struct") return MEMORY_LIMITS.has(resource) ? plain(call, [], 0n) : undefined;
  const field = (name: string): bigint => {
    const value = limits.fields.get(name);
    if (value?.kind === "number") return value.value;
    throw new InputError(`${name} is missing`, "write {rlim_cur=…, rlim_max=…}", call.place);
  };
  const args = [resource, field("rlim_cur"), field("rlim_max")];
  return answered(call, args, process.call("setrlimit", args, call.line));
}

function answered(call: Call, args: readonly bigint[], { value, error }: Answer): Outcome {
  if (error === undefined) return plain(call, args, value);
  const shown: Expected = { kind: "error", name: error };
  return {
    name: call.name,
    args,
    value: BigInt.asUintN(64, -1n),
    error,
    signal: undefined,
    shown,
    isAddress: ADDRESSES.has(call.name),
  };
}

export function plain(call: Call, args: readonly bigint[], value: bigint): Outcome {
  const isAddress = ADDRESSES.has(call.name);
  return {
    name: call.name,
    args,
    value,
    error: undefined,
    signal: undefined,
    shown: { kind: "value", value },
    isAddress,
  };
}

function touched(call: Call, args: readonly bigint[], { signal }: Touch): Outcome {
  if (signal !== undefined) return signalled(call, args, signal);
  return {
    name: call.name,
    args,
    value: 0n,
    error: undefined,
    signal,
    shown: { kind: "ok" },
    isAddress: false,
  };
}

export function signalled(call: Call, args: readonly bigint[], signal: Signal): Outcome {
  const shown: Expected = { kind: "signal", name: signal.signal, code: signal.code };
  const isAddress = ADDRESSES.has(call.name);
  return { name: call.name, args, value: 0n, error: undefined, signal, shown, isAddress };
}
