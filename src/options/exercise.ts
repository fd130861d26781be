/** Options of `exercise`: a sheet, and the difficulty of each kind. */
import { ARCHITECTURE_NAMES } from "../../assembly/abi/names.js";
import { option, optionOr } from "./row.js";
import { choice, count, flag, text } from "./shapes.js";

/** The kinds of exercises. */
export const EXERCISE_KINDS = ["translate", "replace", "tlb", "allocate", "fault"] as const;

/** Policies whose rule fits into a sentence, so that a student can follow it. */
export const EXERCISE_POLICIES = ["fifo", "lru", "mru", "lfu", "clock", "clock:referenced=1", "opt"] as const;

export const EXERCISE_ALLOCATORS = ["first-fit", "best-fit", "worst-fit"] as const;

const MOST_SEED = 2 ** 32 - 1;
const MOST_COUNT = 1000;

/** Options of one or more kinds. */
export const difficultyOptions = {
  bits: option(count("n", 14, 22), "translate: bits of an address, for a linear page table", {
    defaultWords: "`16`, or the tables of an architecture",
  }),
  arch: option(choice("name", ARCHITECTURE_NAMES), "translate: the page tables of this architecture", {
    defaultWords: "`i386`, or a linear table",
  }),
  policy: option(choice("name", EXERCISE_POLICIES), "replace: the replacement policy", {
    defaultWords: "drawn among fifo, lru, clock and opt",
  }),
  frames: optionOr(count("n", 1, 8), 3, "replace: number of frames"),
  entries: optionOr(count("n", 1, 64), 8, "tlb: number of entries"),
  ways: optionOr(count("n", 1, 64), 2, "tlb: number of ways"),
  allocator: option(choice("name", EXERCISE_ALLOCATORS), "allocate: the rule of the free list", {
    defaultWords: "drawn",
  }),
  length: optionOr(
    count("n", 4, 30),
    10,
    "number of requests, accesses or calls; translate has no such number",
  ),
};

/** The options of difficulty that each kind uses. */
export const DIFFICULTY: Readonly<
  Record<(typeof EXERCISE_KINDS)[number], readonly (keyof typeof difficultyOptions)[]>
> = {
  translate: ["bits", "arch"],
  replace: ["policy", "frames", "length"],
  tlb: ["entries", "ways", "length"],
  allocate: ["allocator", "length"],
  fault: ["length"],
};

export const sheetOptions = {
  seed: optionOr(
    count("n", 0, MOST_SEED),
    1,
    "seed of the first exercise; each further one has the next seed",
  ),
  count: optionOr(count("n", 1, MOST_COUNT), 1, "number of exercises of the kind"),
  ...difficultyOptions,
};

/** `exercise` on the command line. */
export const exerciseCommand = {
  ...sheetOptions,
  answers: option(flag, "print the answers, each with its reason"),
  check: option(
    flag,
    "read answers from standard input, one per line, and check them; exit status 1 if one is wrong",
  ),
  report: option(
    text("file"),
    "also write an HTML page to print, with the answers on pages of their own; `-` for standard output",
  ),
};
