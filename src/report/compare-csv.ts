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
  const has = (key: "meanResidentPages" | "interruptedAt") => results.some((row) => row[key] !== undefined);
  const rows = results.map((row) => ({
    ...row,
    meanResidentPages: row.meanResidentPages ?? "",
    interruptedAt: row.interruptedAt ?? "",
  }));
  return csv(
    [
      ...keys,
      ...(has("meanResidentPages") ? (["meanResidentPages"] as const) : []),
      ...times,
      ...(has("interruptedAt") ? (["interruptedAt"] as const) : []),
    ],
    rows,
  );
}
