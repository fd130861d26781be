/** The editor of the log, and how the log's answers compare with the model's. */
import { effect, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { formatCount, formatCounted } from "../../report/numbers.js";
import type { Problem } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import { Fault } from "../fault.jsx";
import { FileField } from "../file.jsx";
import { LogEditor } from "./editor/editor.js";
import { begin, given, isOpening, log } from "./form.js";
import { callsUpTo, cursor, goTo, lastLine, run } from "./run.js";

const MOST_WARNINGS = 5;

export function Log(): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const over = useSignal(false);
  const fault = useSignal<Problem | undefined>(undefined);
  const name = useSignal("");
  useEffect(() => (place.current === null ? undefined : edit(place.current)), []);
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    name.value = file.name;
    const answer = await engine.logText(file);
    fault.value = "problem" in answer ? answer.problem : undefined;
    if ("value" in answer) begin({ log: answer.value, options: {} });
  };
  return (
    <section
      class={`card log${over.value ? " over" : ""}`}
      aria-labelledby="log-title"
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      // The editor would take the file's text where it is dropped.
      onDropCapture={(event) => {
        const [file] = event.dataTransfer?.files ?? [];
        over.value = false;
        if (file === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        open(file);
      }}
    >
      <h3 id="log-title">Call log</h3>
      <p>
        One call a line, as strace and ltrace print it; <code>load</code> and <code>store</code> access
        memory. The answers stand at the right.
      </p>
      <p class="sets">
        <FileField
          id="log-file"
          label="A log of yours, dropped here or picked"
          name={name.value}
          onFiles={([file]) => open(file)}
        />
      </p>
      {fault.value && <Fault problem={fault.value} />}
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
      else if (done !== undefined) goTo(callsUpTo(line, done));
    },
    callsIn: (done, first, last) => engine.callsIn(done.id, first, last),
  });
  const ends = [
    given.subscribe(() => editor.take(log.peek())),
    effect(() => {
      const done = run.value;
      if (done !== undefined) editor.showRun(done, done.job.log);
    }),
    effect(() => editor.showCurrent(lastLine.value)),
  ];
  return () => {
    for (const end of ends) end();
    editor.close();
  };
}

function Summary(): JSX.Element {
  const done = run.value;
  if (done === undefined) return <>Running …</>;
  const { lines, checked, matched, stopped } = done;
  const place = stopped?.line === undefined ? "" : `line ${stopped.line}: `;
  return (
    <>
      {formatCounted(lines.length, "call")}
      {checked > 0 && `, ${formatCount(matched)} of ${formatCount(checked)} answers as the log has them`}
      {stopped !== undefined && (
        <span class="fault">
          {"; "}
          {place}
          {stopped.text}
        </span>
      )}
    </>
  );
}
