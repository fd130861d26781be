/** What a comparison found out, with the names that `compare --json` prints. */

export interface CompareRow {
  trace: string;
  policy: string;
  frames: number;
  requests: number;
  hits: number;
  misses: number;
  missRatio: number;
  seconds: number;
  requestsPerSecond: number;
}

export interface CompareResult {
  results: CompareRow[];
}
