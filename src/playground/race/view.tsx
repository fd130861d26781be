/** The view Race: two to four policies side by side on the same requests. */
import type { SteppedRow } from "pagewalk";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Fault } from "../fault.jsx";
import { Steps } from "../steps.jsx";
import { Lanes, Requests } from "./choice.jsx";
import { at, keepAddress } from "./form.js";
import { Lane } from "./lane.jsx";
import { follow, isMissed, nameOf, parts, problem, rows, runTo, total } from "./run.js";
import { Timeline } from "./timeline.jsx";

/** Options whose faults stand beside their fields. */
const PLACED = ["requests", "frames"];

export function Race(): JSX.Element {
  useEffect(keepAddress, []);
  useEffect(follow, []);
  const fault = PLACED.includes(problem.value?.option ?? "") ? undefined : problem.value;
  const common = heldByAll(rows.value, at.value);
  return (
    <>
      <h2>Race replacement policies</h2>
      <p>
        The same requests go through two to four policies side by side, step by step. Where do they differ?
      </p>
      <div class="columns">
        <Requests />
        <Lanes />
      </div>
      <section class="card stepping" aria-labelledby="race-steps">
        <h3 id="race-steps">Steps</h3>
        <Steps noun="Request" at={at} total={total.value} />
        <p class="sets">
          Run to the next
          <button type="button" disabled={at.value >= total.value} onClick={() => runTo(isMissed)}>
            Miss
          </button>
          <button type="button" disabled={at.value >= total.value} onClick={() => runTo(parts)}>
            Difference
          </button>
        </p>
      </section>
      {fault && <Fault problem={fault} />}
      {rows.value.length > 0 && (
        <>
          <div class="lanes">
            {rows.value.map((row) => (
              <Lane key={nameOf(row)} row={row} name={nameOf(row)} at={at.value} common={common} />
            ))}
          </div>
          <Timeline />
        </>
      )}
    </>
  );
}

/** Pages that every lane holds after so many requests. */
function heldByAll(all: readonly SteppedRow[], place: number): ReadonlySet<string> {
  const held = all.map(({ steps }) => new Set(steps[place - 1]?.frames.filter((page) => page !== null)));
  const [first = new Set<string>(), ...others] = held;
  return new Set([...first].filter((page) => others.every((other) => other.has(page))));
}
