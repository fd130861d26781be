/** Options of a machine: page tables, TLBs, memory, replacement. */
import { ARCHITECTURE_NAMES } from "../../assembly/abi/machine.js";
import { reportOptions } from "./common.js";
import { option, optionOr } from "./row.js";
import { choice, count, flag, size, text } from "./shapes.js";

const huge = choice("when", ["never", "always", "madvise"]);

export const machineOptions = {
  arch: optionOr(text("name", ARCHITECTURE_NAMES), "x86-64", "address space and page tables"),
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
    text("name"),
    "clock",
    "the replacement policy when memory is full; `compare --help` lists them",
    { alias: "policies" },
  ),
  swap: option(size(), "room for evicted dirty pages", { defaultWords: "no limit" }),
  seed: optionOr(count("n", 0, 2 ** 32 - 1), 1, "seed of random replacement in TLBs"),
};

/** `replay` on the command line. */
export const replayCommand = {
  ...machineOptions,
  byRegion: option(flag, "faults and TLB misses by region; a report has them, too"),
  ...reportOptions,
};
