/** The editor of the log, and how the log's answers compare with the model's. */
import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { formatCount, formatCounted } from "../../report/numbers.js";
import { LogEditor } from "./editor/editor.js";
import { given, isOpening, log } from "./form.js";
import { callsUpTo, cursor, goTo, lastCall, run } from "./run.js";
import { effectsOf } from "./words.js";

const MOST_WARNINGS = 5;

export function Log(): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => (place.current === null ? undefined : edit(place.current)), []);
  return (
    <section class="card log" aria-labelledby="log-title">
      <h3 id="log-title">Call log</h3>
      <p>
        One call a line, as strace and ltrace print it; <code>load</code> and <code>store</code> access
        memory. The answers stand at the right.
      </p>
      <div class="editor" ref={place} />
      <p role="status">
        <Summary />
      </p>
      {run.value?.warnings.slice(0, MOST_WARNINGS).map((warning) => (
        <p key={warning}>Warning: {warning}</p>
      ))}
    </section>
  );
}

/** Puts the editor in the place; returns a function that removes it. */
function edit(place: HTMLElement): () => void {
  const editor = new LogEditor(place, log.peek(), {
    onEdit: (text, line) => {
      log.value = text;
      cursor.value = line;
      isOpening.value = false;
    },
    onLine: (line) => {
      const done = run.peek();
      if (cursor.peek() !== undefined) cursor.value = line;
      else if (done !== undefined) goTo(callsUpTo(line, done.calls));
    },
    aboutLine: (line) => {
      const call = run.peek()?.calls.find((one) => one.line === line);
      return call && effectsOf(call);
    },
  });
  const ends = [
    given.subscribe(() => editor.take(log.peek())),
    effect(() => {
      const done = run.value;
      if (done !== undefined) editor.showRun(done, done.job.log);
    }),
    effect(() => editor.showCurrent(lastCall.value?.line)),
  ];
  return () => {
    for (const end of ends) end();
    editor.close();
  };
}

function Summary(): JSX.Element {
  const done = run.value;
  if (done === undefined) return <>Running …</>;
  const { calls, checked, matched, stopped } = done;
  const place = stopped?.line === undefined ? "" : `line ${stopped.line}: `;
  return (
    <>
      {formatCounted(calls.length, "call")}
      {checked > 0 && `, ${formatCount(matched)} of ${formatCount(checked)} answers as the log has them`}
      {stopped !== undefined && (
        <span class="fault">
          {" "}
          {place}
          {stopped.text}
        </span>
      )}
    </>
  );
}
