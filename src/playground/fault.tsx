/** A fault in an input, as one line beside it. */
import type { JSX } from "preact";
import type { Problem } from "./engine/answer.js";

export function Fault({ problem, id }: { problem: Problem; id?: string }): JSX.Element {
  return (
    <p class="fault" role="alert" id={id}>
      {problem.text}
    </p>
  );
}
