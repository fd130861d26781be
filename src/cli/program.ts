/** The tree of commands. Only the one that runs is loaded; the others are a name and a line of help. */
import { Command, CommanderError } from "commander";
import { EXIT_OK } from "../errors.js";
import { attach, type CommandEntry, refuse } from "./attach.js";
import { helpWidth, writeOut } from "./terminal.js";

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
    summary: "compute miss-ratio curves, exact or sampled, and working sets",
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
    summary: "inspect, convert, generate and record traces",
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
  "Simulates memory management, on traces of real programs: TLBs, page walks, page faults, frames " +
  "and page replacement.";

const AFTER_HELP = `
Examples:
  pagewalk trace record -o ls.pagewalk -- ls -l
  pagewalk replay ls.pagewalk
  pagewalk compare ls.pagewalk --policies all --frames 5%,20%

Exit status: 0 done, 1 a check that was asked for failed, 2 bad usage or input,
3 the simulation needs more memory than WebAssembly can give, 130 interrupted.`;

/** Runs the command in `line`. Returns the exit status, which a command may have set in `process.exitCode`. */
export async function runProgram(line: readonly string[]): Promise<number> {
  const [first, ...rest] = line;
  // Commander's own `help` handles one level only.
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
