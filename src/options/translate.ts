/** `translate` on the command line. */
import { machineOptions } from "./machine.js";
import { runCommand } from "./process.js";
import { option } from "./row.js";
import { text } from "./shapes.js";

export const translateCommand = {
  arch: machineOptions.arch,
  run: option(text("log"), "run this call log, and walk the page tables of its process at the end"),
  root: runCommand.root,
};
