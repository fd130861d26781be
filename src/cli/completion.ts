/**
 * Completion of words in a shell. `completion SHELL` prints a script of `@bomb.sh/tab`, which is in the protocol of
 * Cobra (spf13/cobra, shell_completions.md): it calls `pagewalk complete -- WORD…`, which prints a line `VALUE\tHELP`
 * for each word that may stand for the last one, and a number that says what the shell adds.
 */
import { ShellCompDirective, script } from "@bomb.sh/tab";
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import { flagsOf, helpOf } from "../options/describe.js";
import type { OptionRow } from "../options/row.js";
import type { CommandRow } from "./command-row.js";
import { writeOut } from "./terminal.js";

/** A word that may stand, and its help. */
type Offer = readonly [word: string, help: string];

/** `completion SHELL` */
export async function printScript(shell: string, shells: readonly string[]): Promise<void> {
  if (!shells.includes(shell)) {
    const remedy = `did you mean ${nearest(shell, shells)}? There are ${shells.join(", ")}`;
    throw new UsageError(`there is no completion for "${shell}"`, remedy, "completion");
  }
  script(shell, "pagewalk", "pagewalk");
  // The script registers itself without the files that bash offers where it has no words.
  if (shell === "bash") writeOut("complete -o default -F __pagewalk_complete pagewalk\n");
}

/** `complete -- WORD…` */
export async function complete(words: readonly string[], commands: readonly CommandRow[]): Promise<void> {
  const last = words.at(-1) ?? "";
  const offers = (await offersFor(words.slice(0, -1), last, commands)).filter(([word]) =>
    word.startsWith(last),
  );
  // Where nothing is known, the shell offers files.
  const directive =
    offers.length === 0
      ? ShellCompDirective.ShellCompDirectiveDefault
      : ShellCompDirective.ShellCompDirectiveNoFileComp;
  writeOut([...offers.map(([word, help]) => `${word}\t${help}`), `:${directive}`, ""].join("\n"));
}

async function offersFor(
  before: readonly string[],
  last: string,
  commands: readonly CommandRow[],
): Promise<readonly Offer[]> {
  let rows = commands;
  let row: CommandRow | undefined;
  for (const word of before) {
    const next = rows.find(({ name }) => name === word);
    if (next === undefined) break;
    row = next;
    rows = next.commands ?? [];
  }
  const options = Object.entries(row?.options ?? {}).flatMap(([name, option]) =>
    flagsOf(name, option)
      .split(", ")
      .map((flag) => [flag, option, name] as const),
  );
  const [, open, name = ""] = options.find(([flag]) => flag === before.at(-1)) ?? [];
  if (open?.shape.value !== undefined) return valuesOf(name, open, last);
  if (last.startsWith("-")) return options.map(([flag, option]) => [flag, helpOf(option)]);
  if (rows.length > 0)
    return rows.filter(({ hidden }) => !hidden).map(({ name, summary }) => [name, summary]);
  return (row?.words ?? []).map((word) => [word, ""]);
}

/** Values of an option; of a list, in place of the item behind the last comma. */
async function valuesOf(name: string, { shape }: OptionRow, last: string): Promise<Offer[]> {
  const before = last.slice(0, last.lastIndexOf(",") + 1);
  const words = shape.words.length > 0 ? shape.words : ((await REGISTRIES[name]?.()) ?? []);
  return words.map((word) => [`${before}${word}`, ""]);
}

const policyNames = async () => (await import("../policy/policies.js")).policyNames();
const allocatorNames = async () =>
  (await (await import("../allocators/allocators.js")).allocators()).map(({ name }) => name);
const formatNames = async () => (await import("../trace/formats.js")).FORMATS.map(({ name }) => name);

/** Options whose values are names of a registry. */
const REGISTRIES: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  policy: policyNames,
  policies: policyNames,
  diverge: policyNames,
  allocator: allocatorNames,
  allocators: allocatorNames,
  format: formatNames,
  to: formatNames,
};
