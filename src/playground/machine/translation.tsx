/** The last access's address in its fields, and the walk through the page tables. */
import type { AddressField, EntryView } from "pagewalk";
import type { JSX } from "preact";
import { tableName } from "../../machine/entry-names.js";
import type { LastAccess } from "../engine/machine.js";
import { bitsOf, targetOf } from "./entry.js";
import { hex } from "./hex.js";

export function Translation({
  last,
  arch,
}: {
  last: LastAccess | undefined;
  arch: string;
}): JSX.Element | null {
  if (last === undefined) return null;
  return (
    <section class="card" aria-labelledby="translation-title">
      <h3 id="translation-title">Address {hex(last.access.address)}</h3>
      <ol class="bits" aria-label="Fields of the address">
        {last.fields.fields.map((field) => (
          <Field key={field.name} field={field} />
        ))}
      </ol>
      <Walk entries={last.result.walk} arch={arch} />
    </section>
  );
}

function Field({ field }: { field: AddressField }): JSX.Element {
  const { name, bits, binary, value, level } = field;
  const [high, low] = bits;
  return (
    <li class={level === undefined ? "rest" : "index"}>
      <strong>{name}</strong>
      <span>
        bits {high}–{low}
      </span>
      <code>{binary}</code>
      <span>{level === undefined ? hex(value) : `index ${value}`}</span>
    </li>
  );
}

function Walk({ entries, arch }: { entries: readonly EntryView[]; arch: string }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling part must be reachable by keys.
    <section class="scroll" tabIndex={0} aria-label="Walk">
      <table class="numbers">
        <caption>Page tables, from the root</caption>
        <thead>
          <tr>
            {["table", "index", "entry at", "entry", "bits", "points to"].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.level}>
              <th scope="row">{tableName(arch, entry.level)}</th>
              <td>{entry.index}</td>
              <td>{hex(entry.entryAddress)}</td>
              <td>{hex(entry.raw)}</td>
              <td>{bitsOf(arch, entry)}</td>
              <td>{targetOf(entry)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
