/**
 * The working set: distinct pages among the last requests (Denning 1968), over time, and by the length of the window.
 */
import { formatCount } from "../numbers.js";
import { compact, logarithmic, numberAxis, plotArea, sheet } from "./axes.js";
import type { Figure } from "./figure.js";
import { inkOf, strokeOf } from "./look.js";

export const workingSet: Figure = {
  id: "working-set",
  title: "Working set over time",
  caption: "Distinct pages among the last requests.",
  follows: [],
  zooms: true,
  has: (trace) => (trace.workingSet?.overTime.moments.length ?? 0) > 1,
  height: () => 320,
  option({ workingSet: found }, _, look) {
    const { window = 0, moments = [] } = found?.overTime ?? {};
    const { colour } = strokeOf("pages", ["pages"], look);
    return sheet(look, {
      grid: plotArea(look),
      xAxis: numberAxis(look, false, {
        name: "time, requests",
        min: 0,
        max: moments.at(-1)?.request ?? 0,
        axisLabel: { formatter: compact, showMaxLabel: false },
      }),
      yAxis: numberAxis(look, true, {
        name: `pages among the last ${formatCount(window)} requests`,
        min: 0,
        axisLabel: { formatter: compact },
      }),
      series: [
        {
          name: "working set",
          type: "line",
          data: moments.map(({ request, pages }) => [request, pages]),
          color: colour,
          showSymbol: false,
          lineStyle: { width: 1.5 },
          areaStyle: { color: colour, opacity: 0.15 },
        },
      ],
    });
  },
};

export const workingSetSizes: Figure = {
  id: "working-set-sizes",
  title: "Working set by window",
  caption: "Its average size, by the length of the window in requests.",
  follows: [],
  zooms: true,
  has: (trace) => (trace.workingSet?.windows.length ?? 0) > 1,
  height: () => 320,
  option({ workingSet: found }, _, look) {
    const windows = (found?.windows ?? []).filter(
      ({ window, averagePages }) => window > 0 && averagePages > 0,
    );
    const { colour } = strokeOf("pages", ["pages"], look);
    return sheet(look, {
      grid: plotArea(look),
      xAxis: numberAxis(look, false, {
        name: "window, requests",
        ...logarithmic(
          windows.map(({ window }) => window),
          10,
        ),
        axisLabel: { formatter: compact },
      }),
      yAxis: numberAxis(look, true, {
        name: "average working set, pages",
        ...logarithmic(
          windows.map(({ averagePages }) => averagePages),
          10,
        ),
        axisLabel: { formatter: compact },
      }),
      series: [
        {
          name: "average working set",
          type: "line",
          data: windows.map(({ window, averagePages }) => [window, averagePages]),
          color: colour,
          symbol: "circle",
          symbolSize: 5,
          itemStyle: { color: colour, borderColor: inkOf(look).paper },
        },
      ],
    });
  },
};
