/** The choice of traces: an example, files, or a reference string. */
import { batch } from "@preact/signals";
import type { JSX } from "preact";
import { useDrop } from "../drop.js";
import type { Source } from "../engine/sources.js";
import { FileField, FormatFields } from "../file.jsx";
import { Chosen } from "./chosen.jsx";
import { addFiles, choosePolicies, columns, format, frames, sources, USUAL_FRAMES } from "./form.js";
import { start, state } from "./run.js";

const SCROLLING = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";

interface Example {
  readonly source: Source;
  readonly name: string;
  readonly about: string;
  /** Numbers of frames and policies, where the usual ones do not suit it. */
  readonly frames?: string;
  readonly policies?: string;
}

const EXAMPLES: readonly Example[] = [
  {
    source: { kind: "example", id: "wordcount" },
    name: "Word count",
    about: "a recorded C program that counts words",
  },
  {
    source: { kind: "example", id: "zipf" },
    name: "Zipf",
    about: "a few pages are requested often, most seldom",
  },
  {
    source: { kind: "example", id: "loop" },
    name: "Loop",
    about: "1,000 pages in turn, again and again: the worst case of LRU",
  },
  {
    source: { kind: "example", id: "phases" },
    name: "Phases",
    about: "ten phases, each with a working set of its own",
  },
  {
    source: { kind: "requests", text: "1 2 3 4 1 2 5 1 2 3 4 5" },
    name: "Belady’s anomaly",
    about: "twelve requests: FIFO misses more with 4 frames than with 3",
    frames: "1,2,3,4,5",
    policies: "fifo lru opt",
  },
];

export function TraceChoice(): JSX.Element {
  const drop = useDrop(addFiles);
  return (
    <section {...drop} aria-labelledby="trace-title">
      <h3 id="trace-title">1. Traces</h3>
      <Examples />
      <div class="fields">
        <Files />
        <RequestsField />
      </div>
      <Chosen />
    </section>
  );
}

function Examples(): JSX.Element {
  return (
    <ul class="examples" aria-label="Examples">
      {EXAMPLES.map((example) => (
        <li key={example.name}>
          <button
            type="button"
            aria-pressed={sources.value.some((one) => isSame(example.source, one))}
            disabled={state.value === "running"}
            onClick={() => run(example)}
          >
            <strong>{example.name}</strong>
            <span>{example.about}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function run(example: Example): void {
  batch(() => {
    sources.value = [example.source];
    choosePolicies(example.policies);
    frames.value = example.frames ?? USUAL_FRAMES;
  });
  start();
  // The run that begins is shown far below.
  requestAnimationFrame(() => document.querySelector(".running")?.scrollIntoView({ behavior: SCROLLING }));
}

function isSame(one: Source, other: Source): boolean {
  if (one.kind === "example") return other.kind === "example" && other.id === one.id;
  return one.kind === "requests" && other.kind === "requests" && other.text === one.text;
}

function Files(): JSX.Element {
  return (
    <div class="field">
      <FileField id="file" label="Traces of yours, dropped here or picked" multiple onFiles={addFiles} />
      {sources.value.some(({ kind }) => kind === "file") && (
        <FormatFields format={format} columns={columns} />
      )}
    </div>
  );
}

function RequestsField(): JSX.Element {
  const [first] = sources.value;
  const text = first?.kind === "requests" ? first.text : "";
  return (
    <div class="field">
      <label for="requests">Or a reference string: page numbers</label>
      <input
        id="requests"
        type="text"
        inputMode="numeric"
        spellcheck={false}
        placeholder="1 2 3 4 1 2 5"
        value={text}
        onInput={({ currentTarget }) => {
          const text = currentTarget.value;
          sources.value = text.trim() === "" ? [] : [{ kind: "requests", text }];
        }}
      />
    </div>
  );
}
