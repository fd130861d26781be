/** Options that every command has. */
import type { commonOptions } from "../options/common.js";
import type { Values } from "../options/row.js";
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
