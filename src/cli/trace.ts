/** `trace`: its subcommands, loaded one by one. */
import type { Command } from "commander";
import { attach, type CommandEntry } from "./attach.js";

const COMMANDS: readonly CommandEntry[] = [
  {
    name: "info",
    summary: "describe the contents of a trace",
    define: async (command) => (await import("./trace-info.js")).define(command),
  },
  {
    name: "convert",
    summary: "write a trace in another format",
    define: async (command) => (await import("./trace-convert.js")).define(command),
  },
  {
    name: "generate",
    summary: "generate a trace from a pattern and a seed",
    define: async (command) => (await import("./trace-generate.js")).define(command),
  },
  {
    name: "record",
    summary: "run a program and record its references, or its allocations",
    define: async (command) => (await import("./trace-record.js")).define(command),
  },
];

export function define(command: Command, args: readonly string[]): Promise<void> {
  command.enablePositionalOptions();
  return attach(command, COMMANDS, args);
}
