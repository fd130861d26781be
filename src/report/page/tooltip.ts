/**
 * The tooltips of figures. They are built of elements whose text is set as text, so that names of traces and policies
 * are never parsed as HTML.
 */
import { CELL_KINDS } from "../../heap/cell-kinds.js";
import type { TraceReport } from "../data.js";
import { nameOf, type Option } from "../figures/axes.js";
import type { Choice, Figure } from "../figures/figure.js";
import { mapOf, partName } from "../figures/heap/map.js";
import { namedParts } from "../figures/heap/peak.js";
import { namedRows } from "../figures/heat.js";
import { formatBytes, formatCount, formatRatio } from "../numbers.js";
import { leastMissRatios } from "../ranking.js";

/** The point of one series under the pointer, in ECharts's form. */
interface Point {
  seriesName: string;
  seriesType: string;
  color: string;
  name: string;
  value: number | number[];
  dataIndex: number;
}

type ContentOf = (points: readonly Point[], trace: TraceReport, choice: Choice) => Content;

interface Content {
  heading: string;
  lines: { colour?: string; label: string; value: string }[];
}

export function tooltipOf({ id }: Figure, trace: TraceReport, choice: Choice): Option {
  const contentOf = CONTENTS[id];
  if (contentOf === undefined) return { show: false };
  const byItem = id === "policies" || id === "addresses" || id === "heap-map";
  return {
    trigger: byItem ? "item" : "axis",
    confine: true,
    transitionDuration: 0,
    className: "tooltip",
    padding: 0,
    borderWidth: 0,
    backgroundColor: "transparent",
    formatter: (given: Point | Point[]) => draw(contentOf([given].flat(), trace, choice)),
  };
}

function draw({ heading, lines }: Content): HTMLElement {
  const box = document.createElement("div");
  box.className = "tip";
  const title = document.createElement("strong");
  title.textContent = heading;
  const table = document.createElement("table");
  for (const { colour, label, value } of lines) {
    const row = table.insertRow();
    const dot = row.insertCell();
    if (colour !== undefined) {
      dot.textContent = "●";
      dot.style.color = colour;
    }
    row.insertCell().textContent = label;
    row.insertCell().textContent = value;
  }
  box.append(title, table);
  return box;
}

/** Values of `[x, y]` points, the least first. */
function byValue(points: readonly Point[], format: (value: number) => string): Content["lines"] {
  return points
    .filter(({ seriesType }) => seriesType === "line")
    .map(({ color, seriesName, value }) => ({
      colour: color,
      label: seriesName,
      value: [value].flat()[1] ?? 0,
    }))
    .sort((a, b) => a.value - b.value)
    .map((line) => ({ ...line, value: format(line.value) }));
}

const x = ([point]: readonly Point[]): number => [point?.value ?? 0].flat()[0] ?? 0;

function framesAndSize(frames: number, { pageSize }: TraceReport): string {
  const size = pageSize === undefined ? "" : `, ${formatBytes(frames * pageSize)}`;
  return `${formatCount(frames)} frames${size}`;
}

function bars(points: readonly Point[], format: (value: number) => string): Content["lines"] {
  return points.map(({ color, seriesName, value }) => ({
    colour: color,
    label: seriesName,
    value: format([value].flat()[0] ?? 0),
  }));
}

function barShares(points: readonly Point[], unit?: string): Content {
  const name = points[0]?.name ?? "";
  const heading = unit === undefined || !/^\d/.test(name) ? name : `${name} ${unit}`;
  return { heading, lines: bars(points, formatRatio) };
}

function afterOperations(points: readonly Point[]): string {
  return `after ${formatCount(x(points))} operations`;
}

/** A run of cells of the heap map. */
function mapRun([point]: readonly Point[], trace: TraceReport, { allocator }: Choice): Content {
  const { rows, moments } = mapOf(trace, allocator);
  const [from = 0, row = 0, to = 0, kind = 0] = [point?.value ?? 0].flat();
  const at = rows[row];
  const part = at === undefined ? undefined : partName(at, rows);
  const begin = from === 0 ? 0 : (moments[from - 1]?.operations ?? 0);
  return {
    heading: `${at?.first ?? ""} … ${at?.last ?? ""}`,
    lines: [
      { ...(point !== undefined && { colour: point.color }), label: "is", value: CELL_KINDS[kind] ?? "" },
      ...(part === undefined ? [] : [{ label: "of", value: part }]),
      {
        label: "operations",
        value: `${formatCount(begin)} … ${formatCount(moments[to]?.operations ?? 0)}`,
      },
    ],
  };
}

