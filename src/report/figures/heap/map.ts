/** A heap's addresses against time, coloured by what is there. */
import { CELL_KINDS, type CellKind } from "../../../heap/cell-kinds.js";
import { addressAxis, momentAxis } from "../address-axis.js";
import { isNarrow, type Option, plotArea, sheet } from "../axes.js";
import type { Figure } from "../figure.js";
import { FONT, inkOf, type Look } from "../look.js";

const ROW = 4;

/** Used to free is blue to orange, as far apart in lightness as in hue; the others are away from that line. */
const ON_LIGHT: Readonly<Record<CellKind, string>> = {
  nothing: "#ffffff",
  used: "#0b4f8a",
  "mostly used": "#6a9fcb",
  "mostly free": "#f3c27a",
  free: "#dd7a12",
  cached: "#9c4f8f",
  top: "#d9dde2",
  "own data": "#1b8f68",
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
};

export const map: Figure = {
  id: "heap-map",
  title: "Heap map",
  caption: "Each row is a range of addresses, each column a moment. A line is a wide gap.",
  follows: ["allocator"],
  has: ({ heap }) => heap?.maps.some((one) => one.map.rows.length > 0 && one.map.moments.length > 1) ?? false,
  // The same for each allocator, so that the page does not jump.
  height: ({ heap }) =>
    132 + Math.max(180, ROW * Math.max(...(heap?.maps ?? []).map((one) => one.map.rows.length))),
  option({ heap }, { allocator }, look) {
    const chosen = heap?.maps.find((one) => one.allocator === allocator)?.map;
    const { rows = [], moments = [] } = chosen ?? {};
    const cells = rows.flatMap(({ cells: row }, y) =>
      [...row].flatMap((digit, x) => (digit === "0" ? [] : [[x, y, Number(digit)]])),
    );
    const present = new Set(cells.map(([, , kind = 0]) => kind));
    return sheet(look, {
      grid: plotArea(look, { top: isNarrow(look) ? 76 : 52 }),
      xAxis: momentAxis(look, "time, operations", moments.length, moments[0]?.operations ?? 1),
      yAxis: addressAxis(look, "address", rows),
      visualMap: kindsLegend(look, present),
      series: [{ type: "heatmap", data: cells, emphasis: { disabled: true }, progressive: 0 }],
    });
  },
};

function kindsLegend(look: Look, present: ReadonlySet<number>): Option {
  const colours = look.dark ? ON_DARK : ON_LIGHT;
  return {
    type: "piecewise",
    dimension: 2,
    hoverLink: false,
    selectedMode: false,
    orient: "horizontal",
    [isNarrow(look) ? "left" : "right"]: 12,
    top: look.title === undefined ? 8 : 40,
    itemWidth: 14,
    itemHeight: 12,
    itemGap: isNarrow(look) ? 6 : 10,
    textGap: 4,
    textStyle: { color: inkOf(look).text, fontFamily: FONT, fontSize: 11 },
    pieces: CELL_KINDS.flatMap((kind, value) =>
      present.has(value) ? [{ value, label: kind, color: colours[kind] }] : [],
    ),
  };
}
