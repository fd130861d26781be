/** The common part of `policy check FILE` and `allocator check FILE`. */

import type { ClaimVerdict } from "../custom/check.js";
import type { CustomKind } from "../custom/definition.js";
import { isPath } from "../custom/load.js";
import { EXIT_CHECK_FAILED, UsageError } from "../errors.js";
import type { policyCheckOptions } from "../options/checks.js";
import type { Values } from "../options/row.js";
import type { Style } from "../report/style.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { writeJson, writeOut } from "./terminal.js";

type CheckOptions = Values<typeof policyCheckOptions>;

/** The check of one kind of definition, and its output. */
export interface CustomCheck<Verdict extends { readonly claims: readonly ClaimVerdict<object>[] }> {
  readonly kind: CustomKind;
  judge(file: string, options: CheckOptions): Promise<Verdict>;
  text(file: string, verdict: Verdict, style: Style): Promise<string>;
  json(verdict: Verdict): object;
}

export async function runCheck<Verdict extends { readonly claims: readonly ClaimVerdict<object>[] }>(
  file: string,
  { json, quiet, debug, ...options }: CommonOptions & CheckOptions,
  check: CustomCheck<Verdict>,
): Promise<void> {
  if (!isPath(file)) {
    const { noun, command } = check.kind;
    const remedy = `give a path: ./${file} if it is a file here`;
    throw new UsageError(`"${file}" does not name a file with a custom ${noun}`, remedy, command);
  }
  const verdict = await check.judge(file, options);
  if (json) writeJson(check.json(verdict));
  else writeOut(await check.text(file, verdict, await outputStyle()));
  if (verdict.claims.some(({ fault }) => fault !== undefined)) process.exitCode = EXIT_CHECK_FAILED;
}
