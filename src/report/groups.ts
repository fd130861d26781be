/** Groups the rows of a table by trace, and finds the rows of custom policies or allocators. */

interface Keyed {
  trace: string;
  policy: string;
  frames: number;
}

/**
 * Rows come trace by trace, a row for each policy and number of frames. A repeated pair belongs to another trace, even
 * if the name is the same.
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

/** The custom policies or allocators of a table, as text; empty if there are none. */
export function customNotes(rows: readonly { name: string; javascript: true | undefined }[]): string[] {
  const own = unique(rows.filter(({ javascript }) => javascript).map(({ name }) => name));
  return own.length === 0 ? [] : [`${own.join(", ")} (JavaScript): slower than what is in the kernel`];
}

/** The distinct values, in order of their first occurrence. */
export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
