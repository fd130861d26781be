/** The choice of a problem, and of the sheet to print. */
import type { JSX } from "preact";
import { difficultyOptions, EXERCISE_KINDS } from "../../options/exercise.js";
import { ChoiceField, TextField } from "../fields.jsx";
import { count, type Difficulty, difficulty, isAnswered, kind, next, seed, used } from "./form.js";
import { problem, sheet } from "./run.js";

const KINDS = {
  translate: "Translate addresses",
  replace: "Replace pages",
  tlb: "Look up a TLB",
  allocate: "Allocate memory",
  fault: "Find the page faults",
} as const satisfies Record<(typeof EXERCISE_KINDS)[number], string>;

export function ProblemChoice(): JSX.Element {
  return (
    <section class="card" aria-labelledby="exercise-choice">
      <h3 id="exercise-choice">Exercise</h3>
      <p class="sets">
        {EXERCISE_KINDS.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={kind.value === one}
            onClick={() => {
              kind.value = one;
            }}
          >
            {KINDS[one]}
          </button>
        ))}
      </p>
      <div class="fields">
        <TextField
          id="seed"
          label="Seed: the same one gives the same problem"
          value={seed}
          problem={problem.value}
        />
        {used.value.map((name) => (
          <DifficultyField key={name} name={name} />
        ))}
      </div>
      <p class="sets">
        <button type="button" class="main" onClick={next}>
          New problem
        </button>
      </p>
    </section>
  );
}

/** An option of the command, with its help as the label. */
function DifficultyField({ name }: { name: Difficulty }): JSX.Element {
  const { help, shape, defaultText = "" } = difficultyOptions[name];
  const about = help.replace(/^\w+: |;.*/g, "").replace(/^the /, "");
  const usual = defaultText.replaceAll("`", "");
  const label = about[0]?.toUpperCase() + about.slice(1);
  const value = difficulty[name];
  if (shape.words.length === 0) {
    return <TextField id={name} label={`${label} (${usual})`} value={value} problem={problem.value} />;
  }
  const words = Object.fromEntries(shape.words.map((word) => [word, word]));
  return <ChoiceField id={name} label={label} value={value} options={{ [usual]: "", ...words }} />;
}

export function SheetChoice(): JSX.Element {
  return (
    <details class="card">
      <summary>Print a sheet</summary>
      <div class="fields">
        <TextField
          id="count"
          label="Problems, with the seeds from this one on"
          value={count}
          problem={problem.value}
        />
      </div>
      <p class="sets">
        <label>
          <input
            type="checkbox"
            checked={isAnswered.value}
            onChange={({ currentTarget }) => {
              isAnswered.value = currentTarget.checked;
            }}
          />
          with the answers, on pages of their own
        </label>
        <button type="button" disabled={sheet.value.length === 0} onClick={() => print()}>
          Print
        </button>
      </p>
    </details>
  );
}
