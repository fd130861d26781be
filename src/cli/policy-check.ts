/** `policy check FILE` */
import type { Command } from "commander";
import { type CheckPolicyOptions, judgePolicy, type PolicyVerdict } from "../compare/own/check.js";
import { EXIT_CHECK_FAILED, UsageError } from "../errors.js";
import { isPath } from "../own/load.js";
import { addCommonOptions, type CommonOptions, countOption, outputStyle } from "./options.js";
import { writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & CheckPolicyOptions;

const DETAILS = `
The file is a JavaScript module that exports a policy; docs/own-policy.md tells
how to write one. Each claim is tried on random requests; for one that does not
hold a short case is printed, and the exit status is 1.

Examples:
  pagewalk policy check ./mine.js
  pagewalk policy check ./mine.js:secondary=0.2 --trials 5000`;

export function define(command: Command): void {
  command
    .argument("<file>", "a module; parameters ride in the name: ./mine.js:window=3")
    .option("--seed <n>", "of the random requests (default: 1)", countOption("--seed"))
    .option("--trials <n>", "sequences that each claim is tried on (default: 200)", countOption("--trials"));
  addCommonOptions(command);
  command.addHelpText("after", DETAILS);
  command.action(run);
}

async function run(file: string, { json, quiet, debug, ...options }: Options): Promise<void> {
  if (!isPath(file)) {
    const remedy = `give a path: ./${file} if it is a file here`;
    throw new UsageError(`"${file}" does not name a file with an own policy`, remedy, "policy check");
  }
  const verdict = await judgePolicy(file, options);
  if (json) writeJson(asJson(verdict));
  else {
    const { policyCheckText } = await import("../report/policy-check.js");
    writeOut(policyCheckText(file, verdict, await outputStyle()));
  }
  if (verdict.claims.some(({ fault }) => fault !== undefined)) process.exitCode = EXIT_CHECK_FAILED;
}

/** JSON has no numbers beyond 2^53: such pages are strings. */
function asJson({ policy, claims }: PolicyVerdict): object {
  return {
    policy,
    claims: claims.map(({ claim, fault }) => {
      if (fault === undefined) return { claim, holds: true };
      const requests = fault.requests.map(({ page, kind }) => {
        return { page: typeof page === "bigint" ? `${page}` : page, kind };
      });
      return { ...fault, holds: false, requests };
    }),
  };
}
