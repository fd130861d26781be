/** Addresses against time: how often each part of the touched address space is requested. */
import type { HeatBin } from "../../heat/heat.js";
import type { NamedRegion } from "../../replay/regions.js";
import { formatCount } from "../numbers.js";
import { addressAxis, momentAxis } from "./address-axis.js";
import { plotArea, sheet } from "./axes.js";
import type { Figure } from "./figure.js";
import { FONT, inkOf, scaleOf } from "./look.js";

const ROW = 3.4;

/** The rows, each with the name of the first region that it overlaps. */
export function namedRows<Row extends Pick<HeatBin, "first" | "last">>(
  rows: readonly Row[],
  regions: readonly NamedRegion[] = [],
): (Row & { name: string | undefined })[] {
  const parts = regions.map(({ start, end, name }) => ({ start: BigInt(start), end: BigInt(end), name }));
  return rows.map((row) => {
    const overlaps = ({ start, end }: { start: bigint; end: bigint }) =>
      start <= BigInt(row.last) && BigInt(row.first) < end;
    return { ...row, name: parts.find(overlaps)?.name };
  });
}

export const heat: Figure = {
  id: "addresses",
  title: "Addresses over time",
  caption: "Only touched addresses are drawn; a line marks a wide gap. Colours are logarithmic.",
  follows: [],
  zooms: true,
  has: (trace) => (trace.heat?.bins.length ?? 0) > 0,
  height: ({ heat: map }) => 140 + Math.max(200, Math.round(ROW * (map?.bins.length ?? 0))),
  values: ({ heat: map, regions }) =>
    namedRows(map?.bins ?? [], regions).flatMap(({ first, last, name, counts }) =>
      counts.map((requests, window) => ({
        firstAddress: first,
        lastAddress: last,
        region: name ?? "",
        fromRequest: window * (map?.windowRequests ?? 0),
        requests,
      })),
    ),
  option({ heat: map, regions }, _, look) {
    const { bins = [], windowRequests = 1, unit = "page" } = map ?? {};
    const windows = bins[0]?.counts.length ?? 0;
    const cells = bins.flatMap(({ counts }, bin) =>
      counts.flatMap((count, window) => (count === 0 ? [] : [[window, bin, Math.log10(count), count]])),
    );
    const top = Math.max(...cells.map(([, , log = 0]) => log), 1e-9);
    return sheet(look, {
      grid: plotArea(look, { top: 52 }),
      xAxis: momentAxis(look, "time, requests", windows, windowRequests),
      yAxis: addressAxis(look, unit === "address" ? "address" : "page number", namedRows(bins, regions)),
      visualMap: {
        type: "continuous",
        min: 0,
        max: top,
        dimension: 2,
        hoverLink: false,
        orient: "horizontal",
        right: 12,
        top: look.title === undefined ? 10 : 42,
        itemWidth: 12,
        itemHeight: 140,
        text: [`${formatCount(10 ** top)} requests a cell`, "1"],
        textStyle: { color: inkOf(look).muted, fontFamily: FONT },
        inRange: { color: scaleOf(look) },
      },
      series: [
        {
          type: "heatmap",
          data: cells,
          emphasis: { disabled: true },
          progressive: 0,
        },
      ],
    });
  },
};
