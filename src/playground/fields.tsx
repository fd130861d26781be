/** Fields of forms, each with its label, its signal and its fault. */
import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Problem } from "./engine/answer.js";
import { Fault } from "./fault.jsx";

interface Field {
  /** Of the element; the library's name of the option, whose faults are shown here. */
  readonly id: string;
  readonly label: string;
  readonly value: Signal<string>;
}

interface Draft {
  readonly value: string;
  readonly onInput: (event: { currentTarget: { value: string } }) => void;
  readonly onChange: (event: { currentTarget: { value: string } }) => void;
}

/** Properties of an input whose value is taken when the reader is done. Until then drawing keeps what is typed. */
export function useDraft(value: string, take: (value: string) => void): Draft {
  const draft = useSignal<string | undefined>(undefined);
  return {
    value: draft.value ?? value,
    onInput: ({ currentTarget }) => {
      draft.value = currentTarget.value;
    },
    onChange: ({ currentTarget }) => {
      draft.value = undefined;
      take(currentTarget.value);
    },
  };
}

export function TextField({
  id,
  label,
  value,
  problem,
}: Field & { readonly problem: Problem | undefined }): JSX.Element {
  const fault = problem?.option === id ? problem : undefined;
  const draft = useDraft(value.value, (text) => {
    value.value = text;
  });
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        spellcheck={false}
        aria-invalid={fault !== undefined}
        aria-describedby={fault && `${id}-fault`}
        {...draft}
      />
      {fault && <Fault problem={fault} id={`${id}-fault`} />}
    </div>
  );
}

interface Choice extends Field {
  /** The values; an object has the values of its names. */
  readonly options: readonly string[] | Readonly<Record<string, string>>;
  readonly disabled?: boolean;
}

export function ChoiceField({ id, label, value, options, disabled = false }: Choice): JSX.Element {
  const pairs = Array.isArray(options) ? options.map((one) => [one, one]) : Object.entries(options);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        disabled={disabled}
        value={value.value}
        onChange={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      >
        {pairs.map(([name, one]) => (
          <option key={name} value={one}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
