/** The figures of `run` with charges: a bar for each allocating call, and for each size. */
import { type ChargedPart, type ChargeMeasure, folded } from "../../charges-data.js";
import type { TraceReport } from "../../data.js";
import { formatCount, formatShare } from "../../numbers.js";
import { barNames, compact, isNarrow, keyOf, numberAxis, type Option, plotArea, sheet } from "../axes.js";
import type { Choice, Figure } from "../figure.js";
import { FONT, inkOf, type Look, strokeOf } from "../look.js";

const BAR = 24;
/** Most bars for blocks, and for references outside of blocks; the others are combined into one bar. */
const MOST_BARS = 20;
const KINDS = ["of blocks", "outside blocks"] as const;

const bySite: Figure = {
  id: "charges-sites",
  title: "Costs by allocating call",
  caption: "A bar is the cost of references to the blocks of one call, or to memory outside of blocks.",
  follows: ["charge"],
  has: ({ charges }) => (charges?.sites.length ?? 0) > 0,
  height: ({ charges }) => heightFor(charges?.sites.length ?? 0),
  option: (trace, choice, look) => bars(trace.charges?.sites ?? [], trace, choice, look),
};

const bySize: Figure = {
  id: "charges-sizes",
  title: "Costs by size of block",
  caption: "Blocks by the size that was requested.",
  follows: ["charge"],
  has: ({ charges }) => (charges?.classes.length ?? 0) > 0,
  height: ({ charges }) => heightFor(charges?.classes.length ?? 0),
  option: (trace, choice, look) => bars(trace.charges?.classes ?? [], trace, choice, look),
};

export const CHARGE_FIGURES: readonly Figure[] = [bySite, bySize];

function heightFor(count: number): number {
  return Math.max(190, 96 + BAR * Math.min(count, 2 * MOST_BARS));
}

/** Parts with a cost above 0, the costliest first; those beyond the limit of their kind are combined. */
function barsOf(parts: readonly ChargedPart[], charge: ChargeMeasure): ChargedPart[] {
  const byCost = (a: ChargedPart, b: ChargedPart) => b.costs[charge] - a.costs[charge];
  const some = parts.filter(({ costs }) => costs[charge] > 0).sort(byCost);
  return [false, true]
    .flatMap((isOutside) =>
      folded(
        some.filter((part) => (part.isOutside ?? false) === isOutside),
        MOST_BARS,
      ),
    )
    .sort(byCost);
}

/** Bars of the parts with a cost above 0, the costliest at the top, each with its value and share beside it. */
function bars(
  parts: readonly ChargedPart[],
  { charges }: TraceReport,
  { charge }: Choice,
  look: Look,
): Option {
  const drawn = barsOf(parts, charge);
  const all = charges?.total[charge] ?? 0;
  const label = (cost: number) =>
    isNarrow(look) ? formatShare(cost, all) : `${formatCount(cost)}, ${formatShare(cost, all)}`;
  const kinds = KINDS.filter((_, kind) => drawn.some(({ isOutside = false }) => isOutside === (kind === 1)));
  return sheet(look, {
    grid: plotArea(look, { top: 40, right: isNarrow(look) ? 66 : 150 }),
    legend: kinds.length > 1 ? keyOf(look, kinds) : { show: false },
    xAxis: numberAxis(look, false, {
      name: charge,
      min: 0,
      splitNumber: isNarrow(look) ? 2 : 5,
      axisLabel: { formatter: compact },
    }),
    yAxis: barNames(
      look,
      drawn.map(({ name }) => name),
      isNarrow(look) ? 120 : 300,
    ),
    series: kinds.map((name) => ({
      name,
      type: "bar",
      stack: "costs",
      color: strokeOf(name, KINDS, look).colour,
      barMaxWidth: 18,
      barCategoryGap: "28%",
      emphasis: { disabled: true },
      data: drawn.map(({ costs, isOutside = false }) =>
        isOutside === (name === KINDS[1]) ? costs[charge] : null,
      ),
      label: {
        show: true,
        position: "right",
        color: inkOf(look).text,
        fontFamily: FONT,
        fontSize: 11,
        formatter: ({ value }: { value: number | null }) => (value === null ? "" : label(value)),
      },
    })),
  });
}
