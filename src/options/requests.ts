/** Options of `compare` and `mrc`: simulations of the requests of a trace. */
import { parsePageSize } from "../units.js";
import { csvOption, jobsOption, reportOptions } from "./common.js";
import type { PolicyName } from "./names.js";
import { option, optionOr } from "./row.js";
import { choice, count, flag, list, names, number, size, text } from "./shapes.js";

/** Classic policies, well-known ones from research, and the optimum. */
const DEFAULT_POLICIES = "fifo,lru,clock,2q,arc,lirs,tinylfu,s3-fifo,sieve,opt";
/** Limit on differences that `diverge` lists for each number of frames. */
const MOST_DIFFERENCES = 100_000;
const MOST_POINTS = 10_000;
const MOST_WAYS = 65_536;
const MOST_SAMPLED = 2 ** 24;
/** The smallest sample in pages. */
export const LEAST_SAMPLED = 64;

/** The requests that a trace makes. */
export const requestOptions = {
  only: optionOr(choice("what", ["all", "data", "instructions"]), "all", "the references that count"),
  pageSize: optionOr(size("size", parsePageSize), 4096, "bytes of a page, for traces of addresses"),
};

/** Parts of a comparison on other machines. */
const sweepOptions = {
  shard: option(text("k/n"), "run only part K of N, such as `3/64`, and print it as JSON for `merge`"),
  queue: option(
    text("url"),
    "have the workers of this [queue](sweeps.md) run the simulations: `redis://127.0.0.1:6379`",
  ),
  cancel: option(flag, "with `--queue`: remove the comparison from the queue"),
};

export const compareOptions = {
  policies: optionOr(
    names<PolicyName>("list"),
    DEFAULT_POLICIES,
    "names separated by commas, or `all`; parameters follow a name: `random:seed=7`; " +
      "`./mine.js` is a [custom policy](custom-policy.md)",
    { alias: "policy" },
  ),
  frames: optionOr(
    list("list"),
    "1%,5%,20%",
    "numbers of frames: counts such as `128,1024`, or shares of the distinct pages",
  ),
  ...requestOptions,
  ...jobsOption,
  resume: option(text("file"), "keep finished simulations in this file, and run only the missing ones"),
  ...sweepOptions,
};

export const divergeOptions = {
  frames: optionOr(list("list"), "5%", "numbers of frames, as for `compare`"),
  limit: optionOr(count("n", 1, MOST_DIFFERENCES), 10, "with `--diverge`: number of differences to list"),
  ...requestOptions,
};

/** Options of drawing each request. */
export const stepOptions = {
  policies: compareOptions.policies,
  frames: compareOptions.frames,
  ...requestOptions,
};

/** Instead of a trace. */
const requestsOption = {
  requests: option(text("string"), "a reference string instead of a trace, such as `1 2 3 4 1 2 5`"),
};

/** `compare` on the command line. */
export const compareCommand = {
  ...requestsOption,
  ...compareOptions,
  ...csvOption,
  ...reportOptions,
  diverge: option(
    text("two"),
    "two policies: list the first requests at which they differ, instead of the table",
    { library: "policies" },
  ),
  limit: divergeOptions.limit,
  traceSteps: option(
    flag,
    "show each request with hit or miss, victim and frames, instead of the table; up to 1,000 requests",
  ),
};

/** `worker` on the command line. */
export const workerCommand = {
  queue: option(text("url"), "the address of Redis, such as `redis://127.0.0.1:6379`", { required: true }),
  ...jobsOption,
  name: option(text("name"), "the worker's name in messages", { defaultWords: "the host and the process" }),
};

/** `merge` on the command line. */
export const mergeCommand = { ...csvOption, ...reportOptions };

export const mrcOptions = {
  policy: optionOr(
    names<PolicyName>("list"),
    "lru",
    "names separated by commas; `compare --help` lists them",
    {
      alias: "policies",
    },
  ),
  points: option(count("n", 2, MOST_POINTS), "number of points of a curve", { defaultWords: "`100`" }),
  spacing: option(choice("how", ["log", "linear"]), "points by equal factors or by equal differences", {
    defaultWords: "`log`",
  }),
  frames: option(list("list"), "the points themselves, such as `128,1024` or `1%,5%`"),
  only: requestOptions.only,
  pageSize: option(list("list"), "bytes of a page, for traces of addresses; one curve for each", {
    defaultWords: "`4KiB`",
  }),
  sets: option(list("list"), "TLBs with these numbers of sets: miss ratio by ways, one curve for each"),
  ways: option(count("n", 1, MOST_WAYS), "the largest number of ways of those", { defaultWords: "`16`" }),
  sample: option(
    number("rate", 0, 1),
    "sample this share of the pages, such as `0.01`; every point has an error bar",
  ),
  sampleSize: option(count("pages", LEAST_SAMPLED, MOST_SAMPLED), "sample this number of pages"),
  seed: option(count("n", 0, 2 ** 32 - 1), "selects the sample", { defaultWords: "`1`" }),
  reuse: option(flag, "also histograms of stack distances and reuse times"),
  ...jobsOption,
};

/** `mrc` on the command line. */
export const mrcCommand = {
  ...requestsOption,
  ...mrcOptions,
  workingSet: option(flag, "also working sets: their average size, and their size over time"),
  windows: option(text("list"), "the same, for these windows in requests, such as `1000,100000`", {
    defaultWords: "powers of four",
    library: "workingSet",
  }),
  ...csvOption,
  ...reportOptions,
};