/** All costs of the part that a bar shows. */
function chargedPart(points: readonly Point[], { charges }: TraceReport, { charge }: Choice): Content {
  const heading = points[0]?.name ?? "";
  const part = [...(charges?.sites ?? []), ...(charges?.classes ?? [])].find(({ name }) => name === heading);
  // The bar of the combined parts exists only in the drawing.
  const drawn = points.find(({ value }) => typeof value === "number")?.value ?? 0;
  const costs = part?.costs ?? { [charge]: Number(drawn) };
  return {
    heading,
    lines: Object.entries(costs).map(([label, cost]) => ({ label, value: formatCount(cost) })),
  };
}

/** Values at a moment of a machine, in the order of the lines. */
function moment(
  points: readonly Point[],
  { activity }: TraceReport,
  format: (value: number) => string,
): Content {
  const lines = points.map(({ color, seriesName, value }) => ({
    colour: color,
    label: seriesName,
    value: format([value].flat()[1] ?? 0),
  }));
  return { heading: `after ${formatCount(x(points))} ${activity?.unit ?? ""}`, lines };
}

const CONTENTS: Readonly<Record<string, ContentOf>> = {
  curves: (points, trace) => ({
    heading: framesAndSize(x(points), trace),
    lines: byValue(points, formatRatio),
  }),
  "over-time": (points) => ({
    heading: `about request ${formatCount(x(points))}`,
    lines: byValue(points, formatRatio),
  }),
  "working-set": (points) => ({
    heading: `after ${formatCount(x(points))} requests`,
    lines: byValue(points, (pages) => `${formatCount(pages)} pages`),
  }),
  "working-set-sizes": (points) => ({
    heading: `the last ${formatCount(x(points))} requests`,
    lines: byValue(points, (pages) => `${formatCount(pages)} pages`),
  }),
  faults: (points, trace) => moment(points, trace, formatCount),
  tlb: (points, trace) => moment(points, trace, formatCount),
  swap: (points, trace) => moment(points, trace, formatCount),
  memory: (points, trace) => moment(points, trace, formatBytes),
  regions: (points, trace) => moment(points, trace, formatBytes),
  "region-faults": (points) => ({ heading: points[0]?.name ?? "", lines: bars(points, formatCount) }),
  reuse: (points) => {
    const { heading, lines } = barShares(points);
    return { heading: heading === "first" ? "first requests" : `distance ${heading}`, lines };
  },
  "heap-peak": (points, { heap }) => {
    const heading = points[0]?.name ?? "";
    const row = heap?.rows.find(({ allocator }) => allocator === heading);
    const lines = row === undefined ? [] : namedParts(row);
    return {
      heading,
      lines: lines.map(([label, bytes], n) => ({
        ...(points[n] !== undefined && { colour: points[n].color }),
        label,
        value: formatBytes(bytes),
      })),
    };
  },
  "charges-sites": chargedPart,
  "charges-sizes": chargedPart,
  "heap-bytes": (points) => ({ heading: afterOperations(points), lines: byValue(points, formatBytes) }),
  "heap-fragmentation": (points) => ({
    heading: afterOperations(points),
    lines: byValue(points, formatRatio),
  }),
  "heap-map": mapRun,
  "heap-sizes": (points) => barShares(points, "bytes"),
  "heap-lives": (points) => barShares(points, "operations"),
  policies: ([point], trace) => {
    const row = trace.rows?.[point?.dataIndex ?? 0];
    if (row === undefined) return { heading: "", lines: [] };
    const least = leastMissRatios(trace.rows ?? []).get(row.frames) ?? 0;
    const beyond = least === 0 ? "–" : `${((row.missRatio / least - 1) * 100).toFixed(2)} %`;
    return {
      heading: `${nameOf(row.policy)}, ${framesAndSize(row.frames, trace)}`,
      lines: [
        { label: "miss ratio", value: formatRatio(row.missRatio) },
        { label: "misses", value: formatCount(row.misses) },
        { label: "beyond the fewest", value: beyond },
      ],
    };
  },
  addresses: ([point], { heat, regions }) => {
    const [window = 0, index = 0, , count = 0] = [point?.value ?? 0].flat();
    const bin = heat?.bins[index];
    const [{ name } = { name: undefined }] = bin === undefined ? [] : namedRows([bin], regions);
    const first = window * (heat?.windowRequests ?? 0);
    return {
      heading: `${bin?.first ?? ""} … ${bin?.last ?? ""}`,
      lines: [
        ...(name === undefined ? [] : [{ label: "region", value: name }]),
        { label: "from request", value: formatCount(first) },
        { label: "requests", value: formatCount(count) },
      ],
    };
  },
};
