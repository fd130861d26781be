/** The results: the section that a report has of a trace, drawn again as rows come, and files to save. */

import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { saveText } from "../../report/page/save.js";
import { parsePageSize } from "../../units.js";
import { policies } from "../policies.js";
import { type Report, report } from "../report.js";
import { isDark } from "../theme.js";
import { options, reading, rows, state } from "./run.js";

/** Bytes. */
const USUAL_PAGE = 4096;
/** Milliseconds between two drawings during a run, which take a part of a frame for each policy. */
const DRAWING_MILLISECONDS = 1000;

export function Results(): JSX.Element | null {
  if (state.value === "none") return null;
  return (
    <>
      {rows.value.length > 0 && state.value !== "running" && <Saving />}
      <Drawn />
    </>
  );
}

function Drawn(): JSX.Element {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = place.current;
    let close = () => {};
    let isOver = false;
    report().then((module) => {
      if (element !== null && !isOver) close = follow(module, element);
    });
    return () => {
      isOver = true;
      close();
    };
  }, []);
  return <section ref={place} aria-label="Results" aria-busy={state.value === "running"} />;
}

/** Draws the rows into the element whenever there are more, until the returned function is called. */
function follow({ Section, reportData }: Report, element: HTMLElement): () => void {
  const section = new Section(element, () => isDark.peek());
  let drawn = Number.NEGATIVE_INFINITY;
  const stopShowing = effect(() => {
    const results = [...rows.value];
    const isWaiting = performance.now() - drawn < DRAWING_MILLISECONDS;
    if (results.length === 0) section.clear();
    if (results.length === 0 || (state.value === "running" && isWaiting)) return;
    const names = policies.value.map(({ name }) => name);
    const [trace] = reportData({ results }, { traces: [detailsOf()] }, names).traces;
    if (trace !== undefined) section.show(trace);
    drawn = performance.now();
  });
  const stopPainting = effect(() => {
    isDark.value;
    section.draw();
  });
  return () => {
    stopShowing();
    stopPainting();
    section.clear();
  };
}

/** How the trace was read, as far as it bears on the rows. */
function detailsOf(): { format?: string; pageSize?: number } {
  const [found, given] = [reading.peek(), options.peek()?.pageSize];
  if (found === undefined) return {};
  const pageSize = given === undefined ? USUAL_PAGE : parsePageSize(`${given}`);
  return { format: found.format, ...(found.hasAddresses && { pageSize }) };
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
