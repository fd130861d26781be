/**
 * Draws the figures of a small comparison into nothing. A browser interprets code until it has run for a while, so the
 * first drawing of a chart takes as long as five frames, and a page does that before the reader waits for it.
 */
import type { CompareRow } from "../../compare/row.js";
import { reportData } from "../data.js";
import { figuresOf, firstChoice } from "../figures/index.js";
import { pictureOf } from "../pictures.js";
import { pngOf } from "./echarts.js";

const POLICIES = ["fifo", "lru", "clock"];
const FRAMES = [1, 2, 4, 8];
const REQUESTS = 64;

/** The drawings, which may be called in turn when the page is idle. */
export function rehearsal(): (() => void)[] {
  return reportData({ results: results() }).traces.flatMap((trace) =>
    figuresOf(trace).map((figure) => () => {
      const { option, size } = pictureOf(figure, trace, firstChoice(trace), false);
      pngOf(option, size);
    }),
  );
}

function results(): CompareRow[] {
  return FRAMES.flatMap((frames) =>
    POLICIES.map((policy, n): CompareRow => {
      const misses = REQUESTS / frames + n;
      const counts = { requests: REQUESTS, hits: REQUESTS - misses, misses, writebacks: 0 };
      const timeline = { requests: [REQUESTS / 2, REQUESTS], misses: [misses / 2, misses] };
      const rates = { missRatio: misses / REQUESTS, seconds: 1, requestsPerSecond: REQUESTS };
      return { trace: "", policy, frames, ...counts, ...rates, timeline };
    }),
  );
}
