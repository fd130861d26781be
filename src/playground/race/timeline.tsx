/** The requests as a table: hit or miss of each policy, as far as they are done. */
import type { CompareStep } from "pagewalk";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { at } from "./form.js";
import { nameOf, parts, rows } from "./run.js";

export function Timeline(): JSX.Element {
  const scrolled = useRef<HTMLElement>(null);
  const place = at.value;
  useEffect(() => {
    const frame = scrolled.current;
    const cell = frame?.querySelector<HTMLElement>("[aria-current]");
    if (frame && cell) frame.scrollLeft = cell.offsetLeft - frame.clientWidth / 2;
  }, [place]);
  const requests = rows.value[0]?.steps ?? [];
  return (
    <section class="card" aria-labelledby="timeline-title">
      <h3 id="timeline-title">Requests so far</h3>
      <p>H is a hit, M a miss. A request on which the policies differ is underlined.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling part must be reachable by keys. */}
      <section class="scroll" tabIndex={0} aria-label="Hits and misses" ref={scrolled}>
        <table class="numbers race">
          <thead>
            <tr>
              <th scope="col">page</th>
              {requests.map((step) => (
                <Head key={step.request} step={step} place={place} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.value.map((row) => (
              <tr key={nameOf(row)}>
                <th scope="row">{nameOf(row)}</th>
                {row.steps.map((step) => (
                  <Cell key={step.request} step={step} place={place} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

interface CellProps {
  readonly step: CompareStep;
  /** Requests done. */
  readonly place: number;
}

function Head({ step: { request, page }, place }: CellProps): JSX.Element {
  return (
    <th
      scope="col"
      class={request < place && parts(request) ? "parts" : undefined}
      aria-current={request === place - 1 ? "step" : undefined}
    >
      {page}
    </th>
  );
}

function Cell({ step: { request, hit }, place }: CellProps): JSX.Element {
  if (request >= place) return <td />;
  const now = request === place - 1 ? " now" : "";
  return <td class={`${hit ? "hit" : "miss"}${now}`}>{hit ? "H" : "M"}</td>;
}
