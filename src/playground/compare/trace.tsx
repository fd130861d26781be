/** The choice of a trace: an example, a file, or a reference string; and how it was read. */
import { batch, signal, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { formatBytes } from "../../report/numbers.js";
import type { Problem } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import type { Reading, Source } from "../engine/sources.js";
import { Fault } from "../fault.jsx";
import { choosePolicies, format, frames, missingFile, source, USUAL_FRAMES } from "./form.js";
import { start, state } from "./run.js";

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

/** How the chosen trace was read. */
export const chosenReading = signal<Reading | undefined>(undefined);

export function TraceChoice(): JSX.Element {
  const problem = useSignal<Problem | undefined>(undefined);
  const over = useSignal(false);
  useSignalEffect(() => {
    const from = source.value;
    const given = from?.kind === "file" ? { ...from, format: format.value } : from;
    chosenReading.value = undefined;
    problem.value = undefined;
    if (given === undefined || (given.kind === "requests" && given.text.trim() === "")) return;
    let current = true;
    engine.describe(given).then((answer) => {
      if (!current) return;
      if ("problem" in answer) problem.value = answer.problem;
      else chosenReading.value = answer.value;
    });
    return () => {
      current = false;
    };
  });
  const drop = (event: DragEvent) => {
    event.preventDefault();
    over.value = false;
    takeFile(event.dataTransfer?.files[0]);
  };
  return (
    <section
      class={`card drop${over.value ? " over" : ""}`}
      aria-labelledby="trace-title"
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={drop}
    >
      <h3 id="trace-title">1. Trace</h3>
      <Examples />
      <div class="fields">
        <FileField />
        <RequestsField />
      </div>
      <Told problem={problem.value} />
    </section>
  );
}

function takeFile(file: File | undefined): void {
  if (file !== undefined) source.value = { kind: "file", file, format: "" };
}

function Examples(): JSX.Element {
  return (
    <ul class="examples" aria-label="Examples">
      {EXAMPLES.map((example) => (
        <li key={example.name}>
          <button
            type="button"
            aria-pressed={isSame(example.source, source.value)}
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
    source.value = example.source;
    choosePolicies(example.policies);
    frames.value = example.frames ?? USUAL_FRAMES;
  });
  start(example.source);
}

function isSame(one: Source, other: Source | undefined): boolean {
  if (one.kind === "example") return other?.kind === "example" && other.id === one.id;
  return one.kind === "requests" && other?.kind === "requests" && other.text === one.text;
}

function FileField(): JSX.Element {
  return (
    <div class="field">
      <label for="file">A trace of yours, dropped here or picked</label>
      <input id="file" type="file" onChange={({ currentTarget }) => takeFile(currentTarget.files?.[0])} />
      {source.value?.kind === "file" && (
        <label>
          Format
          <input
            type="text"
            size={14}
            placeholder="detected"
            spellcheck={false}
            value={format.value}
            onChange={({ currentTarget }) => {
              format.value = currentTarget.value.trim();
            }}
          />
        </label>
      )}
    </div>
  );
}

function RequestsField(): JSX.Element {
  const text = source.value?.kind === "requests" ? source.value.text : "";
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
          source.value = { kind: "requests", text: currentTarget.value };
        }}
      />
    </div>
  );
}

const BY = { content: "by content", name: "by name", option: "as given" } as const;

function Told({ problem }: { problem: Problem | undefined }): JSX.Element {
  const found = chosenReading.value;
  if (problem !== undefined) return <Fault problem={problem} />;
  if (missingFile.value !== undefined && source.value === undefined) {
    return <p role="status">This address is about the file {missingFile.value}: give it here.</p>;
  }
  if (found === undefined) return <p role="status">{source.value ? "Reading …" : "No trace is chosen."}</p>;
  const { name, compression, detectedBy, sizeBytes, columns, hasAddresses } = found;
  const parts = [
    columns === undefined ? found.format : `${found.format} ${columns}`,
    found.format === "generated" ? undefined : BY[detectedBy],
    compression,
    found.format === "generated" || sizeBytes === undefined ? undefined : formatBytes(sizeBytes),
    hasAddresses ? "addresses" : "page numbers",
  ];
  return (
    <p role="status">
      <strong>{name}</strong>: {parts.filter((part) => part !== undefined).join(", ")}
    </p>
  );
}
