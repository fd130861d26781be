/** Makes commander's commands from the table of commands. Only the chosen one gets its options. */
import { type Command, type CommanderError, Option } from "commander";
import { EXIT_OK, PagewalkError, readOption, UsageError } from "../errors.js";
import { flagsOf, helpOf } from "../options/describe.js";
import { flagFor, flagOf, type OptionRow } from "../options/row.js";
import type { CommandRow } from "./command-row.js";
import { examplesText, reflow } from "./help.js";
import { helpWidth } from "./terminal.js";

/** Divides a line into what is before `--` and a program to record, if the command that it names takes one. */
export function splitLine(
  line: readonly string[],
  rows: readonly CommandRow[],
): { args: readonly string[]; program: readonly string[] | undefined } {
  const [first, second] = line;
  const row = rows.find(({ name }) => name === first);
  const own = row?.commands?.find(({ name }) => name === second);
  const { records, recordedBy } = own ?? row ?? {};
  const at = line.indexOf("--");
  if (recordedBy !== undefined && at >= 0)
    throw new UsageError(
      "it reads files, and runs no program",
      recordedBy,
      own ? `${first} ${second}` : first,
    );
  if (!records || at < 0) return { args: line, program: undefined };
  return { args: line.slice(0, at), program: line.slice(at + 1) };
}

/**
 * Adds the command that `args` begin with to `parent`, and defines it; without one, adds all commands. `program` is what is
 * recorded in the place of a trace.
 */
export async function attach(
  parent: Command,
  rows: readonly CommandRow[],
  args: readonly string[],
  program: readonly string[] | undefined,
): Promise<void> {
  const words = args.filter((arg) => !arg.startsWith("-"));
  const helped = words[0] === "help";
  const chosen = helped ? words[1] : words[0];
  const asksHelp = helped || (args[0] === chosen && (args.includes("--help") || args.includes("-h")));
  if (asksHelp && chosen !== undefined && !rows.some(({ name }) => name === chosen)) {
    // Commander would print the help that it knows.
    const names = rows.filter(({ hidden }) => !hidden).map(({ name }) => name);
    throw new UsageError(`unknown command "${chosen}"`, `there are ${names.join(", ")}`, placeOf(parent));
  }
  const named = helped || args[0] === chosen ? rows.find(({ name }) => name === chosen) : undefined;
  for (const row of named === undefined ? rows : [named]) {
    const command = parent
      .command(row.name, { hidden: row.hidden ?? false })
      .summary(row.summary)
      .description(sentence(row.summary));
    refuse(command);
    if (row.name !== chosen) continue;
    const rest = helped ? ["--help"] : args.slice(args.indexOf(row.name) + 1);
    if (row.commands !== undefined)
      await attach(command.enablePositionalOptions(), row.commands, rest, program);
    else define(command, row, { lists: asksHelp ? await row.lists?.() : undefined, program });
  }
}

interface Given {
  readonly lists: string | undefined;
  readonly program: readonly string[] | undefined;
}

function define(command: Command, row: CommandRow, { lists, program }: Given): void {
  const { takes = {}, options = {}, details = "", examples = [] } = row;
  for (const [name, help] of Object.entries(takes)) {
    command.argument(program === undefined ? name : name.replace(/^<(.*)>$/, "[$1]"), help);
  }
  for (const [name, option] of Object.entries(options)) addOption(command, name, option);
  // Options of the program to run are not ours.
  if (row.passesThrough) command.passThroughOptions().usage(`[options] -- ${Object.keys(takes).join(" ")}`);
  command.addHelpText("after", () => {
    const width = helpWidth();
    const blocks = [reflow(lists ?? "", width), reflow(details, width), examplesText(examples, width)];
    return `\n${blocks.filter((block) => block !== "").join("\n\n")}`;
  });
  command.action(async (...given: unknown[]) => {
    const run = await row.load?.();
    try {
      const [options] = given.splice(-2);
      await run?.(...given, program === undefined ? options : { ...(options as object), program });
    } catch (error) {
      throw error instanceof PagewalkError
        ? error.renamed((name, value) => flagFor(name, options, command.opts(), value))
        : error;
    }
  });
}

function addOption(command: Command, name: string, row: OptionRow): void {
  const { shape, extras } = row;
  const value = shape.value === undefined ? "" : ` <${shape.value}>`;
  const option = new Option(`${flagsOf(name, row)}${value}`, helpOf(row));
  if (shape.value !== undefined) option.argParser((text) => readOption(name, () => shape.parse(text)));
  if (extras.required) option.makeOptionMandatory();
  command.addOption(option);
  if (extras.negatable) command.addOption(new Option(flagOf(name).replace("--", "--no-")));
}

/** Reports commander's errors in our form, with its suggestion as the remedy. */
export function refuse(command: Command): void {
  command.exitOverride((error) => {
    if (error.exitCode === EXIT_OK) throw error;
    throw error.code === "commander.help" ? noCommand(command) : usageError(error, command);
  });
}

function noCommand(command: Command): UsageError {
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name())
    .filter((name) => name !== "help");
  return new UsageError(
    "no command",
    `give one of ${names.join(", ")}, or see ${pathOf(command)} --help`,
    placeOf(command),
  );
}

function usageError({ code, message }: CommanderError, command: Command): UsageError {
  const [, problem = message, suggestion] =
    /^(?:error: )?([^\n]*?)(?:\n\(Did you mean (.*)\?\))?$/.exec(message) ?? [];
  const help = `see ${pathOf(command)} --help`;
  const remedy = suggestion === undefined ? help : `did you mean ${suggestion}?`;
  const text = problem
    .replaceAll("'", '"')
    .replace(/^too many arguments for .*? Expected (.*)\.$/, "takes $1")
    .replace(/^missing required argument "(.*)"$/, "no $1 is given")
    .replace(/^required option "(.*)" not specified$/, "$1 is missing");
  const isMissing = code === "commander.missingArgument" || code === "commander.missingMandatoryOptionValue";
  const usage = `usage: ${pathOf(command)} ${command.usage()}, ${help}`;
  return new UsageError(text, isMissing ? usage : remedy, placeOf(command));
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** The command's path without the program's name, which starts every message. */
function placeOf(command: Command): string | undefined {
  return command.parent === null ? undefined : pathOf(command).replace(/^\S+ /, "");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
