/** A field for a trace whose beginning fills another field, as text. */
import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import type { Answer, Problem } from "./engine/answer.js";
import type { Source } from "./engine/sources.js";
import { Fault } from "./fault.jsx";
import { FileField, FormatFields } from "./file.jsx";

interface Beginning {
  readonly fault: Signal<Problem | undefined>;
  /** The file that was taken last. */
  readonly file: Signal<File | undefined>;
  readonly format: Signal<string>;
  readonly columns: Signal<string>;
  readonly take: (source: Source) => Promise<void>;
  readonly takeFile: (files: readonly File[]) => void;
}

/** `read` gives the text of a trace's beginning, and `fill` takes it. */
export function useBeginning(
  read: (source: Source) => Promise<Answer<string>>,
  fill: (text: string) => void,
): Beginning {
  const fault = useSignal<Problem | undefined>(undefined);
  const file = useSignal<File | undefined>(undefined);
  const format = useSignal("");
  const columns = useSignal("");
  const take = async (source: Source) => {
    const answer = await read(source);
    fault.value = "problem" in answer ? answer.problem : undefined;
    if ("value" in answer) fill(answer.value);
  };
  useSignalEffect(() => {
    if (file.value === undefined) return;
    take({ kind: "file", file: file.value, format: format.value, columns: columns.value });
  });
  const takeFile = ([first]: readonly File[]) => {
    if (first !== undefined) file.value = first;
  };
  return { fault, file, format, columns, take, takeFile };
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly beginning: Beginning;
}

export function BeginningField({ id, label, beginning }: FieldProps): JSX.Element {
  const { fault, file, format, columns, takeFile } = beginning;
  return (
    <div class="field">
      <FileField id={id} label={label} name={file.value?.name} onFiles={takeFile} />
      {file.value && <FormatFields format={format} columns={columns} />}
      {fault.value && <Fault problem={fault.value} />}
    </div>
  );
}
