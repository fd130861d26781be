#!/usr/bin/env node
/** The command `pagewalk`. The program is loaded for all but the version. Node 22.8 and later keep its compiled code. */
import { writeSync } from "node:fs";
import { version } from "./version.js";

const args = process.argv.slice(2);
const STDOUT = 1;

/** Node's status of a program that waits for what will not come. */
const EXIT_UNSETTLED = 13;

/** The first major version of Node that keeps compiled code, from 22.8 on. */
const CACHING_VERSION = 22;

/** Lets Node keep the program's compiled code, if it can. Node 20, which cannot, takes 1 ms to load the module. */
async function keepCompiledCode(): Promise<void> {
  if (Number.parseInt(process.versions.node, 10) < CACHING_VERSION) return;
  // The types are those of Node 20.
  const { enableCompileCache } = (await import("node:module")) as { enableCompileCache?: () => unknown };
  enableCompileCache?.();
}

async function run(): Promise<number> {
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    writeSync(STDOUT, `${version()}\n`);
    return 0;
  }
  await keepCompiledCode();
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
