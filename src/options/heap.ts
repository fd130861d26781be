/** Options of `heap`. */
import { csvOption, reportOptions } from "./common.js";
import { systemOptions } from "./process.js";
import { option, optionOr } from "./row.js";
import { choice, count, flag, names, text } from "./shapes.js";

/** The findings of `heap --show`. */
export const FINDINGS = ["leaks", "errors"] as const;

export const heapOptions = {
  allocators: option(
    names("list"),
    "names separated by commas, with parameters (`first-fit:order=size`), or `all`; " +
      "`./mine.js` is a custom allocator",
    { defaultWords: "a selection, which `heap --help` lists", alias: "allocator" },
  ),
  format: option(
    text("name", ["ltrace", "mtrace", "rep", "heaptrack", "pagewalk"]),
    "the log's format; `pagewalk formats` describes them",
    {
      defaultWords: "detected",
    },
  ),
  memory: systemOptions.memory,
  swap: systemOptions.swap,
  tlb: systemOptions.tlb,
  huge: systemOptions.huge,
  touch: optionOr(
    choice("what", ["all", "none"]),
    "all",
    "whether the program stores to each page of its blocks",
  ),
  costs: optionOr(flag, false, "count search steps, cache lines and TLB misses per operation; slower"),
  jobs: option(count("n", 1, 1024), "number of allocators at a time", { defaultWords: "every core" }),
};

/** `heap` on the command line. */
export const heapCommand = {
  ...heapOptions,
  maps: option(text("file"), "start from the regions of a `/proc/PID/maps`", {
    defaultWords: "LOG.maps, if it exists beside the log",
  }),
  show: option(
    text("list", FINDINGS),
    "findings in the log (blocks never freed; blocks freed twice or never allocated), separated by commas",
  ),
  ...csvOption,
  ...reportOptions,
};
