/** All figures, in the order of a report. */
import type { TraceReport } from "../data.js";
import { BOUND, isRanked } from "../ranking.js";
import { ACTIVITY_FIGURES } from "./activity/index.js";
import { passesDecades, spansFar } from "./axes.js";
import { CHARGE_FIGURES } from "./charges/index.js";
import { curves } from "./curves.js";
import type { Choice, Figure } from "./figure.js";
import { grid } from "./grid.js";
import { HEAP_FIGURES } from "./heap/index.js";
import { heat } from "./heat.js";
import { overTime, widestFrames, windowRatios } from "./over-time.js";
import { reuse } from "./reuse.js";
import { workingSet, workingSetSizes } from "./working-set.js";

/** Those of `compare` and `mrc`. */
export const FIGURES: readonly Figure[] = [curves, grid, overTime, reuse, workingSet, workingSetSizes, heat];

/** The figures for which the trace has data. */
export function figuresOf(trace: TraceReport): readonly Figure[] {
  return [...ACTIVITY_FIGURES, ...FIGURES, ...HEAP_FIGURES, ...CHARGE_FIGURES].filter((figure) =>
    figure.has(trace),
  );
}

/** Most lines, besides the bound's, that can be distinguished easily. */
export const LEGIBLE_LINES = 8;

/** The initial selection. */
export function firstChoice(trace: TraceReport): Choice {
  const best = trace.ranking.filter(isRanked).slice(0, LEGIBLE_LINES);
  const widest = widestFrames(trace);
  const frames = trace.curves.flatMap(({ points }) => points.map((point) => point.frames));
  return {
    policies: trace.policies.filter((policy) => policy === BOUND || best.includes(policy)),
    logFrames: spansFar(frames),
    logRatio: passesDecades(trace.curves.flatMap(({ points }) => points.map(({ missRatio }) => missRatio))),
    logTime: passesDecades(windowRatios(trace, widest)),
    logShare: passesDecades((trace.reuse?.stackDistances ?? []).map(({ count }) => count)),
    frames: widest,
    beyondBest: false,
    reuseBy: "distance",
    allocator: firstMap(trace),
    heapBytes: "heap",
    fragmentation: "external",
    charge: "cycles",
  };
}

/** The map of glibc, the allocator of most programs; otherwise that of the smallest heap. */
function firstMap({ heap, ranking }: TraceReport): string {
  const names = heap?.maps.map(({ allocator }) => allocator) ?? [];
  const isGlibc = (name: string) => name.split(":")[0] === "glibc";
  return names.find(isGlibc) ?? ranking.find((name) => names.includes(name)) ?? "";
}
