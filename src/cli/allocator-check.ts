/** `allocator check FILE` */
import type { Command } from "commander";
import { EXIT_CHECK_FAILED, UsageError } from "../errors.js";
import { type CheckAllocatorOptions, judgeAllocator } from "../heap/own/check.js";
import { isPath } from "../own/load.js";
import { addCommonOptions, type CommonOptions, countOption, outputStyle } from "./options.js";
import { writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & CheckAllocatorOptions;

const DETAILS = `
The file is a JavaScript module that exports an allocator; docs/own-allocator.md
tells how to write one. Each claim is tried on random calls; for one that does
not hold a short case is printed, and the exit status is 1.

Examples:
  pagewalk allocator check ./mine.js
  pagewalk allocator check ./mine.js:growth=4096 --trials 2000`;

export function define(command: Command): void {
  command
    .argument("<file>", "a module; parameters ride in the name: ./mine.js:growth=4096")
    .option("--seed <n>", "of the random calls (default: 1)", countOption("--seed"))
    .option("--trials <n>", "sequences that each claim is tried on (default: 100)", countOption("--trials"));
  addCommonOptions(command);
  command.addHelpText("after", DETAILS);
  command.action(run);
}

async function run(file: string, { json, quiet, debug, ...options }: Options): Promise<void> {
  if (!isPath(file)) {
    const remedy = `give a path: ./${file} if it is a file here`;
    throw new UsageError(`"${file}" does not name a file with an own allocator`, remedy, "allocator check");
  }
  const { allocator, claims } = await judgeAllocator(file, options);
  if (json) {
    const judged = claims.map(({ claim, fault }) => ({ claim, holds: fault === undefined, ...fault }));
    writeJson({ allocator, claims: judged });
  } else {
    const { allocatorCheckText } = await import("../report/own-check.js");
    writeOut(allocatorCheckText(file, { allocator, claims }, await outputStyle()));
  }
  if (claims.some(({ fault }) => fault !== undefined)) process.exitCode = EXIT_CHECK_FAILED;
}
