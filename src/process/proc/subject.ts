/** Whom /proc tells of. */
import { UsageError } from "../../errors.js";
import { shown } from "../arguments.js";
import type { Process } from "../process.js";

/** Told by what it can do: the class itself is made of what is here. */
export function isProcess(of: unknown): of is Process {
  return typeof of === "object" && of !== null && "rawRegions" in of;
}

/** Throws `UsageError`. */
export function mustBeProcess(of: Process, what: string): void {
  if (!isProcess(of))
    throw new UsageError(`${shown(of)} is no process`, "give one that spawn or start made", what);
}
