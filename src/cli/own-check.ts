/** The common part of `policy check FILE` and `allocator check FILE`. */
import type { Command } from "commander";
import { EXIT_CHECK_FAILED, UsageError } from "../errors.js";
import type { CheckOptions, ClaimVerdict } from "../own/check.js";
import type { OwnKind } from "../own/definition.js";
import { isPath } from "../own/load.js";
import type { Style } from "../report/style.js";
import { addCommonOptions, type CommonOptions, countOption, outputStyle } from "./options.js";
import { writeJson, writeOut } from "./terminal.js";

/** The check of one kind of definition, and its output. */
export interface OwnCheck<Verdict extends { readonly claims: readonly ClaimVerdict<object>[] }> {
  readonly kind: OwnKind;
  /** A file with parameters, in help. */
  readonly example: string;
  /** The help text of `--trials`. */
  readonly trials: string;
  readonly details: string;
  judge(file: string, options: CheckOptions): Promise<Verdict>;
  text(file: string, verdict: Verdict, style: Style): Promise<string>;
  json(verdict: Verdict): object;
}

export function defineCheck<Verdict extends { readonly claims: readonly ClaimVerdict<object>[] }>(
  command: Command,
  check: OwnCheck<Verdict>,
): void {
  command
    .argument("<file>", `a module, with optional parameters: ${check.example}`)
    .option("--seed <n>", "seed of the random trials (default: 1)", countOption("--seed"))
    .option("--trials <n>", check.trials, countOption("--trials"));
  addCommonOptions(command);
  command.addHelpText("after", check.details);
  command.action((file: string, options: CommonOptions & CheckOptions) => run(file, options, check));
}

async function run<Verdict extends { readonly claims: readonly ClaimVerdict<object>[] }>(
  file: string,
  { json, quiet, debug, ...options }: CommonOptions & CheckOptions,
  check: OwnCheck<Verdict>,
): Promise<void> {
  if (!isPath(file)) {
    const { noun, command } = check.kind;
    const remedy = `give a path: ./${file} if it is a file here`;
    throw new UsageError(`"${file}" does not name a file with an own ${noun}`, remedy, command);
  }
  const verdict = await check.judge(file, options);
  if (json) writeJson(check.json(verdict));
  else writeOut(await check.text(file, verdict, await outputStyle()));
  if (verdict.claims.some(({ fault }) => fault !== undefined)) process.exitCode = EXIT_CHECK_FAILED;
}
