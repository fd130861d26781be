/** Invented results for reports. */
import type { CompareRow } from "#pagewalk/compare/compare.js";
import type { CurvesResult, TraceDetails } from "#pagewalk/report/data.js";

/** Names that would be markup if they were not escaped. */
export const HOSTILE = `</script><script>document.title="owned"</script><img src=x onerror='document.title="owned"'>&"`;

export const row = (policy: string, frames: number, misses: number, trace = "a.lackey"): CompareRow => ({
  trace,
  policy,
  frames,
  requests: 1000,
  hits: 1000 - misses,
  misses,
  writebacks: 0,
  missRatio: misses / 1000,
  seconds: 0.001,
  requestsPerSecond: 1e6,
});

/** `row` with a timeline of four windows. */
export const timed = (policy: string, frames: number, misses: number, trace?: string): CompareRow => ({
  ...row(policy, frames, misses, trace),
  timeline: { requests: [250, 500, 750, 1000], misses: [misses / 2, misses / 2, misses * 0.75, misses] },
});

/** A grid of `policies` against `frames`: the later a policy, the worse. */
export const rows = (policies: readonly string[], frames: readonly number[], trace?: string): CompareRow[] =>
  frames.flatMap((count) =>
    policies.map((policy, index) =>
      timed(policy, count, Math.round(600 / Math.sqrt(count)) + 4 * index, trace),
    ),
  );

export const details: TraceDetails = {
  format: "lackey",
  pageSize: 4096,
  distinctPages: 300,
  heat: {
    unit: "address",
    requests: 1000,
    windowRequests: 256,
    bins: [
      { region: 0, first: "0x400000", last: "0x400fff", counts: [256, 0, 100, 0] },
      { region: 0, first: "0x401000", last: "0x401fff", counts: [0, 256, 56, 0] },
      { region: 1, first: "0x7ff000000000", last: "0x7ff000000fff", counts: [0, 0, 100, 232] },
    ],
  },
  reuse: {
    requests: 1000,
    firstRequests: 300,
    stackDistances: [
      { from: 1, to: 1, count: 400 },
      { from: 2, to: 3, count: 200 },
      { from: 4, to: 7, count: 100 },
    ],
    reuseTimes: [{ from: 1, to: 1, count: 700 }],
  },
  workingSet: {
    windows: [
      { window: 4, averagePages: 3 },
      { window: 16, averagePages: 9 },
    ],
    overTime: {
      window: 16,
      moments: [
        { request: 16, pages: 9 },
        { request: 32, pages: 12 },
      ],
    },
  },
};

export const sampled: CurvesResult = {
  trace: "b.pagewalk",
  curves: ["lru", "arc"].map((policy) => ({
    policy,
    method: "sampled",
    pageSize: 4096,
    sampleRate: 0.01,
    requests: 1000,
    distinctPages: 300,
    points: [1, 4, 16, 64].map((frames) => ({ frames, missRatio: 0.5 / frames, errorBar: 0.01 })),
  })),
};
