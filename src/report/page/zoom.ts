/**
 * Zoom along the horizontal axis: a bar below the figure, in which a range is brushed or moved; in the figure the wheel
 * with Ctrl, and dragging with Shift, so that the page still scrolls. `drag-zoom.ts` adds dragging and keys.
 */
import type { Option } from "../figures/axes.js";
import type { Figure } from "../figures/figure.js";
import { inkOf, type Look } from "../figures/look.js";
import type { ECharts } from "./echarts.js";

/**
 * Pixels of the bar, of the handle above it that moves the range, and below. ECharts gives the upper 10 pixels of the bar
 * to the handle; the others are brushed.
 */
const BAR = 36;
const HANDLE = 6;
const BELOW = 8;

/** The changes of `option`. The range that `chart` shows is kept. */
export function zoomOf({ zooms }: Figure, option: Option, look: Look, chart: ECharts): Option {
  if (!zooms) return {};
  const shown = chart.getOption() as { dataZoom?: readonly { start: number; end: number }[] } | undefined;
  const { start = 0, end = 100 } = shown?.dataZoom?.[0] ?? {};
  const { muted, axis, faint } = inkOf(look);
  const grid = option.grid as Option & { bottom: number };
  // Lines are cut at the edges; cells of a map would lie outside.
  const filterMode = (option.xAxis as Option).type === "category" ? "filter" : "none";
  const common = { xAxisIndex: 0, start, end, filterMode };
  return {
    grid: { ...grid, bottom: grid.bottom + HANDLE + BAR + BELOW },
    dataZoom: [
      {
        ...common,
        type: "slider",
        height: BAR,
        bottom: BELOW,
        brushSelect: true,
        showDetail: false,
        showDataShadow: false,
        borderColor: axis,
        backgroundColor: "transparent",
        fillerColor: faint,
        handleStyle: { color: muted },
        moveHandleSize: HANDLE,
        moveHandleStyle: { color: axis },
      },
      { ...common, type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseMove: "shift" },
    ],
  };
}
