/** The numbers that a figure draws, as rows: for a file of comma-separated values, or JSON. */
import type { TraceReport } from "../data.js";
import type { Option } from "./axes.js";
import type { Choice, Figure, ValueRow } from "./figure.js";
import type { Look } from "./look.js";

/** A figure's numbers do not depend on its appearance. */
const LOOK: Look = { dark: false, width: 1200, legend: false };

export function valuesOf(figure: Figure, trace: TraceReport, choice: Choice): readonly ValueRow[] {
  return figure.values?.(trace, choice) ?? drawnValues(figure.option(trace, choice, LOOK));
}

interface Axis {
  name?: string;
  data?: readonly string[];
}

interface Series {
  name?: string;
  data: readonly unknown[];
}

/** A row for each point of each series. */
function drawnValues({ xAxis, yAxis, series }: Option): ValueRow[] {
  const [across, up] = [xAxis as Axis, yAxis as Axis];
  const [x, y] = [across.name || "name", up.name || "name"];
  return (series as readonly Series[]).flatMap(({ name = "", data }) =>
    data.map((point, index): ValueRow => {
      const given = pairOf(point);
      // The value of a bar is its length only; its name is on the other axis.
      const [first, second] = typeof given === "number" ? barOf(given, index, across, up) : given;
      return { series: name, [x]: named(across, first), [y]: named(up, second) };
    }),
  );
}

function barOf(length: number, index: number, across: Axis, up: Axis): [number, number] {
  return across.data === undefined && up.data !== undefined ? [length, index] : [index, length];
}

function pairOf(point: unknown): number | [number, number] {
  const value = typeof point === "object" && point !== null && "value" in point ? point.value : point;
  return value as number | [number, number];
}

/** On an axis of names a value is the index of a name. */
function named({ data }: Axis, value: number): string | number {
  return data?.[value] ?? value;
}
