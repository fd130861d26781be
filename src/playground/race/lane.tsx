/** One policy: what it did with the last request, and the pages that it holds. */
import type { SteppedRow } from "pagewalk";
import type { JSX } from "preact";
import { formatCount, formatCounted, formatRatio } from "../../report/numbers.js";

interface LaneProps {
  readonly row: SteppedRow;
  readonly name: string;
  /** Requests done. */
  readonly at: number;
  /** Pages that every policy holds. */
  readonly common: ReadonlySet<string>;
}

export function Lane({ row, name, at, common }: LaneProps): JSX.Element {
  const { policy, frames, steps } = row;
  const step = steps[at - 1];
  const misses = steps.slice(0, at).filter(({ hit }) => !hit).length;
  const held = step?.frames ?? Array.from({ length: frames }, () => null);
  const id = `lane-of-${policy}-${frames}`;
  return (
    <section class="card lane" aria-labelledby={id}>
      <h3 id={id}>{name}</h3>
      <p>
        {formatCounted(misses, "miss", "misses")} in {formatCount(at)}
        {at > 0 && `, ${formatRatio(misses / at)}`}
      </p>
      <p class="outcome">{step === undefined ? "no request yet" : outcomeOf(step)}</p>
      <ol class="frames" aria-label={`Frames of ${name}`}>
        {held.map((page, frame) => (
          <li key={frame} class={classOf(page, step?.page, common)}>
            <small>frame {frame}</small>
            {page === null ? <span>free</span> : <strong>{page}</strong>}
            {page !== null && !common.has(page) && <small>not held by all</small>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function outcomeOf({ page, hit, victim, released = [] }: SteppedRow["steps"][number]): string {
  const gone = [
    ...(victim === null ? [] : [`evicts page ${victim}`]),
    ...(released.length === 0 ? [] : [`releases ${released.join(", ")}`]),
  ];
  return [`page ${page}: ${hit ? "hit" : "miss"}`, ...gone].join(", ");
}

function classOf(page: string | null, requested: string | undefined, common: ReadonlySet<string>): string {
  if (page === null) return "frame free";
  return `frame${page === requested ? " current" : ""}${common.has(page) ? "" : " alone"}`;
}
