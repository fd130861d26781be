/** The choice of an example, and of the system that runs the log. */
import type { JSX } from "preact";
import { TextField } from "../fields.jsx";
import { EXAMPLES, OPTIONS } from "./examples.js";
import { begin, example, options } from "./form.js";
import { problem } from "./run.js";

const FOLDERS = { process: "Processes", heap: "Heaps" } as const;

export function ExampleChoice(): JSX.Element {
  return (
    <section class="card" aria-labelledby="examples-title">
      <h3 id="examples-title">Examples</h3>
      {Object.entries(FOLDERS).map(([folder, name]) => (
        <p class="sets" key={folder}>
          {name}
          {EXAMPLES.filter((one) => one.folder === folder).map((one) => (
            <button
              key={one.id}
              type="button"
              title={one.about}
              aria-pressed={example.value === one}
              onClick={() => begin(one)}
            >
              {one.name}
            </button>
          ))}
        </p>
      ))}
      <p>{example.value?.about}</p>
    </section>
  );
}

const LABELS: Readonly<Record<(typeof OPTIONS)[number], string>> = {
  arch: "Architecture (x86-64)",
  memory: "Memory (as much as needed)",
  swap: "Swap (none)",
  policy: "Replacement policy (clock)",
  allocator: "Allocator (glibc)",
  ulimit: "Limits: stack, memlock, as, data",
};

export function SystemChoice(): JSX.Element {
  const isAtFault = OPTIONS.some((option) => option === problem.value?.option);
  const isSet = OPTIONS.some((option) => options[option].value !== "");
  return (
    <details class="card" open={isAtFault || isSet}>
      <summary>System</summary>
      <div class="fields">
        {OPTIONS.map((option) => (
          <TextField
            key={option}
            id={option}
            label={LABELS[option]}
            value={options[option]}
            problem={problem.value}
          />
        ))}
      </div>
    </details>
  );
}
