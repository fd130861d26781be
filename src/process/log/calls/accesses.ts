/** Accesses to memory, and the stack: `load`, `store`, `modify`, `fetch`; `alloca`, `enter`, `leave`. */
import { UsageError } from "../../../errors.js";
import type { ReferenceKind } from "../../../trace/losses.js";
import type { Process } from "../../process.js";
import type { Call, Context, Outcome } from "./call.js";
import { bits } from "./operands.js";
import { plain, signalled, touched } from "./outcomes.js";
import { survivingSignals } from "./survived-signals.js";

/** Limit on the bytes of an access, since more would take minutes page by page. */
const MOST_TOUCHED = 1n << 36n;
/** The largest number that is printed as such, not as an address. */
const MOST_DIGIT = 9n;

export function touch(context: Context, call: Call): Outcome {
  const bytes = call.args.length > 1 ? bits(call, 1) : 1n;
  if (bytes > MOST_TOUCHED)
    throw new UsageError(`${bytes} bytes are too many to touch`, "touch 64 GiB at once at most");
  const args = [bits(call, 0), bytes];
  return survivingSignals(context, call.expected, () => access(context.process, call, args));
}

function access(process: Process, call: Call, args: readonly bigint[]): Outcome {
  const [address = 0n, bytes = 0n] = args;
  const kind = call.name as ReferenceKind;
  if (kind === "load") return load(process, call, args);
  if (kind !== "store") return touched(call, args, process[kind](address, bytes, call.line));
  const value = call.args.length > 2 ? bits(call, 2) : undefined;
  return touched(call, args, process.store(address, bytes, value, call.line));
}

function load(process: Process, call: Call, args: readonly bigint[]): Outcome {
  const [address = 0n, bytes = 0n] = args;
  const found = process.load(address, bytes, call.line);
  const { value } = found;
  // If the log has `ok`, the answer is `ok`.
  const outcome =
    value === undefined || call.expected?.kind === "ok"
      ? touched(call, args, found)
      : { ...plain(call, args, value), isAddress: value > MOST_DIGIT, mayBeZero: true };
  return { ...outcome, adopt: adoptData };
}

function adoptData(process: Process, { args }: Outcome, recorded: bigint | undefined): void {
  const [address = 0n, bytes = 0n] = args;
  if (recorded !== undefined) process.store(address, bytes, BigInt.asUintN(Number(8n * bytes), recorded));
}

export function alloca(context: Context, call: Call): Outcome {
  const args = [bits(call, 0)];
  const { address, signal } = survivingSignals(context, call.expected, () =>
    call.thread.alloca(args[0] as bigint, call.line),
  );
  return signal === undefined ? plain(call, args, address) : signalled(call, args, signal);
}

export function enter(context: Context, call: Call): Outcome {
  const bytes = call.args.length > 0 ? bits(call, 0) : 0n;
  return touched(
    call,
    [],
    survivingSignals(context, call.expected, () => call.thread.enter(bytes, call.line)),
  );
}

export function leave(_: Context, call: Call): Outcome {
  call.thread.leave();
  return plain(call, [], 0n);
}
