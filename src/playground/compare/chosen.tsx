/** The traces that are chosen, and how they were read. */
import { computed, signal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { formatBytes } from "../../report/numbers.js";
import type { Answer } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import type { Reading, Source } from "../engine/sources.js";
import { Fault } from "../fault.jsx";
import { missingFiles, openable, sources } from "./form.js";

/** How each of the chosen traces was read, in their order. Empty until all are known. */
export const found = signal<readonly Answer<Reading>[]>([]);

/** True if a trace cannot be read. */
export const isUnreadable = computed(() => found.value.some((answer) => "problem" in answer));

const BY = { content: "by content", name: "by name", option: "as given" } as const;

/** The chosen traces, each with how it was read. */
export function Chosen(): JSX.Element {
  useSignalEffect(() => {
    const given = openable.value;
    found.value = [];
    let current = true;
    Promise.all(given.map((one) => engine.describe(one))).then((answers) => {
      if (current) found.value = answers;
    });
    return () => {
      current = false;
    };
  });
  const files = missingFiles.value;
  if (sources.value.length === 0 && files.length > 0) {
    const names =
      files.length === 1 ? `the file ${files[0]}: give it` : `the files ${files.join(", ")}: give them`;
    return <p role="status">This address is about {names} here.</p>;
  }
  if (sources.value.length === 0) return <p role="status">No trace is chosen.</p>;
  return (
    <div role="status">
      <ul class="chosen" aria-label="Chosen traces">
        {sources.value.map((one, n) => (
          <li key={n}>
            <Told answer={found.value[n]} />
            {(one.kind === "file" || sources.value.length > 1) && (
              <button type="button" aria-label={`Remove ${nameOf(one)}`} onClick={() => remove(one)}>
                Remove
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function remove(gone: Source): void {
  sources.value = sources.value.filter((one) => one !== gone);
}

function nameOf(source: Source): string {
  if (source.kind === "file") return source.file.name;
  return source.kind === "example" ? source.id : "the reference string";
}

function Told({ answer }: { answer: Answer<Reading> | undefined }): JSX.Element {
  if (answer === undefined) return <span>Reading …</span>;
  if ("problem" in answer) return <Fault problem={answer.problem} />;
  const { name, format: kind, compression, detectedBy, sizeBytes, columns, hasAddresses } = answer.value;
  const parts = [
    columns === undefined ? kind : `${kind} ${columns}`,
    kind === "generated" ? undefined : BY[detectedBy],
    compression,
    kind === "generated" || sizeBytes === undefined ? undefined : formatBytes(sizeBytes),
    hasAddresses ? "addresses" : "page numbers",
  ];
  return (
    <span>
      <strong>{name}</strong>: {parts.filter((part) => part !== undefined).join(", ")}
    </span>
  );
}
