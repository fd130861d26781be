/** A field for a trace whose beginning fills another field, as text. */
import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Answer, Problem } from "./engine/answer.js";
import type { Source } from "./engine/sources.js";
import { Fault } from "./fault.jsx";

interface Beginning {
  readonly fault: Signal<Problem | undefined>;
  readonly take: (source: Source) => Promise<void>;
  readonly takeFile: (files: Iterable<File>) => void;
}

/** `read` gives the text of a trace's beginning, and `fill` takes it. */
export function useBeginning(
  read: (source: Source) => Promise<Answer<string>>,
  fill: (text: string) => void,
): Beginning {
  const fault = useSignal<Problem | undefined>(undefined);
  const take = async (source: Source) => {
    const answer = await read(source);
    fault.value = "problem" in answer ? answer.problem : undefined;
    if ("value" in answer) fill(answer.value);
  };
  const takeFile = ([file]: Iterable<File>) => {
    if (file !== undefined) take({ kind: "file", file, format: "" });
  };
  return { fault, take, takeFile };
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly beginning: Beginning;
}

export function BeginningField({ id, label, beginning: { fault, takeFile } }: FieldProps): JSX.Element {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} type="file" onChange={({ currentTarget }) => takeFile(currentTarget.files ?? [])} />
      {fault.value && <Fault problem={fault.value} />}
    </div>
  );
}
