/** The program: its own help, and the command that runs. */
import { Command, CommanderError } from "commander";
import { EXIT_OK } from "../errors.js";
import { onOtherInterrupt } from "../platform/cleanup.node.js";
import { DESCRIPTION, EXAMPLES, STATUSES } from "./about.js";
import { attach, refuse, splitLine } from "./attach.js";
import { COMMANDS } from "./commands.js";
import { report } from "./failure.js";
import { examplesText, reflow } from "./help.js";
import { nothingKept } from "./interrupt.js";
import { helpWidth, writeOut } from "./terminal.js";

export { report };

/** Runs the command in `line`. Returns the exit status, which a command may have set in `process.exitCode`. */
export async function runProgram(line: readonly string[]): Promise<number> {
  onOtherInterrupt(() => report(nothingKept(), false));
  const [first, ...rest] = line;
  // Commander's own `help` handles one level only.
  const whole = first === "help" && rest.length > 0 ? [...rest, "--help"] : line;
  const { args, program: recorded } = splitLine(whole, COMMANDS);
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
  await attach(program, COMMANDS, args, recorded);
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
