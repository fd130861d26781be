/** Options of `policy check` and `allocator check`. */
import { optionOr } from "./row.js";
import { count } from "./shapes.js";

const trials = count("n", 1, 1_000_000);
const seed = optionOr(count("n", 0, Number.MAX_SAFE_INTEGER), 1, "seed of the random trials");

export const policyCheckOptions = {
  seed,
  trials: optionOr(trials, 200, "number of random sequences of requests for each claim"),
};

export const allocatorCheckOptions = {
  seed,
  trials: optionOr(trials, 60, "number of random programs for each claim"),
};
