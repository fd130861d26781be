/** The results: the section that a report has of a trace, drawn again as rows come, and files to save. */

import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { saveText } from "../../src/report/page/save.js";
import { parsePageSize } from "../../src/units.js";
import { policies } from "../policies.js";
import { report } from "../report.js";
import { isDark } from "../theme.js";
import { pageSize } from "./form.js";
import { reading, rows, state } from "./run.js";
import { chosenReading } from "./trace.jsx";

export function Results(): JSX.Element {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    let close = () => {};
    report().then(({ Section, reportData }) => {
      const section = new Section(element, () => isDark.peek());
      const stopShowing = effect(() => {
        const names = policies.value.map(({ name }) => name);
        const [trace] = reportData({ results: [...rows.value] }, { traces: [detailsOf()] }, names).traces;
        if (trace === undefined || rows.value.length === 0) section.clear();
        else section.show(trace);
      });
      const stopPainting = effect(() => {
        isDark.value;
        section.draw();
      });
      close = () => {
        stopShowing();
        stopPainting();
        section.clear();
      };
    });
    return () => close();
  }, []);
  return (
    <>
      {rows.value.length > 0 && state.value !== "running" && <Saving />}
      <section ref={place} aria-label="Results" aria-busy={state.value === "running"} />
    </>
  );
}

/** How the trace was read, as far as it bears on the rows. */
function detailsOf() {
  const found = reading.value ?? chosenReading.peek();
  if (found === undefined) return {};
  const bytes = pageSize.peek() === "" ? 4096 : parsePageSize(pageSize.peek());
  return { format: found.format, ...(found.hasAddresses && { pageSize: bytes }) };
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
