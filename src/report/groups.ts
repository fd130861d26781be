/** Rows by the trace that they are of. */

interface Keyed {
  trace: string;
  policy: string;
  frames: number;
}

/**
 * Rows come trace by trace, a row for each policy and number of frames. A pair that comes again is of another trace,
 * also where that has the same name.
 */
export function byTrace<Row extends Keyed>(rows: readonly Row[]): Row[][] {
  const groups: Row[][] = [];
  let group: Row[] = [];
  let pairs = new Set<string>();
  for (const row of rows) {
    const pair = `${row.frames} ${row.policy}`;
    if (group.length === 0 || group[0]?.trace !== row.trace || pairs.has(pair)) {
      group = [];
      pairs = new Set();
      groups.push(group);
    }
    pairs.add(pair);
    group.push(row);
  }
  return groups;
}

/** Each once, in the order in which they came. */
export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
