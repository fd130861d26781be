/** The results of `compare` as comma-separated values. */
import type { CompareResult } from "../compare/compare.js";
import { csv } from "./csv.js";

/** A line for each row. */
export function compareCsv({ results }: CompareResult): string {
  const keys = [
    "trace",
    "policy",
    "frames",
    "requests",
    "hits",
    "misses",
    "writebacks",
    "missRatio",
  ] as const;
  const times = ["seconds", "requestsPerSecond"] as const;
  if (results.every(({ meanResidentPages }) => meanResidentPages === undefined)) {
    return csv([...keys, ...times], results);
  }
  const rows = results.map((row) => ({ ...row, meanResidentPages: row.meanResidentPages ?? "" }));
  return csv([...keys, "meanResidentPages", ...times], rows);
}
