/** The process that /proc describes. */
import { UsageError } from "../../errors.js";
import { shown } from "../arguments.js";
import type { Process } from "../process.js";

/** Recognised by its methods: importing the class would make a cycle. */
export function isProcess(of: unknown): of is Process {
  return typeof of === "object" && of !== null && "rawRegions" in of;
}

/** Throws `UsageError`. */
export function mustBeProcess(of: Process, what: string): void {
  if (!isProcess(of))
    throw new UsageError(`${shown(of)} is no process`, "give one that spawn or start made", what);
}
