/** Axes of addresses against time: rows of addresses by region, columns that are moments at equal distances. */
import { compact, isNarrow, nameAxis, type Option } from "./axes.js";
import { inkOf, type Look } from "./look.js";

/** Rows between two labels of one region. */
const LABEL_ROWS = 5;
/** Letters of a name on a narrow figure: as many as in an address. */
const NAME_LETTERS = 14;

export interface AddressRow {
  readonly region: number;
  readonly first: string;
  /** The name of the program's region there. */
  readonly name?: string | undefined;
}

/** Addresses upwards, a line between two regions. */
export function addressAxis(look: Look, name: string, rows: readonly AddressRow[]): Option {
  const labels = labelled(rows);
  return nameAxis(look, {
    name,
    nameLocation: "end",
    data: rows.map(({ first }) => first),
    axisLabel: {
      interval: (index: number) => labels.has(index),
      formatter: (_: string, index: number) => labelOf(rows, index, isNarrow(look)),
      fontSize: 10,
      fontFamily: "ui-monospace, 'Liberation Mono', monospace",
      hideOverlap: true,
    },
    axisTick: { show: true, interval: (index: number) => labels.has(index) },
    // Between the row of one region and that of the next.
    splitLine: {
      show: true,
      interval: (index: number) => index > 0 && rows[index - 1]?.region !== rows[index]?.region,
      lineStyle: { color: inkOf(look).axis, width: 0.75 },
    },
  });
}

/** `count` columns of equally many events each; round numbers of events are marked. */
export function momentAxis(look: Look, name: string, count: number, distance: number): Option {
  const times = roundTimes(count, distance, isNarrow(look) ? 5 : 8);
  return nameAxis(look, {
    name,
    data: Array.from({ length: count }, (_, column) => times.get(column) ?? ""),
    axisTick: { show: true, interval: (column: number) => times.has(column) },
    axisLabel: { interval: (column: number) => times.has(column) },
  });
}

/** At most `most` round numbers of events, and the columns in which they are reached. */
function roundTimes(columns: number, distance: number, most: number): Map<number, string> {
  const least = (columns * distance) / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= least) ?? least;
  const times = new Map<number, string>();
  for (let time = 0; time < columns * distance; time += step) {
    times.set(Math.floor(time / distance), compact(time));
  }
  return times;
}

/** The address, and the name at the first row of a name; on a narrow figure one of the two. */
function labelOf(rows: readonly AddressRow[], index: number, narrow: boolean): string {
  const { first = "", name } = rows[index] ?? {};
  if (name === undefined || rows[index - 1]?.name === name) return first;
  const short = name.replace(/^.*\//, "");
  if (narrow) return short.length > NAME_LETTERS ? `${short.slice(0, NAME_LETTERS - 1)}…` : short;
  return `${short} ${first}`;
}

/** The first row of each region, and some of the others at regular distances. */
function labelled(rows: readonly AddressRow[]): Set<number> {
  const labels = new Set<number>();
  let last = Number.NEGATIVE_INFINITY;
  rows.forEach(({ region, name }, index) => {
    const before = rows[index - 1];
    const starts = before?.region !== region || (name !== undefined && before.name !== name);
    const room = index - last >= LABEL_ROWS;
    const next = rows.findIndex((row, other) => other > index && row.region !== region);
    if (room && (starts || (index - last >= 3 * LABEL_ROWS && (next < 0 || next - index >= LABEL_ROWS)))) {
      labels.add(index);
      last = index;
    }
  });
  return labels;
}
