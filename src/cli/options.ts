/** Options that several commands share, and the parsing of values. */
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { createStyle, hasColour, type Style } from "../report/style.js";
import { PRESET_NAMES } from "../trace/csv/presets.js";
import type { OpenTraceOptions } from "../trace/trace.js";
import { errorIsTerminal, outputIsTerminal } from "./terminal.js";

export interface CommonOptions {
  json?: boolean;
  quiet?: boolean;
  debug?: boolean;
}

export function addCommonOptions(command: Command): Command {
  return command
    .option("--json", "print one JSON document and nothing else")
    .option("--quiet", "show no progress and no warnings")
    .option("--debug", "show a stack trace after an error");
}

/** Options for opening traces. */
export function addTraceOptions(command: Command): Command {
  return command
    .option("--format <name>", "the trace's format (default: detected from content and name)")
    .option("--columns <list>", "csv: the columns to read, such as page=obj_id,size=4,kind=op")
    .option("--delimiter <char>", "csv: the character between columns (default: detected from the first row)")
    .option("--preset <name>", `csv: the columns of a collection: ${PRESET_NAMES.join(", ")}`);
}

/** Separates the options of `addTraceOptions` from the others. */
export function splitTraceOptions<Options extends OpenTraceOptions>(
  options: Options,
): [opening: OpenTraceOptions, others: Omit<Options, keyof OpenTraceOptions>] {
  const { format, columns, delimiter, preset, name, ...others } = options;
  const opening = {
    ...(format !== undefined && { format }),
    ...(columns !== undefined && { columns }),
    ...(delimiter !== undefined && { delimiter }),
    ...(preset !== undefined && { preset }),
  };
  return [opening, others];
}

export function numberOption(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value)) {
      throw new UsageError(`"${text}" is not a number`, "give digits, such as 1000 or 0.5", option);
    }
    return value;
  };
}

/** Whole numbers, also as `1e6` or `1,000,000`. */
export function countOption(option: string): (text: string) => number {
  const number = numberOption(option);
  return (text) => {
    const value = number(text.replaceAll(/[,_]/g, ""));
    if (value < 0) throw new UsageError(`${text} is less than nothing`, "leave the minus out", option);
    if (value > Number.MAX_SAFE_INTEGER)
      throw new UsageError(`${text} is absurdly large`, "give less", option);
    if (!Number.isInteger(value)) {
      throw new UsageError(`"${text}" is not a whole number`, "give digits, such as 1000 or 1e6", option);
    }
    return value;
  };
}

/** The style of standard output. */
export function outputStyle(): Promise<Style> {
  return createStyle(hasColour(outputIsTerminal(), process.env));
}

export function showsProgress({ quiet }: CommonOptions): boolean {
  return quiet !== true && errorIsTerminal();
}
