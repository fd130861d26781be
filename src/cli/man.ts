/** `man`: the manual page, in the macros of man(7), from the tables of commands and options. */
import { flagsOf, helpOf } from "../options/describe.js";
import type { OptionRow, OptionTable } from "../options/row.js";
import { DESCRIPTION, EXAMPLES, STATUSES } from "./about.js";
import type { CommandRow } from "./command-row.js";
import { writeOut } from "./terminal.js";
import { version } from "./version.js";

export async function printManual(commands: readonly CommandRow[], common: OptionTable): Promise<void> {
  writeOut(manualPage(commands, common));
}

/** Options that every command has stand once. */
function manualPage(commands: readonly CommandRow[], common: OptionTable): string {
  const lines = [
    `.TH PAGEWALK 1 "" "pagewalk ${version()}" "User Commands"`,
    ".SH NAME",
    "pagewalk \\- simulate memory management",
    ".SH SYNOPSIS",
    ".B pagewalk",
    ".I command",
    "[\\fIoptions\\fR] [\\fIarguments\\fR]",
    ".SH DESCRIPTION",
    escaped(DESCRIPTION),
    ".SH COMMANDS",
    ...commands.flatMap((row) => commandLines(row, "pagewalk", common)),
    ".SH OPTIONS OF EVERY COMMAND",
    ...optionLines(common),
    ".SH EXIT STATUS",
    ...Object.entries(STATUSES).flatMap(([status, meaning]) => [".TP", `.B ${status}`, escaped(meaning)]),
    ".SH EXAMPLES",
    ...exampleLines(EXAMPLES),
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines(row: CommandRow, before: string, common: OptionTable): string[] {
  if (row.hidden) return [];
  const path = `${before} ${row.name}`;
  if (row.commands !== undefined) return row.commands.flatMap((below) => commandLines(below, path, common));
  const takes = Object.keys(row.takes ?? {}).map((name) => escaped(name.replaceAll(/[<>]/g, "")));
  const own = Object.entries(row.options ?? {}).filter(
    ([, option]) => !Object.values(common).includes(option),
  );
  const { summary, details = "", examples = [] } = row;
  return [
    `.SS "${[path, ...takes].join(" ")}"`,
    escaped(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
    ...optionLines(Object.fromEntries(own)),
    ...details.trim().split("\n\n").flatMap(paragraphLines),
    ...exampleLines(examples),
  ];
}

function optionLines(options: OptionTable): string[] {
  return Object.entries(options).flatMap(([name, row]) => [".TP", flagLine(name, row), escaped(helpOf(row))]);
}

function flagLine(name: string, row: OptionRow): string {
  const flags = flagsOf(name, row)
    .split(", ")
    .map((flag) => `\\fB${escaped(flag)}\\fR`);
  const { value } = row.shape;
  return `${flags.join(", ")}${value === undefined ? "" : ` \\fI${escaped(value)}\\fR`}`;
}

/** Text that is set line by line if it is indented. */
function paragraphLines(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n").map(escaped);
  return text.includes("\n ") || text.startsWith(" ") ? [".PP", ".nf", ...lines, ".fi"] : [".PP", ...lines];
}

function exampleLines(examples: readonly string[]): string[] {
  return examples.length === 0 ? [] : [".PP", ".nf", ...examples.map((one) => `  ${escaped(one)}`), ".fi"];
}

/** A line that roff sets as it stands, in ASCII: hyphens are minus signs, so that they can be pasted. */
function escaped(line: string): string {
  return line
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/, "\\&$1")
    .replaceAll(
      /[^ -~]/g,
      (sign) => `\\[u${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
    );
}
