/** The view Exercise: a small problem from a seed, whose answers are checked as they are typed. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { titleOf } from "../../exercise/exercise.js";
import { partsHtml, sheetHtml } from "../../report/exercise-html.js";
import { Fault } from "../fault.jsx";
import { ProblemChoice, SheetChoice } from "./choice.jsx";
import { isAnswered, keepAddress, used } from "./form.js";
import { Markup } from "./markup.jsx";
import { Picture } from "./picture.jsx";
import { Questions, Solution } from "./questions.jsx";
import { exercise, follow, problem, sheet } from "./run.js";

export function ExerciseView(): JSX.Element {
  useEffect(keepAddress, []);
  useEffect(follow, []);
  const now = exercise.value;
  const hasPlace = ["seed", "count", ...used.value].includes(problem.value?.option ?? "");
  return (
    <>
      <h2>Solve an exercise</h2>
      <p>A small problem, drawn from its seed. The answers are those of the simulation.</p>
      <ProblemChoice />
      {problem.value && !hasPlace && <Fault problem={problem.value} />}
      {now && (
        <div class="exercise">
          <section class="card" aria-labelledby="problem-title">
            <h3 id="problem-title">{titleOf(now)}</h3>
            <Markup class="problem" html={partsHtml(now)} />
          </section>
          <Questions exercise={now} />
          <div>
            <Solution exercise={now} />
            <Picture />
          </div>
        </div>
      )}
      <SheetChoice />
      <Markup class="sheet" html={sheetHtml(sheet.value, isAnswered.value)} />
    </>
  );
}
