/** The results: the section that a report has of a trace, drawn again as rows come, and files to save. */
import { effect, signal } from "@preact/signals";
import type { CompareRow } from "pagewalk";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { TraceDetails, TraceReport } from "../../report/data.js";
import { unique } from "../../report/groups.js";
import { saveText } from "../../report/page/save.js";
import { parsePageSize } from "../../units.js";
import { policies } from "../policies.js";
import { preparedReport, type Report, report } from "../report.js";
import { isDark } from "../theme.js";
import { inOrder, options, partial, readings, rows, shown, state } from "./run.js";

/** Bytes. */
const USUAL_PAGE = 4096;
/** Milliseconds between two drawings during a run, which take a part of a frame for each policy. */
const DRAWING_MILLISECONDS = 1000;

const PRINTING = ["beforeprint", "afterprint"] as const;

/** The results of each trace, with one sentence. */
const reports = signal<readonly { readonly trace: TraceReport; readonly summary: string }[]>([]);

export function Results(): JSX.Element | null {
  if (state.value === "none") return null;
  return (
    <>
      {rows.value.length > 0 && state.value !== "running" && <Saving />}
      {reports.value.length > 1 && <Traces />}
      <Drawn />
    </>
  );
}

/** The choice of the trace that is shown. */
function Traces(): JSX.Element {
  return (
    <ul class="examples" aria-label="Traces of the results">
      {reports.value.map(({ trace: { name }, summary }, n) => (
        <li key={name}>
          <button
            type="button"
            aria-pressed={n === shown.value}
            onClick={() => {
              shown.value = n;
            }}
          >
            <strong>{name}</strong>
            <span>{summary}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Drawn(): JSX.Element {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = place.current;
    let close = () => {};
    let isOver = false;
    preparedReport().then((module) => {
      if (element !== null && !isOver) close = follow(module, element);
    });
    return () => {
      isOver = true;
      close();
    };
  }, []);
  return <section class="results" ref={place} aria-label="Results" aria-busy={state.value === "running"} />;
}

/** Draws the rows into the element whenever there are more, until the returned function is called. */
function follow({ Section, reportData, summaryOf }: Report, element: HTMLElement): () => void {
  let isPrinting = false;
  const section = new Section(element, () => isDark.peek() && !isPrinting);
  // On paper all figures are drawn, also those that were never near the window, and light.
  const print = ({ type }: Event) => {
    isPrinting = type === "beforeprint";
    section.drawNow();
  };
  for (const type of PRINTING) addEventListener(type, print);
  let drawn = Number.NEGATIVE_INFINITY;
  const stopReporting = effect(() => {
    const results = [...inOrder([...rows.value, ...partial.value], readings.value)];
    const isWaiting = performance.now() - drawn < DRAWING_MILLISECONDS;
    if (results.length > 0 && state.value === "running" && isWaiting) return;
    const names = policies.value.map(({ name }) => name);
    const { traces } = reportData(
      { results },
      { traces: detailsOf(results, state.peek() === "running") },
      names,
    );
    reports.value = traces.map((trace) => ({ trace, summary: summaryOf(trace) }));
    if (results.length > 0) drawn = performance.now();
  });
  const stopShowing = effect(() => {
    const trace = (reports.value[shown.value] ?? reports.value[0])?.trace;
    if (trace === undefined) section.clear();
    else section.show(trace);
  });
  const stopPainting = effect(() => {
    isDark.value;
    section.draw();
  });
  return () => {
    stopReporting();
    stopShowing();
    stopPainting();
    for (const type of PRINTING) removeEventListener(type, print);
    section.clear();
  };
}

/** How the traces of the rows were read, as far as it bears on these. */
function detailsOf(results: readonly CompareRow[], isRunning: boolean): TraceDetails[] {
  const given = options.peek()?.pageSize;
  const pageSize = given === undefined ? USUAL_PAGE : parsePageSize(`${given}`);
  return unique(results.map(({ trace }) => trace)).map((name) => {
    const reading = readings.peek().find((one) => one.name === name);
    if (reading === undefined) return { isRunning };
    return { format: reading.format, ...(reading.hasAddresses && { pageSize }), isRunning };
  });
}

function Saving(): JSX.Element {
  return (
    <p class="sets">
      All results:
      <button type="button" onClick={saveCsv}>
        Save CSV
      </button>
      <button type="button" onClick={saveJson}>
        Save JSON
      </button>
    </p>
  );
}

async function saveCsv(): Promise<void> {
  const { compareCsv } = await report();
  saveText("compare.csv", compareCsv({ results: [...rows.value] }), "text/csv");
}

/** As `pagewalk compare --json` prints them. */
function saveJson(): void {
  const results = rows.value.map(({ timeline: _, ...row }) => row);
  const answer = { results, ...(state.value === "stopped" && { interrupted: true }) };
  saveText("compare.json", `${JSON.stringify(answer, undefined, 2)}\n`, "application/json");
}
