/** The controls that step, what the last call did, and the time line of faults. */
import type { JSX } from "preact";
import { formatCount, formatCounted } from "../../report/numbers.js";
import type { LoggedCall, ProcessRun } from "../engine/process.js";
import { Steps } from "../steps.jsx";
import { at, pid } from "./form.js";
import { goTo, lastCall, nextOf, run, state, TARGETS } from "./run.js";
import { type Cell, Strip } from "./strip.jsx";
import { effectsOf } from "./words.js";

/** More bars are drawn together. */
const MOST_BARS = 240;
const LEAST_HEIGHT = 5;
const HEIGHT_PER_DOUBLING = 6;
const MOST_HEIGHT = 36;

export function Stepping(): JSX.Element {
  const calls = run.value?.calls ?? [];
  return (
    <section class="card stepping" aria-labelledby="stepping-title">
      <h3 id="stepping-title">Steps</h3>
      <Steps noun="Call" at={at} total={calls.length} />
      <p class="sets">
        Run to the next
        {Object.entries(TARGETS).map(([name, is]) => (
          <Next key={name} name={name} place={nextOf(is)} />
        ))}
        <ProcessChoice />
      </p>
      <p role="status" class="outcome">
        <Outcome call={lastCall.value} />
      </p>
    </section>
  );
}

function Next({ name, place }: { name: string; place: number | undefined }): JSX.Element {
  return (
    <button type="button" disabled={place === undefined} onClick={() => goTo(place ?? at.value)}>
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
  if (done === undefined || done.calls.length === 0) return null;
  const { calls } = done;
  const perBar = Math.ceil(calls.length / MOST_BARS);
  const bars = Array.from({ length: Math.ceil(calls.length / perBar) }, (_, n) =>
    barOf(calls.slice(n * perBar, (n + 1) * perBar), n * perBar),
  );
  const sum = (key: "minor" | "major") => calls.reduce((total, call) => total + call[key], 0);
  return (
    <section class="card" aria-labelledby="faults-title">
      <h3 id="faults-title">Faults, call by call</h3>
      <p>
        {formatCounted(sum("minor"), "minor fault")}, {formatCount(sum("major"))} major,{" "}
        {formatCounted(calls.filter(TARGETS.signal).length, "signal")}. A bar is{" "}
        {perBar === 1 ? "a call" : `${perBar} calls`}; press one to go there.
      </p>
      <Strip
        class="bars"
        label="Faults, call by call"
        cells={bars}
        marked={at.value === 0 ? undefined : Math.floor((at.value - 1) / perBar)}
        onPick={(bar) => goTo(Math.min(calls.length, (bar + 1) * perBar))}
      />
    </section>
  );
}

function barOf(calls: ProcessRun["calls"], from: number): Cell {
  const sum = (key: "minor" | "major") => calls.reduce((total, call) => total + call[key], 0);
  const [minor, major] = [sum("minor"), sum("major")];
  const height = LEAST_HEIGHT + HEIGHT_PER_DOUBLING * Math.log2(1 + minor + major);
  const [first] = calls;
  const about =
    calls.length === 1 && first !== undefined
      ? `call ${from + 1}, line ${first.line}: ${effectsOf(first)}`
      : `calls ${from + 1} to ${from + calls.length}: ${formatCounted(minor, "minor fault")}, ${formatCount(major)} major`;
  return { kind: kindOf(calls, minor, major), about, height: Math.round(Math.min(MOST_HEIGHT, height)) };
}

function kindOf(calls: ProcessRun["calls"], minor: number, major: number): string {
  if (calls.some(TARGETS.signal)) return "signal";
  if (major > 0) return "major";
  return minor > 0 ? "minor" : "quiet";
}
