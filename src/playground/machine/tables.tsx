/** The page tables, each with its entries that are not empty. */
import type { EntryView } from "pagewalk";
import type { JSX } from "preact";
import { tableName } from "../../machine/entry-names.js";
import { formatCount } from "../../report/numbers.js";
import type { MachineState } from "../engine/machine.js";
import type { TableView } from "../engine/tables.js";
import { bitsOf, targetOf } from "./entry.js";

/** Limit on the entries of a table that are shown. */
const MOST_ENTRIES = 32;

export function Tables({ state }: { state: MachineState }): JSX.Element {
  const { tables, arch, last } = state;
  const walked = new Set(last?.result.walk.map(({ entryAddress }) => entryAddress));
  const rest = tables.count - tables.shown.length;
  return (
    <section class="card" aria-labelledby="tables-title">
      <h3 id="tables-title">Page tables</h3>
      {tables.count === 0 ? (
        <p>There is none yet: the first access makes one of each level.</p>
      ) : (
        <p>Entries that are not listed are empty. Those of the last walk are marked.</p>
      )}
      <div class="page-tables">
        {tables.shown.map((table) => (
          <Table key={`${table.level} ${table.frame}`} table={table} arch={arch} walked={walked} />
        ))}
      </div>
      {rest > 0 && <p>and {formatCount(rest)} more tables</p>}
    </section>
  );
}

interface TableProps {
  readonly table: TableView;
  readonly arch: string;
  /** The addresses of the entries of the last walk. */
  readonly walked: ReadonlySet<EntryView["entryAddress"]>;
}

function Table({ table: { level, frame, entries }, arch, walked }: TableProps): JSX.Element {
  const rest = entries.length - MOST_ENTRIES;
  return (
    <div>
      <table class="numbers">
        <caption>
          {tableName(arch, level)} in frame {frame}
        </caption>
        <thead>
          <tr>
            {["index", "bits", "points to"].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.slice(0, MOST_ENTRIES).map((entry) => {
            const isWalked = walked.has(entry.entryAddress);
            return (
              <tr key={entry.index} class={isWalked ? "walked" : undefined}>
                <th scope="row" aria-current={isWalked ? "true" : undefined}>
                  {entry.index}
                </th>
                <td>{bitsOf(arch, entry)}</td>
                <td>{targetOf(entry)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {rest > 0 && <p>and {formatCount(rest)} more entries</p>}
    </div>
  );
}
