/** Options that every command has. */
import { UsageError } from "../errors.js";
import type { commonOptions } from "../options/common.js";
import { flagOf, type Values } from "../options/row.js";
import { createStyle, hasColour, type Style } from "../report/style.js";
import { errorIsTerminal, outputIsTerminal } from "./terminal.js";

export type CommonOptions = Values<typeof commonOptions>;

/** The style of standard output. */
export function outputStyle(): Promise<Style> {
  return createStyle(hasColour(outputIsTerminal(), process.env));
}

export function showsProgress({ quiet }: CommonOptions): boolean {
  return quiet !== true && errorIsTerminal();
}

/** Refuses options without effect in `mode`, a flag of `command`. */
export function refuseOptions(
  options: object,
  names: readonly string[],
  mode: string,
  command: string,
): void {
  const foreign = names.find((name) => name in options);
  if (foreign === undefined) return;
  throw new UsageError(`${flagOf(foreign)} has no meaning with ${mode}`, "leave it out", command);
}
