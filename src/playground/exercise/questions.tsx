/** The questions, each with a field for its answer, and the solution, answer by answer. */
import { signal, useSignal } from "@preact/signals";
import type { Exercise, ExerciseQuestion } from "pagewalk";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Steps } from "../steps.jsx";
import { at, given } from "./form.js";
import { linkFor } from "./link.js";
import { type Verdict, verdictOf } from "./verdict.js";

/** Milliseconds without a key after which an answer that is not right is called wrong. */
const PAUSE = 900;

/** The last verdict, for screen readers. */
const spoken = signal("");

export function Questions({ exercise }: { exercise: Exercise }): JSX.Element {
  const { questions } = exercise;
  const right = questions.filter(
    (question, n) => verdictOf(question, given.value[n] ?? "")?.kind === "right",
  );
  return (
    <section class="card" aria-labelledby="questions-title">
      <h3 id="questions-title">Questions</h3>
      <p class="score">
        {right.length} of {questions.length} answers are right
      </p>
      <ol class="questions">
        {questions.map((question, n) => (
          <Question key={`${exercise.kind} ${exercise.seed} ${question.prompt}`} question={question} n={n} />
        ))}
      </ol>
      <p role="status" class="spoken">
        {spoken.value}
      </p>
    </section>
  );
}

function Question({ question, n }: { question: ExerciseQuestion; n: number }): JSX.Element {
  const { prompt, answer, reason } = question;
  const text = given.value[n] ?? "";
  const settled = useSignal(text);
  const verdict = verdictOf(question, text);
  const shown = verdict?.kind === "right" || settled.value === text ? verdict : undefined;
  const id = `question-${n + 1}`;
  useEffect(() => {
    if (shown !== undefined) spoken.value = `Question ${n + 1}: ${shown.text}`;
  }, [shown?.text, text]);
  useEffect(() => {
    const timer = setTimeout(() => {
      settled.value = text;
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <li class={shown?.kind}>
      <label for={id}>
        <code>{prompt}</code>
      </label>
      <input
        id={id}
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={text}
        aria-invalid={shown !== undefined && shown.kind !== "right"}
        aria-describedby={shown && `${id}-verdict`}
        onInput={({ currentTarget }) => {
          given.value = { ...given.value, [n]: currentTarget.value };
        }}
        onBlur={() => {
          settled.value = text;
        }}
        onKeyDown={({ key }) => {
          if (key !== "Enter") return;
          settled.value = text;
          document.getElementById(`question-${n + 2}`)?.focus();
        }}
      />
      {shown && <Mark verdict={shown} id={`${id}-verdict`} />}
      {n < at.value && (
        <p class="solution">
          <strong>{answer}</strong>: {reason}
        </p>
      )}
    </li>
  );
}

const SIGNS = { right: "✓", wrong: "✗", impossible: "?" } as const;

function Mark({ verdict: { kind, text }, id }: { verdict: Verdict; id: string }): JSX.Element {
  return (
    <span class={`verdict ${kind}`} id={id}>
      <span aria-hidden="true">{SIGNS[kind]}</span> {text}
    </span>
  );
}

/** Shows the answers one after the other, each with its reason. */
export function Solution({ exercise }: { exercise: Exercise }): JSX.Element {
  const { questions } = exercise;
  const last = at.value - 1;
  const question = questions[last];
  const link = linkFor(exercise, question && last);
  return (
    <section class="card stepping" aria-labelledby="solution-title">
      <h3 id="solution-title">Solution</h3>
      <Steps noun="Answer" at={at} total={questions.length} />
      <p role="status" class="outcome">
        {question === undefined ? (
          "No answer is shown."
        ) : (
          <>
            <code>{question.prompt}</code>: <strong>{question.answer}</strong>; {question.reason}.
          </>
        )}
      </p>
      <p>
        <a href={link.href}>{link.text}</a>
      </p>
    </section>
  );
}
