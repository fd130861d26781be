/** The view Compare: replacement policies against sizes of memory, on one or several traces. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { formatCount, formatCounted } from "../../report/numbers.js";
import { Fault } from "../fault.jsx";
import { preparedReport } from "../report.js";
import { isUnreadable } from "./chosen.jsx";
import { chosen, keepAddress, sources } from "./form.js";
import { PolicyChoice } from "./policies.jsx";
import { Results } from "./results.jsx";
import { news, problem, rows, start, state, stop } from "./run.js";
import { SizeChoice } from "./sizes.jsx";
import { TraceChoice } from "./trace.jsx";

/** Options whose faults stand beside their fields. */
const PLACED = ["policies", "frames"];

export function Compare(): JSX.Element {
  useEffect(keepAddress, []);
  useEffect(() => {
    // A failure shows when a run needs the code.
    preparedReport().catch(() => {});
  }, []);
  return (
    <>
      <h2>Compare page-replacement policies</h2>
      <p>
        Press an example, or drop traces of yours: each runs through many policies and sizes of memory. How
        many of its requests miss?
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady()) start();
        }}
      >
        <TraceChoice />
        <PolicyChoice />
        <SizeChoice />
        <Running />
      </form>
      <Results />
    </>
  );
}

function isReady(): boolean {
  const isChosen = sources.value.length > 0 && chosen.value.length > 0;
  return isChosen && !isUnreadable.value && state.value !== "running";
}

function Running(): JSX.Element {
  const isRunning = state.value === "running";
  const general = problem.value && !PLACED.includes(problem.value.option ?? "") ? problem.value : undefined;
  return (
    <div class="running">
      <button type="submit" class="main" disabled={!isReady()}>
        Run
      </button>
      <button type="button" disabled={!isRunning} onClick={stop}>
        Cancel
      </button>
      {isRunning && <progress aria-label="Progress" value={news.value.fraction} max={1} />}
      <span role="status">{statusText()}</span>
      {general && <Fault problem={general} />}
    </div>
  );
}

function statusText(): string {
  if (isUnreadable.value && state.value !== "running") return "A trace cannot be read: see above.";
  const { simulations } = news.value;
  const count = rows.value.length;
  switch (state.value) {
    case "running":
      return simulations === 0
        ? "Starting …"
        : `${formatCount(count)} of ${formatCounted(simulations, "simulation")}`;
    case "done":
      return `${formatCounted(count, "simulation")} done`;
    case "stopped":
      return `Stopped: ${formatCounted(count, "simulation")} done, the others left out`;
    case "failed":
      return "";
    case "none":
      if (sources.value.length === 0) return "Choose a trace first.";
      return chosen.value.length === 0 ? "Choose a policy." : "";
  }
}
