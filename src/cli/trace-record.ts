/** `trace record -o OUT -- COMMAND ARG…` */
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { type RecordHeapResult, recordHeap } from "../heap/record.js";
import { recordAllocations } from "../heap/record-allocations.js";
import { formatCounted } from "../report/numbers.js";
import { recordTrace } from "../trace/record.js";
import { addCommonOptions } from "./options.js";
import { Progress } from "./progress.js";
import { writeError, writeJson } from "./terminal.js";
import {
  addToOption,
  formatOf,
  refuseTwoOutputs,
  tellWritten,
  type WriteOptions,
  warnOfLosses,
} from "./written.js";

interface Options extends WriteOptions {
  output: string;
  calls?: boolean;
  heap?: boolean;
  follow?: boolean;
}

const EXAMPLES = `
The program runs under valgrind's tool lackey, about fifty times slower than
alone. The output of the program is not changed.

With --heap the program runs at nearly its own speed, and each call of its
allocator (malloc, free, …) is recorded with the address that it returned. This
needs Linux with glibc and a C compiler. OUT.maps is written beside OUT: the
program's regions at its first call. A name that ends with .pagewalk has both in
one file. Addresses are not randomised. Forked children are not recorded; with
--follow, the programs that they execute are, each in a file of its own with the
number of its process in the name.

With --heap and --calls, references, system calls and allocations are in one
time line, under valgrind: run --show charges shows the cost of each allocation,
and run --allocator NAME its cost with another allocator.

Examples:
  pagewalk trace record -o ls.pagewalk -- ls -l /usr/bin
  pagewalk trace record -o sort.pagewalk -- sort words.txt > sorted.txt
  pagewalk trace record --calls -o ls.pagewalk -- ls
  pagewalk run ls.pagewalk --show maps,costs
  pagewalk trace record --heap --calls -o ls.pagewalk -- ls
  pagewalk run ls.pagewalk --show charges
  pagewalk trace record --heap -o sort.log -- sort words.txt
  pagewalk trace record --heap --follow -o gcc.log.gz -- gcc -c hello.c`;

export function define(command: Command): void {
  command
    .usage("-o <file> [options] -- <command...>")
    .argument("<command...>", "the program to run and its arguments")
    .passThroughOptions()
    .requiredOption("-o, --output <file>", "the output file; - for standard output");
  command.option("--calls", "also record system calls and regions, so that run can read the trace");
  command.option(
    "--heap",
    "record the calls of the program's allocator instead of its references; with --calls, in addition to them",
  );
  command.option("--follow", "with --heap: also record the programs that it starts");
  addToOption(command);
  addCommonOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(run);
}

async function run(program: string[], options: Options): Promise<void> {
  const { output, json, quiet, calls = false } = options;
  refuseTwoOutputs(output, options);
  if (options.heap && !calls) return runHeap(program, options);
  if (options.follow)
    throw new UsageError("--follow is for recordings of heaps", "give --heap too, or leave it out");
  const progress = new Progress(options);
  try {
    const common = {
      onProgress: progress.onPass,
      programOutput: output === "-" || json ? ("stderr" as const) : ("inherit" as const),
      ...formatOf(options),
    };
    const result = await (options.heap
      ? recordAllocations(program, output, common)
      : recordTrace(program, output, { ...common, calls }));
    progress.stop();
    tellWritten(output, result, options);
    warnOfLosses(output, result, options);
    if (json || quiet) return;
    const { counts, exitCode } = result;
    const ending = exitCode === 0 ? "" : `; the program ended with status ${exitCode}`;
    writeError(`pagewalk: ${output}: ${formatCounted(counts.references, "reference")} recorded${ending}\n`);
  } finally {
    progress.stop();
  }
}

async function runHeap(program: string[], options: Options): Promise<void> {
  const { output, json, quiet, follow = false } = options;
  const result = await recordHeap(program, output, {
    programOutput: output === "-" || json ? "stderr" : "inherit",
    follow,
    ...formatOf(options),
  });
  if (json) writeJson(result);
  else if (!quiet) writeError(describeHeap(result));
}

/** One line for each log. */
function describeHeap({ path, calls, others, exitCode }: RecordHeapResult): string {
  const ending = exitCode === 0 ? "" : `; the program ended with status ${exitCode}`;
  const lines = [{ path, calls, ending }, ...others.map((other) => ({ ...other, ending: "" }))];
  return lines
    .map((one) => `pagewalk: ${one.path}: ${formatCounted(one.calls, "call")} recorded${one.ending}\n`)
    .join("");
}
