/** The summary of a result in one or two sentences: the best policy, by how much, and with which memory. */
import type { TraceReport } from "./data.js";
import { unique } from "./groups.js";
import { formatBytes, formatCount, formatCounted, formatRatio } from "./numbers.js";
import { excessOf, isContender, type Scored } from "./ranking.js";

/** Empty if there is nothing to compare and no curve. */
export function summaryOf(trace: TraceReport): string {
  const rows = trace.curves.flatMap(({ policy, points }) => points.map((point) => ({ policy, ...point })));
  const contenders = rows.filter(({ policy }) => isContender(policy));
  const [best, next] = trace.ranking.filter(isContender);
  if (best === undefined || contenders.length === 0) return "";
  if (next === undefined) return fallOf(contenders, trace);
  return [overall(best, next, contenders), where(best, contenders, trace)].join(" ");
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
  const over = sizes === 1 ? "" : `, on average over ${formatCounted(sizes, "size")} of memory`;
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
  const [clearest] = [...leads].sort((a, b) => b.by - a.by);
  if (clearest === undefined || clearest.by === 0) return count === "" ? "" : `${count}.`;
  const { first, second } = clearest;
  const against = `${formatRatio(first.missRatio)} against ${formatRatio(second.missRatio)} of ${second.policy}`;
  const place = framesText(first.frames, trace);
  return count === ""
    ? `With ${place} it is ${against}.`
    : `${count}, most clearly with ${place}: ${against}.`;
}

function framesText(frames: number, { pageSize }: TraceReport): string {
  const size = pageSize === undefined ? "" : ` (${formatBytes(frames * pageSize)})`;
  return `${formatCount(frames)} frames${size}`;
}
