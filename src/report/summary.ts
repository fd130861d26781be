/** The summary of a result in one or two sentences: the best policy, by how much, and with which memory. */

import { isWhole } from "../heap/rows.js";
import { type ActivityReport, faultsOf, missesOf, type RegionFaults } from "./activity-data.js";
import type { TraceReport } from "./data.js";
import { unique } from "./groups.js";
import type { HeapReport } from "./heap-data.js";
import { formatBytes, formatCount, formatCounted, formatRatio, formatShare } from "./numbers.js";
import { excessOf, isRanked, type Scored } from "./ranking.js";

/** Empty if there is nothing to compare and no curve. */
export function summaryOf(trace: TraceReport): string {
  if (trace.heap !== undefined) return heapSummary(trace.heap);
  if (trace.activity !== undefined) return activitySummary(trace.activity);
  // Parts of different length cannot be compared.
  if (trace.interruptedAt !== undefined) {
    const state = trace.isRunning ? "Running" : "Interrupted";
    return `${state}: these are results of at most the first ${formatCounted(trace.interruptedAt, "reference")}.`;
  }
  const rows = trace.curves.flatMap(({ policy, points }) => points.map((point) => ({ policy, ...point })));
  const ranked = rows.filter(({ policy }) => isRanked(policy));
  const [best, next] = trace.ranking.filter(isRanked);
  if (best === undefined || ranked.length === 0) return "";
  if (next === undefined) return fallOf(ranked, trace);
  return [overall(best, next, ranked), where(best, ranked, trace)].join(" ");
}

/** The allocator with the smallest heap, the next, and the largest, of those that served the whole log. */
function heapSummary({ rows }: HeapReport): string {
  const [best, next, ...others] = rows.filter(isWhole).toSorted((a, b) => a.peakHeapBytes - b.peakHeapBytes);
  if (best === undefined || next === undefined) return "";
  const size = ({ allocator, peakHeapBytes }: { allocator: string; peakHeapBytes: number }) =>
    `${allocator} with ${formatBytes(peakHeapBytes)}`;
  const last = others.at(-1);
  const most = last === undefined ? "" : `; the largest is that of ${size(last)}`;
  const used = formatBytes(best.peakLiveBytes);
  return `The smallest heap is that of ${size(best)} for ${used} in use; next is ${size(next)}${most}.`;
}

/** Where a machine's faults and TLB misses are, if its regions are known. */
function activitySummary({ regions }: ActivityReport): string {
  const sentence = (what: string, count: (region: RegionFaults) => number) => {
    const all = regions.reduce((sum, region) => sum + count(region), 0);
    if (all === 0) return "";
    const most = regions.reduce((best, region) => (count(region) > count(best) ? region : best));
    const share = `${formatCount(count(most))} of ${formatCount(all)}, ${formatShare(count(most), all)}`;
    return `Most ${what} are in ${most.name}: ${share}.`;
  };
  return [sentence("page faults", faultsOf), sentence("TLB misses, of all levels,", missesOf)]
    .filter((text) => text !== "")
    .join(" ");
}

/** The summary of a single curve. */
function fallOf(rows: readonly Scored[], trace: TraceReport): string {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined || rows.length < 2) return "";
  const from = `${formatRatio(first.missRatio)} with ${framesText(first.frames, trace)}`;
  return `The miss ratio of ${first.policy} falls from ${from} to ${formatRatio(last.missRatio)} with ${framesText(last.frames, trace)}.`;
}

function overall(best: string, next: string, rows: readonly Scored[]): string {
  const excess = excessOf(rows);
  const more = (policy: string) => formatRatio(excess.get(policy) ?? 0);
  const sizes = unique(rows.map(({ frames }) => frames)).length;
  if (excess.get(best) === 0) {
    const [everywhere, average] =
      sizes === 1 ? ["", ""] : [` at all ${sizes} sizes of memory`, " on average"];
    return `${best} is best: it has the fewest misses${everywhere}; next is ${next} with ${more(next)} more${average}.`;
  }
  const over = sizes === 1 ? "" : `, on average over ${sizes} sizes of memory`;
  return `${best} is best: ${more(best)} more misses than the fewest${over}; next is ${next} with ${more(next)} more.`;
}

/** How often the best policy has the fewest misses, and the size at which the second is farthest behind. */
function where(best: string, rows: readonly Scored[], trace: TraceReport): string {
  const sizes = unique(rows.map(({ frames }) => frames));
  const leads = sizes.flatMap((frames) => {
    const [first, second] = rows
      .filter((row) => row.frames === frames)
      .sort((a, b) => a.missRatio - b.missRatio || Number(b.policy === best) - Number(a.policy === best));
    const wins = first?.policy === best;
    return wins && second !== undefined ? [{ first, second, by: second.missRatio - first.missRatio }] : [];
  });
  const count = sizes.length === 1 ? "" : `It has the fewest misses at ${leads.length} of them`;
  const isEverywhere = leads.length === sizes.length;
  const [clearest] = [...leads].sort((a, b) => b.by - a.by);
  if (clearest === undefined || clearest.by === 0) return count === "" || isEverywhere ? "" : `${count}.`;
  const { first, second } = clearest;
  const against = `${formatRatio(first.missRatio)} against ${formatRatio(second.missRatio)} of ${second.policy}`;
  const place = framesText(first.frames, trace);
  if (count === "") return `With ${place} it is ${against}.`;
  return `${isEverywhere ? "The lead is clearest" : `${count}, most clearly`} with ${place}: ${against}.`;
}

function framesText(frames: number, { pageSize }: TraceReport): string {
  const size = pageSize === undefined ? "" : ` (${formatBytes(frames * pageSize)})`;
  return `${formatCounted(frames, "frame")}${size}`;
}
