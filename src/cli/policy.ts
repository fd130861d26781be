/** `policy`: its subcommands, loaded one by one. */
import type { Command } from "commander";
import { attach, type CommandEntry } from "./attach.js";

const COMMANDS: readonly CommandEntry[] = [
  {
    name: "check",
    summary: "test an own policy against the rules that every policy keeps",
    define: async (command) => (await import("./policy-check.js")).define(command),
  },
];

export function define(command: Command, args: readonly string[]): Promise<void> {
  command.enablePositionalOptions();
  return attach(command, COMMANDS, args);
}
