/** Results that come row by row. */

/** The promise of the whole result; iterated, it gives each row as soon as the row is finished, in no fixed order. */
export interface Rows<Row, Result> extends Promise<Result>, AsyncIterable<Row> {}

/**
 * Starts `work`, which calls `onRow` with each row. A loop over the rows that is left early stops the work, as the signal
 * of the options does.
 */
export function rowsOf<Row, Result, Options extends { signal?: AbortSignal | undefined }>(
  options: Options,
  work: (options: Options, onRow: (row: Row) => void) => Promise<Result>,
): Rows<Row, Result> {
  const stop = new AbortController();
  const rows: Row[] = [];
  let wake = () => {};
  const onRow = (row: Row) => {
    rows.push(row);
    wake();
  };
  const result = work(stoppedBy(options, stop.signal), onRow);
  const another = async (): Promise<void> => {
    await Promise.race([result, new Promise<void>((resolve) => (wake = resolve))]);
  };
  async function* iterate(): AsyncGenerator<Row, void, undefined> {
    let isWhole = false;
    // The loop throws what the promise rejects with.
    result.catch(() => {});
    try {
      for (let next = 0; !isWhole; ) {
        if (next === rows.length) await another();
        isWhole = next === rows.length;
        for (const row of rows.slice(next)) {
          next++;
          yield row;
        }
      }
    } finally {
      if (!isWhole) stop.abort();
    }
  }
  return Object.assign(result, { [Symbol.asyncIterator]: iterate });
}

/** The options, with a signal that also stops the work. Values of other types stay, and are refused where all are. */
function stoppedBy<Options extends { signal?: AbortSignal | undefined }>(
  options: Options,
  stop: AbortSignal,
): Options {
  if (typeof options !== "object" || options === null) return options;
  const { signal = stop } = options;
  return { ...options, signal: signal instanceof AbortSignal ? AbortSignal.any([signal, stop]) : signal };
}
