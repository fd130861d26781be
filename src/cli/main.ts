#!/usr/bin/env node
/**
 * The command `pagewalk`. It is bundled apart from the program, which is loaded for all but the version: a bundle of a
 * megabyte takes 30 ms to compile. Node 22.8 and later keep the compiled code in a cache.
 */
import { writeSync } from "node:fs";
import module from "node:module";
import { version } from "./version.js";

const args = process.argv.slice(2);
const STDOUT = 1;

// The types are those of Node 20.
const { enableCompileCache } = module as { enableCompileCache?: () => unknown };

try {
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    writeSync(STDOUT, `${version()}\n`);
  } else {
    enableCompileCache?.();
    const { runProgram } = await import("./program.js");
    process.exitCode = await runProgram(args);
  }
} catch (error) {
  const { report } = await import("./program.js");
  process.exitCode = report(error, args.includes("--debug"));
}
