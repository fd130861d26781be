/** The TLBs, set by set. The ways of a set are in order of age where its replacement keeps one. */
import type { TlbEntryView, TlbView } from "pagewalk";
import type { JSX } from "preact";
import { formatCount } from "../../report/numbers.js";
import type { MachineState } from "../engine/machine.js";
import { hex } from "./hex.js";

/** Limit on the sets of a TLB that are shown. */
const MOST_SETS = 32;
/** In the shape of a TLB whose replacement is not by age. */
const UNORDERED = /:(?!lru\b|fifo\b)[a-z]/i;

export function Tlbs({ state }: { state: MachineState }): JSX.Element {
  const address = state.last?.access.address;
  const width = BigInt(state.last?.fields.addressBits ?? 64);
  const wanted = address === undefined ? undefined : BigInt.asUintN(Number(width), address);
  return (
    <section class="card" aria-labelledby="tlbs-title">
      <h3 id="tlbs-title">TLBs</h3>
      <p>The entries of a set stand by age, the youngest (age 0) first. The page of the access is marked.</p>
      <div class="tlbs">
        {Object.entries(state.tlbs).map(([name, tlb]) => (
          <Tlb key={name} name={name} tlb={tlb} wanted={wanted} pageBytes={state.pageBytes} />
        ))}
      </div>
    </section>
  );
}

interface TlbProps {
  readonly name: string;
  readonly tlb: TlbView;
  readonly wanted: bigint | undefined;
  readonly pageBytes: Readonly<Record<string, number>>;
}

function Tlb({ name, tlb, wanted, pageBytes }: TlbProps): JSX.Element {
  const sets = tlb.sets.map((entries, set) => ({ set, entries }));
  const filled = sets.filter(({ entries }) => entries.length > 0);
  const isCurrent = ({ address, pageSize }: TlbEntryView) =>
    wanted !== undefined && wanted >= address && wanted < address + BigInt(pageBytes[pageSize] ?? 0);
  const isOrdered = !UNORDERED.test(tlb.shape);
  const shown = filled.slice(0, MOST_SETS);
  const rest = filled.length - shown.length;
  return (
    <div>
      <h4>
        {name} <small>{tlb.shape}</small>
      </h4>
      <p>
        {formatCount(tlb.lookups)} lookups, {formatCount(tlb.hits)} hits, {formatCount(tlb.misses)} misses
      </p>
      {filled.length === 0 && <p>empty</p>}
      <ul class="sets-of-tlb" aria-label={`Sets of ${name}`}>
        {shown.map(({ set, entries }) => (
          <li key={set}>
            <span>set {set}</span>
            <ol>
              {entries.map((entry, n) => (
                <Entry
                  key={entry.way}
                  entry={entry}
                  age={isOrdered ? n : undefined}
                  isCurrent={isCurrent(entry)}
                />
              ))}
            </ol>
          </li>
        ))}
      </ul>
      {rest > 0 && <p>and {rest} more sets</p>}
    </div>
  );
}

interface EntryProps {
  readonly entry: TlbEntryView;
  /** Entries of its set that are younger, if its TLB keeps an order. */
  readonly age: number | undefined;
  readonly isCurrent: boolean;
}

function Entry({ entry, age, isCurrent }: EntryProps): JSX.Element {
  const { address, frame, pageSize, way, dirty } = entry;
  return (
    <li class={isCurrent ? "entry current" : "entry"} aria-current={isCurrent ? "true" : undefined}>
      <code>{hex(address)}</code>
      <small>
        way {way}
        {age === undefined ? "" : `, age ${age}`}, {pageSize}, frame {frame}
        {dirty ? ", dirty" : ""}
      </small>
    </li>
  );
}
