/** Options of a machine: page tables, TLBs, memory, replacement. */
import { MOST_CPUS } from "../../assembly/abi/machine.js";
import { ARCHITECTURE_NAMES } from "../../assembly/abi/names.js";
import { reportOptions } from "./common.js";
import type { ArchitectureName, PolicyName } from "./names.js";
import { option, optionOr } from "./row.js";
import { choice, count, flag, size, text } from "./shapes.js";

const huge = choice("when", ["never", "always", "madvise"]);

export const machineOptions = {
  arch: optionOr(
    text<ArchitectureName>("name", ARCHITECTURE_NAMES),
    "x86-64",
    "address space and page tables",
    { defaultWords: "a recording's own, else `x86-64`" },
  ),
  tlb: optionOr(
    text("list"),
    "l1i=64x4,l1d=64x4,l2=1536x12",
    "the TLBs; `replay --help` describes the syntax",
  ),
  walkCache: option(text("list"), "caches of upper page-table entries, such as `l4=2,l3=4,l2=32`", {
    defaultWords: "none",
  }),
  huge: optionOr(huge, "never", "transparent huge pages"),
  memory: option(size(), "physical memory, such as `16MiB`", { defaultWords: "as much as needed" }),
  policy: optionOr(
    text<PolicyName>("name"),
    "clock",
    "the replacement policy when memory is full; `compare --help` lists them",
    { alias: "policies" },
  ),
  swap: option(size(), "room for evicted dirty pages", { defaultWords: "no limit" }),
  seed: optionOr(count("n", 0, 2 ** 32 - 1), 1, "seed of random replacement in TLBs"),
};

export const replayOptions = {
  ...machineOptions,
  cpus: optionOr(
    count("number", 1, MOST_CPUS),
    1,
    "processors, each with first-level TLBs of its own; threads take them in turn",
  ),
};

/** `replay` on the command line. */
export const replayCommand = {
  ...replayOptions,
  byRegion: option(flag, "faults and TLB misses by region; a report has them, too"),
  ...reportOptions,
};
