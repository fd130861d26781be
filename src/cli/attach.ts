/** Subcommands: each has a name and a line of help; only the one that runs is loaded. */
import type { Command } from "commander";
import { EXIT_OK, UsageError } from "../errors.js";

export interface CommandEntry {
  name: string;
  summary: string;
  /** Gives the command its arguments, options and action; `args` is what follows its name. */
  define: (command: Command, args: readonly string[]) => Promise<void>;
}

/** Adds every command to `parent`, and loads the one that `args` name. */
export async function attach(
  parent: Command,
  entries: readonly CommandEntry[],
  args: readonly string[],
): Promise<void> {
  const words = args.filter((arg) => !arg.startsWith("-"));
  const helped = words[0] === "help";
  const chosen = helped ? words[1] : words[0];
  const asksHelp = helped || (args[0] === chosen && (args.includes("--help") || args.includes("-h")));
  if (asksHelp && chosen !== undefined && !entries.some(({ name }) => name === chosen)) {
    // Commander would print the help that it knows.
    const names = entries.map(({ name }) => name).join(", ");
    throw new UsageError(`unknown command "${chosen}"`, `there are ${names}`, placeOf(parent));
  }
  for (const { name, summary, define } of entries) {
    const command = parent
      .command(name)
      .summary(summary)
      .description(`${capitalized(summary)}.`);
    refuse(command);
    if (name === chosen) await define(command, helped ? ["--help"] : args.slice(args.indexOf(name) + 1));
  }
}

/** Reports commander's errors in our form, with its suggestion as the remedy. */
export function refuse(command: Command): void {
  command.exitOverride((error) => {
    if (error.exitCode === EXIT_OK) throw error;
    throw error.code === "commander.help" ? noCommand(command) : usageError(error.message, command);
  });
}

function noCommand(command: Command): UsageError {
  const names = command.commands.map((one) => one.name()).join(", ");
  return new UsageError(
    "no command",
    `give one of ${names}, or see ${pathOf(command)} --help`,
    placeOf(command),
  );
}

function usageError(message: string, command: Command): UsageError {
  const [, problem = message, suggestion] =
    /^(?:error: )?([^\n]*?)(?:\n\(Did you mean (.*)\?\))?$/.exec(message) ?? [];
  const remedy = suggestion === undefined ? `see ${pathOf(command)} --help` : `did you mean ${suggestion}?`;
  const told = problem
    .replaceAll("'", '"')
    .replace(/^too many arguments for .*? Expected (.*)\.$/, "takes $1");
  return new UsageError(told, remedy, placeOf(command));
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** The command's path without the program's name, which starts every message. */
function placeOf(command: Command): string | undefined {
  return command.parent === null ? undefined : pathOf(command).replace(/^\S+ /, "");
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
