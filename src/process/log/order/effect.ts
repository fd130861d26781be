/** The effect of a call on the places of mappings, as a trial makes it. */
import { InputError, UsageError } from "../../../errors.js";
import type { Process } from "../../process.js";
import type { PlacingName } from "../../trial.js";
import type { Call } from "../calls/call.js";
import { mapArguments } from "../calls/memory.js";
import { allBits, bits } from "../calls/operands.js";

/** A call in the form of `Trial`, and its recorded address. */
export interface Effect {
  readonly name: PlacingName;
  readonly args: readonly bigint[];
  readonly address: bigint | undefined;
}

/** The effect of a call that succeeded; undefined if there is none, or it is unknown. */
export function effectOf(process: Process, call: Call): Effect | undefined {
  const { expected, name } = call;
  if (expected?.kind !== "value" && expected?.kind !== "ok") return undefined;
  const address = expected.kind === "value" ? expected.value : undefined;
  try {
    if (call.row.server === "mmap") return { name: "mmap", args: mapArguments(process, call), address };
    if (name === "mremap") return { name, args: allBits(call), address };
    return name === "munmap" ? { name, args: [bits(call, 0), bits(call, 1)], address: undefined } : undefined;
  } catch (error) {
    if (error instanceof InputError || error instanceof UsageError) return undefined; // reported when it is run
    throw error;
  }
}
