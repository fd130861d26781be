/** Outcomes of calls, in the notation of logs. */
import type { Answer, Signal, Touch } from "../../answers.js";
import type { Call, Outcome } from "./call.js";

/** A result that is a number or an address. */
export function plain({ row }: Call, args: readonly bigint[], value: bigint): Outcome {
  return {
    args,
    value,
    error: undefined,
    signal: undefined,
    shown: { kind: "value", value },
    isAddress: row.result === "address",
  };
}

/** A success without a value. */
export function done(call: Call, args: readonly bigint[]): Outcome {
  return { ...plain(call, args, 0n), shown: { kind: "ok" }, isAddress: false };
}

/** An answer of the kernel: a value or an error. `adopt`: see `Outcome`. */
export function answered(
  call: Call,
  args: readonly bigint[],
  { value, error }: Answer,
  adopt?: Outcome["adopt"],
): Outcome {
  return {
    args,
    value: error === undefined ? value : BigInt.asUintN(64, -1n),
    error,
    signal: undefined,
    shown: error === undefined ? { kind: "value", value } : { kind: "error", name: error },
    isAddress: call.row.result === "address",
    adopt,
  };
}

export function failed(call: Call, error: string): Outcome {
  return answered(call, [], { value: -1n, error });
}

/** An access: success or a signal. */
export function touched(call: Call, args: readonly bigint[], { signal }: Touch): Outcome {
  return signal === undefined ? done(call, args) : signalled(call, args, signal);
}

export function signalled(call: Call, args: readonly bigint[], signal: Signal): Outcome {
  return {
    ...plain(call, args, 0n),
    signal,
    shown: { kind: "signal", name: signal.signal, code: signal.code },
  };
}
