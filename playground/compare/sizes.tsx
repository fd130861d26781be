/** The choice of sizes, and of the requests that count. */
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { Fault } from "../fault.jsx";
import { frames, only, PAGE_SIZES, pageSize, REFERENCES } from "./form.js";
import { problem } from "./run.js";
import { chosenReading } from "./trace.jsx";

export function SizeChoice(): JSX.Element {
  const fault = problem.value?.option === "frames" ? problem.value : undefined;
  const hasAddresses = chosenReading.value?.hasAddresses ?? true;
  return (
    <section class="card" aria-labelledby="sizes-title">
      <h3 id="sizes-title">3. Memory</h3>
      <div class="fields">
        <div class="field">
          <label for="frames">Frames: counts, or shares of the trace’s pages</label>
          <input
            id="frames"
            type="text"
            spellcheck={false}
            aria-invalid={fault !== undefined}
            aria-describedby={fault && "frames-fault"}
            value={frames.value}
            onInput={({ currentTarget }) => {
              frames.value = currentTarget.value;
            }}
          />
        </div>
        <Choice id="page-size" label="Page size" value={pageSize} disabled={!hasAddresses} />
        <div class="field">
          <label for="only">References that count</label>
          <select
            id="only"
            value={only.value}
            onChange={({ currentTarget }) => {
              only.value = currentTarget.value as typeof only.value;
            }}
          >
            {REFERENCES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
      </div>
      {fault && <Fault problem={fault} id="frames-fault" />}
    </section>
  );
}

interface ChoiceOfSize {
  readonly id: string;
  readonly label: string;
  readonly value: Signal<string>;
  readonly disabled: boolean;
}

/** The first size is the usual one, and the empty value. */
function Choice({ id, label, value, disabled }: ChoiceOfSize): JSX.Element {
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
        {PAGE_SIZES.map((size, n) => (
          <option key={size} value={n === 0 ? "" : size}>
            {size}
          </option>
        ))}
      </select>
    </div>
  );
}
