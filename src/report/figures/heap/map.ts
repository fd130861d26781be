/**
 * A heap's addresses against time, coloured by the state of the bytes, with the owner of the addresses at the right.
 */
import { CELL_KINDS, type CellKind } from "../../../heap/cell-kinds.js";
import type { HeapMap, HeapMapRow } from "../../../heap/heap-map.js";
import type { TraceReport } from "../../data.js";
import { addressAxis, momentAxis } from "../address-axis.js";
import { isNarrow, keyOf, keyRows, nameAxis, type Option, plotArea, sheet } from "../axes.js";
import type { Figure } from "../figure.js";
import type { Look } from "../look.js";

const ROW = 4;
/** Least number of rows of a region for a name beside them. */
const NAMED_ROWS = 3;

/**
 * From used to free the colours go from blue to orange, which differ in lightness as well as in hue. The other colours
 * do not lie between these.
 */
const ON_LIGHT: Readonly<Record<CellKind, string>> = {
  nothing: "#ffffff",
  used: "#0b4f8a",
  "mostly used": "#6a9fcb",
  "mostly free": "#f3c27a",
  free: "#dd7a12",
  cached: "#9c4f8f",
  top: "#d9dde2",
  "own data": "#1b8f68",
  mapped: "#4b5a6b",
};
const ON_DARK: Readonly<Record<CellKind, string>> = {
  nothing: "#15191e",
  used: "#5fb2ef",
  "mostly used": "#35688f",
  "mostly free": "#8d6326",
  free: "#f0902c",
  cached: "#d588c6",
  top: "#3a424c",
  "own data": "#27b488",
  mapped: "#b9c4d0",
};

export const map: Figure = {
  id: "heap-map",
  title: "Heap map",
  caption:
    "Rows are ranges of addresses, columns moments. A line is a wide gap, or another arena. Mapped blocks, each with a mapping of its own, are drawn smaller.",
  follows: ["allocator"],
  has: ({ heap }) => heap?.maps.some((one) => one.map.rows.length > 0 && one.map.moments.length > 1) ?? false,
  // The same for each allocator, so that the height of the page does not change.
  height: ({ heap }) =>
    140 + Math.max(180, ROW * Math.max(...(heap?.maps ?? []).map((one) => one.map.rows.length))),
  option(trace, { allocator }, look) {
    const { rows, moments } = mapOf(trace, allocator);
    const runs = rows.flatMap((row, y) => runsOf(row, y));
    const kinds = CELL_KINDS.filter((_, kind) => runs.some((run) => run[3] === kind));
    const colours = look.dark ? ON_DARK : ON_LIGHT;
    return sheet(look, {
      grid: plotArea(look, { top: 30 + 20 * keyRows(look, kinds) }),
      legend: keyOf(look, kinds),
      xAxis: momentAxis(look, "time, operations", moments.length, moments[0]?.operations ?? 1),
      yAxis: [addressAxis(look, "address", rows), ...partAxis(look, rows)],
      series: kinds.map((kind) => ({
        name: kind,
        type: "custom",
        color: colours[kind],
        data: runs.filter((run) => run[3] === CELL_KINDS.indexOf(kind)),
        encode: { x: [0, 2], y: 1 },
        renderItem: drawRun(colours[kind]),
        clip: true,
      })),
    });
  },
};

/** The map of an allocator of the report. */
export function mapOf({ heap }: TraceReport, allocator: string): HeapMap {
  return heap?.maps.find((one) => one.allocator === allocator)?.map ?? { moments: [], rows: [] };
}

/** First moment, row, last moment, kind: adjacent cells of one row with the same kind. */
type Run = [from: number, row: number, to: number, kind: number];

/** The runs of a row over time, without empty cells. */
export function runsOf({ cells }: HeapMapRow, row: number): Run[] {
  return [...cells.matchAll(/(.)\1*/g)]
    .map(({ 0: text, index }): Run => [index, row, index + text.length - 1, Number(text[0])])
    .filter(([, , , kind]) => kind !== 0);
}

interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly number[]): number[];
  size(lengths: readonly number[]): number[];
}

/** A rectangle on whole pixels, so that neighbours have neither a gap nor a seam. */
function drawRun(colour: string) {
  return (_: unknown, api: RenderApi) => {
    const [width = 0, height = 0] = api.size([1, 1]);
    const [left = 0, middle = 0] = api.coord([api.value(0), api.value(1)]);
    const [right = 0] = api.coord([api.value(2), api.value(1)]);
    const [x, y] = [Math.round(left - width / 2), Math.round(middle - height / 2)];
    return {
      type: "rect",
      shape: {
        x,
        y,
        width: Math.round(right + width / 2) - x,
        height: Math.round(middle + height / 2) - y,
      },
      style: { fill: colour },
    };
  };
}

/** The owner of a region in words; undefined if the whole heap belongs to one arena. */
export function partName({ arena }: HeapMapRow, rows: readonly HeapMapRow[]): string | undefined {
  const arenas = new Set(rows.flatMap((row) => row.arena ?? []));
  const hasMapped = rows.some((row) => row.arena === undefined);
  if (arenas.size < 2 && !hasMapped) return undefined;
  if (arena === undefined) return "mapped";
  return arenas.size < 2 ? "heap" : `arena ${arena}`;
}

/** Names of regions at the right, each at the middle of its rows. */
function partAxis(look: Look, rows: readonly HeapMapRow[]): Option[] {
  const names = new Map<number, string>();
  for (const region of new Set(rows.map((row) => row.region))) {
    const first = rows.findIndex((row) => row.region === region);
    const count = rows.filter((row) => row.region === region).length;
    const name = partName(rows[first] as HeapMapRow, rows);
    if (count >= NAMED_ROWS && name !== undefined) names.set(first + (count >> 1), name);
  }
  if (names.size === 0) return [];
  return [
    nameAxis(look, {
      name: "",
      position: "right",
      data: rows.map((_, index) => names.get(index) ?? ""),
      axisLine: { show: false },
      axisLabel: {
        interval: (index: number) => names.has(index),
        fontSize: isNarrow(look) ? 9 : 10,
        hideOverlap: true,
      },
    }),
  ];
}
