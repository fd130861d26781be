/** The choice of requests, frames and policies. */
import { batch } from "@preact/signals";
import type { JSX } from "preact";
import { BeginningField, useBeginning } from "../beginning.jsx";
import { useDrop } from "../drop.js";
import { engine } from "../engine/client.js";
import { ChoiceField, TextField } from "../fields.jsx";
import { policies } from "../policies.js";
import { EXAMPLES, type Example } from "./examples.js";
import { at, frames, lanes, requests } from "./form.js";
import { problem } from "./run.js";

/** Requests of a trace that fill the field. */
const FIRST_REQUESTS = 200;

export function Requests(): JSX.Element {
  const choose = (example: Pick<Example, "requests" | "frames">) =>
    batch(() => {
      requests.value = example.requests;
      frames.value = example.frames;
      at.value = 0;
    });
  const beginning = useBeginning(
    (source) => engine.firstRequests(source, FIRST_REQUESTS),
    (text) => choose({ requests: text, frames: frames.value }),
  );
  const drop = useDrop(beginning.takeFile);
  return (
    <section {...drop} aria-labelledby="requests-title">
      <h3 id="requests-title">Requests</h3>
      <p class="sets">
        {EXAMPLES.map((example) => (
          <button
            key={example.id}
            type="button"
            title={example.about}
            aria-pressed={requests.value === example.requests}
            onClick={() => choose(example)}
          >
            {example.name}
          </button>
        ))}
        <button
          type="button"
          title="the first pages of a recorded C program"
          onClick={() => beginning.take({ kind: "example", id: "wordcount" })}
        >
          Word count
        </button>
      </p>
      <p>{EXAMPLES.find((example) => example.requests === requests.value)?.about}</p>
      <div class="fields">
        <TextField id="requests" label="Page numbers" value={requests} problem={problem.value} />
        <TextField id="frames" label="Frames" value={frames} problem={problem.value} />
        <BeginningField
          id="race-file"
          label={`Or the first ${FIRST_REQUESTS} requests of a trace, dropped here or picked`}
          beginning={beginning}
        />
      </div>
    </section>
  );
}

export function Lanes(): JSX.Element {
  const known = policies.value.map(({ name }) => name);
  // A policy of the address may have parameters.
  const named = lanes.map(({ value }) => value).filter((name) => name !== "" && !known.includes(name));
  const names = Object.fromEntries([...named, ...known].map((name) => [name, name]));
  return (
    <section class="card" aria-labelledby="lanes-title">
      <h3 id="lanes-title">Policies</h3>
      <div class="fields">
        {lanes.map((lane, n) => (
          <ChoiceField
            key={lane}
            id={`lane-${n + 1}`}
            label={`Lane ${n + 1}`}
            value={lane}
            options={n < 2 ? names : { "–": "", ...names }}
          />
        ))}
      </div>
    </section>
  );
}
