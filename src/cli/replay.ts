/** `replay TRACE` */
import type { Command } from "commander";
import { ARCHITECTURE_NAMES } from "../../assembly/abi/machine.js";
import { type ReplayOptions, replay } from "../replay/replay.js";
import { openTrace } from "../trace/open.js";
import type { OpenTraceOptions } from "../trace/trace.js";
import {
  addCommonOptions,
  addTraceOptions,
  type CommonOptions,
  countOption,
  outputStyle,
  splitTraceOptions,
} from "./options.js";
import { Progress } from "./progress.js";
import { writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & OpenTraceOptions & Omit<ReplayOptions, "onProgress" | "signal">;

const DETAILS = `
A TLB is NAME=ENTRIESxWAYS. The name is its level, optionally followed by its
side: l1i, l1d, l2. "64xfull" is fully associative. Options follow after colons:
the replacement in a set (lru, plru, fifo or random; default lru) and the page
sizes that it holds, such as 4k or 2m+1g (default: all).

Examples:
  pagewalk replay ls.pagewalk
  pagewalk replay ls.pagewalk --tlb "l1i=32x4,l1d=48x6:plru,l2=1024x8"
  pagewalk replay ls.pagewalk --memory 1MiB --policy arc --json
  xz -dc big.lackey.xz | pagewalk replay - --arch sv39`;

export function define(command: Command): void {
  command
    .description("Replay a trace through one machine and count TLB misses, walks, faults and replacements.")
    .argument("<trace>", "a path, or - for standard input")
    .option("--arch <name>", `page tables: ${ARCHITECTURE_NAMES.join(", ")} (default: x86-64)`)
    .option("--tlb <list>", "the TLBs (default: l1i=64x4,l1d=64x4,l2=1536x12)")
    .option(
      "--walk-cache <list>",
      "caches of upper page-table entries, such as l4=2,l3=4,l2=32 (default: none)",
    )
    .option("--huge <when>", "huge pages: never, always or madvise (default: never)")
    .option("--memory <size>", "physical memory, such as 16MiB (default: as much as the trace needs)")
    .option(
      "--policy <name>",
      "the replacement policy when memory is full; see compare --help (default: clock)",
    )
    .option("--swap <size>", "room for evicted dirty pages (default: no limit)")
    .option("--seed <n>", "seed of random replacement in TLBs (default: 1)", countOption("--seed"));
  addTraceOptions(command);
  addCommonOptions(command);
  command.addHelpText("after", DETAILS);
  command.action(run);
}

async function run(path: string, options: Options): Promise<void> {
  const [opening, { json, quiet, debug, ...machine }] = splitTraceOptions(options);
  const trace = await openTrace(path, opening);
  const progress = new Progress(options);
  try {
    const result = await replay(trace, { ...machine, onProgress: progress.onPass });
    progress.stop();
    if (json) {
      writeJson(result);
      return;
    }
    const { replayText } = await import("../report/replay.js");
    writeOut(replayText(result, await outputStyle()));
  } finally {
    progress.stop();
    await trace.close();
  }
}
