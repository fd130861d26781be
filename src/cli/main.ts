#!/usr/bin/env node
/** The command `pagewalk`. The program is loaded for all but the version. Node 22.8 and later keep its compiled code. */
import { writeSync } from "node:fs";
import module from "node:module";
import { version } from "./version.js";

const args = process.argv.slice(2);
const STDOUT = 1;

/** Node's status of a program that waits for what will not come. */
const EXIT_UNSETTLED = 13;

// The types are those of Node 20.
const { enableCompileCache } = module as { enableCompileCache?: () => unknown };

async function run(): Promise<number> {
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    writeSync(STDOUT, `${version()}\n`);
    return 0;
  }
  enableCompileCache?.();
  const { runProgram } = await import("./program.js");
  return runProgram(args);
}

async function fail(error: unknown): Promise<number> {
  const { report } = await import("./program.js");
  return report(error, args.includes("--debug"));
}

function endUnsettled(status: number): void {
  if (status === 0) process.exitCode = EXIT_UNSETTLED;
}

process.once("exit", endUnsettled);
void run()
  .catch(fail)
  .then((status) => {
    process.removeListener("exit", endUnsettled);
    process.exitCode = status;
  });
