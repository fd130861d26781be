/** Options of processes: `run`, and systems of the library. */
import { parseSizeOrZero } from "../units.js";
import { reportOptions } from "./common.js";
import { machineOptions } from "./machine.js";
import { option, optionOr } from "./row.js";
import { choice, count, flag, size, text } from "./shapes.js";

/** The newest version of Linux that is modelled. */
export const NEWEST_KERNEL = "6.18";
export const DEFAULT_ALLOCATOR = "glibc";

/** The views of `run --show`. */
export const SHOWN = [
  "maps",
  "smaps",
  "status",
  "pagemap",
  "pagetable",
  "heap",
  "lists",
  "tlb",
  "signals",
  "faults",
  "costs",
  "charges",
  "swapped",
  "calls",
  "differences",
] as const;

/** Options of a system. */
export const systemOptions = {
  ...machineOptions,
  swap: option(size("size", parseSizeOrZero), "swap", { defaultWords: "none" }),
  ulimit: optionOr(
    text("list"),
    "",
    "limits of stack, memlock, as and data, such as `stack=8MiB,as=1GiB` or `data=unlimited`",
    {
      defaultWords: "`stack=8MiB,memlock=8MiB`",
    },
  ),
  privileged: option(
    flag,
    "processes may lock without limit and map at any address, as root may; `--no-privileged`: they may not",
    { defaultWords: "unless `--ulimit` names memlock", negatable: true },
  ),
  overcommit: optionOr(count("mode", 0, 2), 0, "`0` heuristic, `1` always, `2` never"),
  hugetlb: optionOr(count("pages", 0, 0xffff), 0, "number of explicit huge pages to reserve"),
  cpus: optionOr(
    count("number", 1, 8192),
    4,
    "processors of the machine; the rings of `io_setup` grow with them",
  ),
  kernel: optionOr(text("version"), NEWEST_KERNEL, "the version of Linux to model, from 5.10 on"),
  pageCache: optionOr(choice("state", ["warm", "cold"]), "warm", "whether files are in memory at the start"),
  randomize: option(
    count("seed", 0, Number.MAX_SAFE_INTEGER),
    "randomise addresses; the same seed gives the same ones",
    { defaultWords: "off" },
  ),
  allocator: optionOr(
    text("name"),
    DEFAULT_ALLOCATOR,
    "the allocator behind malloc, such as `musl` or `first-fit:order=address`; `heap --help` lists them",
    { defaultWords: "the one that the log names, or `glibc`", alias: "allocators" },
  ),
  costs: option(text("list"), "costs in cycles", {
    defaultWords: "`tlbHit=1,walkStep=30,minorFault=1500,majorFault=300000,shootdown=3000,call=200`",
  }),
};

/** Options of a run, in addition to those of its system. */
export const logOptions = {
  verify: optionOr(flag, false, "check every recorded result; exit status 1 if one differs"),
  follow: option(flag, "place mappings where the log has them, unchecked", {
    defaultWords: "for recordings of `trace record --calls`",
  }),
  format: option(text("name", ["calls", "strace", "ltrace", "pagewalk", "lackey"]), "the log's format", {
    defaultWords: "detected",
  }),
};

/** `run` on the command line. */
export const runCommand = {
  ...logOptions,
  maps: option(text("file"), "start from the regions of a `/proc/PID/maps`"),
  show: option(text("list", SHOWN), "views at the end, or before a line (`maps@120`), separated by commas"),
  root: optionOr(text("dir"), "/", "the directory in which execve looks for programs"),
  ...systemOptions,
  ...reportOptions,
};
