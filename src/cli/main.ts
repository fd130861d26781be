#!/usr/bin/env node
/** The command `pagewalk`. Parts are loaded when they are needed, to keep the start-up short. */
import { writeOut } from "./terminal.js";

const args = process.argv.slice(2);

try {
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    const { version } = await import("./version.js");
    writeOut(`${version()}\n`);
  } else {
    const { runProgram } = await import("./program.js");
    process.exitCode = await runProgram(args);
  }
} catch (error) {
  const { report } = await import("./failure.js");
  process.exitCode = report(error, args.includes("--debug"));
}
