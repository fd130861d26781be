/** The tree of commands. Only the one that runs is loaded; the others are a name and a line of help. */
import { Command, CommanderError } from "commander";
import { EXIT_OK, UsageError } from "../errors.js";
import { helpWidth, writeOut } from "./terminal.js";

export interface CommandEntry {
  name: string;
  summary: string;
  /** Gives the command its arguments, options and action; `args` is what follows its name. */
  define: (command: Command, args: readonly string[]) => Promise<void>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: "replay",
    summary: "replay a trace through one machine: TLBs, page walks, faults, frames",
    define: async (command) => (await import("./replay.js")).define(command),
  },
  {
    name: "compare",
    summary: "compare replacement policies over numbers of frames",
    define: async (command, args) => (await import("./compare.js")).define(command, args),
  },
  {
    name: "mrc",
    summary: "draw miss-ratio curves, exact or sampled, and working sets",
    define: async (command) => (await import("./mrc.js")).define(command),
  },
  {
    name: "run",
    summary: "run a process, call by call, as Linux would answer",
    define: async (command) => (await import("./run.js")).define(command),
  },
  {
    name: "heap",
    summary: "replay a program's allocations through many allocators",
    define: async (command, args) => (await import("./heap.js")).define(command, args),
  },
  {
    name: "trace",
    summary: "look into, convert, generate and record traces",
    define: async (command, args) => (await import("./trace.js")).define(command, args),
  },
  {
    name: "policy",
    summary: "check a replacement policy of your own",
    define: async (command, args) => (await import("./policy.js")).define(command, args),
  },
  {
    name: "allocator",
    summary: "check an allocator of your own",
    define: async (command, args) => (await import("./allocator.js")).define(command, args),
  },
];

const DESCRIPTION =
  "Simulates how a computer manages memory, on traces of real programs: TLBs, page walks, page faults, frames " +
  "and page replacement.";

const AFTER_HELP = `
Examples:
  pagewalk trace record -o ls.pagewalk -- ls -l
  pagewalk replay ls.pagewalk
  pagewalk compare ls.pagewalk --policies all --frames 5%,20%

Exit status: 0 done, 1 a check that was asked for failed, 2 bad usage or input,
3 the simulation needs more memory than WebAssembly can give, 130 interrupted.`;

/** Runs the command that `line` names; the exit status, which a command may have set in `process.exitCode`. */
export async function runProgram(line: readonly string[]): Promise<number> {
  const [first, ...rest] = line;
  // Commander's own `help` goes one command deep.
  const args = first === "help" && rest.length > 0 ? [...rest, "--help"] : line;
  const program = new Command("pagewalk")
    .description(DESCRIPTION)
    .option("-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print a command's help")
    .enablePositionalOptions()
    .configureOutput({ writeOut, writeErr: () => {}, getOutHelpWidth: helpWidth, getErrHelpWidth: helpWidth })
    .addHelpText("after", AFTER_HELP);
  refuse(program);
  await attach(program, COMMANDS, args);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== EXIT_OK) throw error;
  }
  return Number(process.exitCode ?? EXIT_OK);
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
    // Commander would help with what it knows.
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

/** What the command cannot make sense of is told in our own form, with commander's suggestion as what to do. */
function refuse(command: Command): void {
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

/** The command's path without the program's own name, which every message starts with. */
function placeOf(command: Command): string | undefined {
  return command.parent === null ? undefined : pathOf(command).replace(/^\S+ /, "");
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
