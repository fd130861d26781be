/** The controls that step, what the last call did, and the time line of faults. */
import type { JSX } from "preact";
import { formatCount, formatCounted } from "../../report/numbers.js";
import type { Bar, LoggedCall } from "../engine/outline.js";
import { Steps } from "../steps.jsx";
import { at, pid } from "./form.js";
import { goTo, nextOf, run, state, TARGETS } from "./run.js";
import { type Cell, Strip } from "./strip.jsx";
import { effectsOf } from "./words.js";

const EVENTS = ["fault", "mismatch", "signal"] as const;
const LEAST_HEIGHT = 5;
const HEIGHT_PER_DOUBLING = 6;
const MOST_HEIGHT = 36;

export function Stepping(): JSX.Element {
  return (
    <section class="card stepping" aria-labelledby="stepping-title">
      <h3 id="stepping-title">Steps</h3>
      <Steps noun="Call" at={at} total={run.value?.lines.length ?? 0} />
      <p class="sets">
        Run to the next
        {EVENTS.map((name) => (
          <Next key={name} name={name} place={nextOf(TARGETS[name])} />
        ))}
        <ProcessChoice />
      </p>
      <p role="status" class="outcome">
        {state.value && <Outcome call={state.value.last} />}
      </p>
    </section>
  );
}

const ABOUT = {
  fault: "goes on to the next call that takes a page fault",
  mismatch: "goes on to the next call whose answer differs from the log’s",
  signal: "goes on to the next access that ends in a signal",
} as const;

function Next({ name, place }: { name: keyof typeof TARGETS; place: number | undefined }): JSX.Element {
  return (
    <button
      type="button"
      title={ABOUT[name]}
      disabled={place === undefined}
      onClick={() => goTo(place ?? at.value)}
    >
      {name}
    </button>
  );
}

function Outcome({ call }: { call: LoggedCall | undefined }): JSX.Element {
  if (call === undefined) return <>No call has been made.</>;
  const text = call.answered?.call;
  return (
    <>
      Line {call.line}
      {text !== undefined && (
        <>
          {" "}
          <code>{text}</code>
        </>
      )}
      : {effectsOf(call)}.
    </>
  );
}

/** Where there are several. */
function ProcessChoice(): JSX.Element | null {
  const processes = state.value?.processes ?? [];
  if (processes.length < 2) return null;
  return (
    <label>
      Process
      <select
        value={pid.value === undefined ? "" : `${pid.value}`}
        onChange={({ currentTarget: { value } }) => {
          pid.value = value === "" ? undefined : Number(value);
        }}
      >
        <option value="">of the last call</option>
        {processes.map(({ pid: number, isAlive }) => (
          <option key={number} value={`${number}`}>
            {isAlive ? number : `${number}, ended`}
          </option>
        ))}
      </select>
    </label>
  );
}

export function FaultLine(): JSX.Element | null {
  const done = run.value;
  if (done === undefined || done.bars.length === 0) return null;
  const { bars, lines } = done;
  const perBar = bars[0]?.count ?? 1;
  const sum = (key: "minor" | "major" | "signals") => bars.reduce((total, bar) => total + bar[key], 0);
  return (
    <section class="card" aria-labelledby="faults-title">
      <h3 id="faults-title">Faults, call by call</h3>
      <p>
        {formatCounted(sum("minor"), "minor fault")}, {formatCount(sum("major"))} major,{" "}
        {formatCounted(sum("signals"), "signal")}. A bar is {perBar === 1 ? "a call" : `${perBar} calls`}.
        Press one to go there.
      </p>
      <Strip
        class="bars"
        label="Faults, call by call"
        cells={bars.map(barCell)}
        marked={at.value === 0 ? undefined : Math.floor((at.value - 1) / perBar)}
        onPick={(bar) => goTo(Math.min(lines.length, (bar + 1) * perBar))}
      />
    </section>
  );
}

function barCell(bar: Bar): Cell {
  const { from, count, minor, major, call } = bar;
  const height = LEAST_HEIGHT + HEIGHT_PER_DOUBLING * Math.log2(1 + minor + major);
  const about =
    call !== undefined
      ? `call ${from + 1}, line ${call.line}: ${effectsOf(call)}`
      : `calls ${from + 1} to ${from + count}: ${formatCounted(minor, "minor fault")}, ${formatCount(major)} major`;
  return { kind: kindOf(bar), about, height: Math.round(Math.min(MOST_HEIGHT, height)) };
}

function kindOf({ minor, major, signals }: Bar): string {
  if (signals > 0) return "signal";
  if (major > 0) return "major";
  return minor > 0 ? "minor" : "quiet";
}
