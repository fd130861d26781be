/** The machine's state that is shown: that of the form, after as many accesses as it says. */
import { batch, effect, signal } from "@preact/signals";
import type { Answer, Problem } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import type { MachineJob, MachineState, Stop } from "../engine/machine.js";
import { Latest } from "../latest.js";
import { at, job } from "./form.js";

export const state = signal<MachineState | undefined>(undefined);
export const problem = signal<Problem | undefined>(undefined);

const states = new Latest<MachineState>(show);

/** The job that the state is of, or will be. */
let shownJob: MachineJob | undefined;

function show(answer: Answer<MachineState>): void {
  batch(() => {
    if ("problem" in answer) {
      problem.value = answer.problem;
      // A fault of the break's address leaves the machine where it is.
      if (answer.problem.option !== "address") state.value = undefined;
      return;
    }
    problem.value = undefined;
    state.value = answer.value;
    at.value = answer.value.at;
  });
}

/** Shows what the form says while the view is shown. */
export function follow(): () => void {
  return effect(() => {
    const [wanted, place] = [job.value, at.value];
    if (shownJob === wanted && state.peek()?.at === place) return;
    shownJob = wanted;
    states.ask(() => engine.machineAt(wanted, place));
  });
}

export function runTo(stop: Stop): void {
  const [wanted, from] = [job.peek(), at.peek()];
  states.ask(() => engine.machineUntil(wanted, from, stop));
}
