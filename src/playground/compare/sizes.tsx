/** The choice of sizes, and of the requests that count. */
import type { JSX } from "preact";
import { ChoiceField, TextField } from "../fields.jsx";
import { found } from "./chosen.jsx";
import { frames, only, PAGE_SIZES, pageSize, REFERENCES } from "./form.js";
import { problem } from "./run.js";

export function SizeChoice(): JSX.Element {
  const hasAddresses = found.value.every((answer) => !("value" in answer) || answer.value.hasAddresses);
  return (
    <section class="card" aria-labelledby="sizes-title">
      <h3 id="sizes-title">3. Memory</h3>
      <div class="fields">
        <TextField
          id="frames"
          label="Frames: counts, or shares of the trace’s pages"
          value={frames}
          problem={problem.value}
        />
        <ChoiceField
          id="pageSize"
          label="Page size"
          value={pageSize}
          options={PAGE_SIZES}
          disabled={!hasAddresses}
        />
        <ChoiceField id="only" label="References that count" value={only} options={REFERENCES} />
      </div>
    </section>
  );
}
