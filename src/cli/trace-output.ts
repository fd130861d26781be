/** The common part of commands that write a trace. */
import { UsageError } from "../errors.js";
import type { Values } from "../options/row.js";
import type { writeOptions } from "../options/traces.js";
import { describeLosses } from "../report/losses.js";
import type { ConvertResult } from "../trace/convert.js";
import { describeTrace, type Trace } from "../trace/trace.js";
import type { CommonOptions } from "./options.js";
import { writeError, writeJson } from "./terminal.js";

export type WriteOptions = CommonOptions & Values<typeof writeOptions>;

/** `ConvertOptions` from the command line. */
export function formatOf({ to }: WriteOptions): { format?: string } {
  return to === undefined ? {} : { format: to };
}

export function refuseTwoOutputs(output: string, { json }: CommonOptions): void {
  if (json && output === "-") {
    throw new UsageError("the trace and --json both want standard output", "give the trace a file");
  }
}

/** With `--json`, prints one document about the output, and about the trace that was read. */
export function reportOutput(
  path: string,
  { counts, ...result }: ConvertResult,
  { json }: CommonOptions,
  trace?: Trace,
): void {
  if (json) writeJson({ path, ...counts, ...result, ...(trace && { trace: describeTrace(trace) }) });
}

/** A warning where the output has less than the input. */
export function warnOfLosses(
  path: string,
  { format, callsDropped, lost }: ConvertResult,
  { quiet }: CommonOptions,
): void {
  const losses = quiet ? undefined : describeLosses(callsDropped, lost);
  if (losses === undefined) return;
  writeError(`pagewalk: ${path}: ${format} cannot hold ${losses}; write pagewalk to keep them\n`);
}
