/**
 * Draws the figures of a small comparison into nothing. A browser interprets code until it has run for a while, so the
 * first drawing of a chart takes as long as five frames, and a page does that before the reader waits for it.
 */
import type { CompareRow } from "../../compare/row.js";
import { reportData } from "../data.js";
import { figuresOf, firstChoice } from "../figures/index.js";
import { pictureOf } from "../pictures.js";
import { chartOn } from "./echarts.js";

const POLICIES = ["fifo", "lru", "clock"];
const FRAMES = [1, 2, 4, 8];
const REQUESTS = 64;

/**
 * The drawings in steps, between which the page may do other things: a chart is made, takes its values, and is laid out
 * and painted, each in a frame of its own; first with the axes alone.
 */
export async function* rehearsal(): AsyncGenerator<void, void> {
  const { traces } = reportData({ results: results() });
  for (const trace of traces) {
    for (const figure of figuresOf(trace)) {
      const { option, size } = pictureOf(figure, trace, firstChoice(trace), false);
      yield;
      const chart = chartOn(document.createElement("div"), size);
      try {
        for (const part of [{ ...option, series: [], dataZoom: [] }, option]) {
          yield;
          const finished = new Promise<void>((resolve) => chart.on("finished", () => resolve()));
          chart.setOption(part, { lazyUpdate: true });
          yield;
          await finished;
        }
      } finally {
        chart.dispose();
      }
    }
  }
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
