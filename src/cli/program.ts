/** The program: its own help, and the command that runs. */
import { Command, CommanderError } from "commander";
import { EXIT_OK } from "../errors.js";
import { DESCRIPTION, EXAMPLES, STATUSES } from "./about.js";
import { attach, refuse } from "./attach.js";
import { COMMANDS } from "./commands.js";
import { examplesText, reflow } from "./help.js";
import { helpWidth, writeOut } from "./terminal.js";

export { report } from "./failure.js";

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
    // Commander would not wrap beside long flags on a narrow terminal.
    .configureHelp({ minWidthToWrap: 20 })
    .configureOutput({ writeOut, writeErr: () => {}, getOutHelpWidth: helpWidth, getErrHelpWidth: helpWidth })
    .addHelpText(
      "after",
      () => `\n${reflow(statuses(), helpWidth())}\n\n${examplesText(EXAMPLES, helpWidth())}`,
    );
  refuse(program);
  await attach(program, COMMANDS, args);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== EXIT_OK) throw error;
  }
  return Number(process.exitCode ?? EXIT_OK);
}

function statuses(): string {
  const meanings = Object.entries(STATUSES).map(([status, meaning]) => `${status} ${meaning}`);
  return `Exit status: ${meanings.join(", ")}.`;
}
