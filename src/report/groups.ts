/** Rows of a table: by the trace that they are of, and which are of custom policies or allocators. */

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

/** Which of a table's policies or allocators are custom ones; nothing where none is. */
export function customNotes(rows: readonly { name: string; javascript: true | undefined }[]): string[] {
  const own = unique(rows.filter(({ javascript }) => javascript).map(({ name }) => name));
  return own.length === 0 ? [] : [`${own.join(", ")} (JavaScript): slower than what is in the kernel`];
}

/** Each once, in the order in which they came. */
export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
