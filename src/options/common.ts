/** Options of every command, and outputs of several. */
import { option } from "./row.js";
import { count, flag, text } from "./shapes.js";

/** Every command takes these. */
export const commonOptions = {
  json: option(flag, "print one JSON document and nothing else"),
  quiet: option(flag, "show no progress and no warnings"),
  debug: option(flag, "show a stack trace after an error"),
};

export const csvOption = {
  csv: option(text("file"), "also write the results as comma-separated values; `-` for standard output"),
};

/** Outputs with figures. */
export const reportOptions = {
  report: option(
    text("file"),
    "also write an HTML page with figures, which needs no network; `-` for standard output",
  ),
  plots: option(text("dir"), "also write each figure as SVG into this directory"),
};

const MOST_JOBS = 1024;

export const jobsOption = {
  jobs: option(count("n", 1, MOST_JOBS), "number of simulations at a time", { defaultWords: "every core" }),
};
