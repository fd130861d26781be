/** The process that /proc describes. */
import { UsageError } from "../../errors.js";
import { shown } from "../arguments.js";
import { Process } from "../process.js";

/** Throws `UsageError`. */
export function mustBeProcess(of: Process, what: string): void {
  if (!(of instanceof Process))
    throw new UsageError(`${shown(of)} is not a process`, "give one that spawn or start made", what);
}
