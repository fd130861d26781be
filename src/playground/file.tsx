/** Fields for files and for their formats. */
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";

interface FileProps {
  readonly id: string;
  readonly label: string;
  readonly multiple?: boolean;
  /** The name of the file that was taken last. The input does not show files that were dropped. */
  readonly name?: string | undefined;
  readonly onFiles: (files: readonly File[]) => void;
}

export function FileField({ id, label, multiple = false, name, onFiles }: FileProps): JSX.Element {
  return (
    <>
      <label for={id}>{label}</label>
      <span class="file">
        <input
          id={id}
          type="file"
          multiple={multiple}
          onChange={({ currentTarget }) => {
            onFiles([...(currentTarget.files ?? [])]);
            // The same file may be picked again.
            currentTarget.value = "";
          }}
        />
        {name}
      </span>
    </>
  );
}

interface FormatProps {
  /** Empty: detected. */
  readonly format: Signal<string>;
  /** Of csv; empty: detected. */
  readonly columns: Signal<string>;
}

export function FormatFields({ format, columns }: FormatProps): JSX.Element {
  return (
    <span class="sets">
      <OfFormat label="Format" value={format} size={14} placeholder="detected" />
      <OfFormat label="Columns of csv" value={columns} size={22} placeholder="page=5,size=4" />
    </span>
  );
}

interface OfFormatProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly size: number;
  readonly placeholder: string;
}

function OfFormat({ label, value, size, placeholder }: OfFormatProps): JSX.Element {
  return (
    <label>
      {label}
      <input
        type="text"
        size={size}
        placeholder={placeholder}
        spellcheck={false}
        value={value.value}
        onChange={({ currentTarget }) => {
          value.value = currentTarget.value.trim();
        }}
      />
    </label>
  );
}
