/**
 * The contents of the frames or the TLB after the shown answers, or the walk through page tables. Heaps and processes are
 * in the view Process.
 */
import { effect, signal } from "@preact/signals";
import type { CompareStep, Exercise, ExerciseInput } from "pagewalk";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Answer } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import type { MachineState } from "../engine/machine.js";
import { lineOf } from "../engine/mapped.js";
import { Latest } from "../latest.js";
import { Tlbs } from "../machine/tlbs.jsx";
import { Translation } from "../machine/translation.jsx";
import { at } from "./form.js";
import { exercise } from "./run.js";

interface Drawn {
  readonly of: Exercise;
  readonly held: { readonly steps: readonly CompareStep[] } | { readonly state: MachineState };
}

const drawn = signal<Drawn | undefined>(undefined);

const pictures = new Latest<Drawn>((answer) => {
  drawn.value = "value" in answer ? answer.value : undefined;
});

/** The requests or accesses that are done, of those inputs that are drawn. */
function stepOf({ input }: Exercise): number {
  return input.type === "calls" ? 0 : (input.steps[at.value - 1] ?? 0);
}

/** Asks for what the solution has come to. */
function follow(): () => void {
  return effect(() => {
    const now = exercise.value;
    const step = now === undefined ? 0 : stepOf(now);
    if (now !== undefined && step > 0) {
      const { input } = now;
      pictures.ask(() => drawnFor(now, input, step));
    }
  });
}

async function drawnFor(of: Exercise, input: ExerciseInput, step: number): Promise<Answer<Drawn>> {
  if (input.type === "accesses") {
    const { arch, tlb, accesses, mapped = [], memoryBytes } = input;
    const options = { arch, tlb, policy: "lru", ...(memoryBytes !== undefined && { memory: memoryBytes }) };
    const job = { options, mapped: mapped.map(lineOf).join("\n"), accesses: accesses.join("\n") };
    const answer = await engine.machineAt(job, step);
    return "problem" in answer ? answer : { value: { of, held: { state: answer.value } } };
  }
  if (input.type === "calls") throw new Error("calls are not drawn");
  const { requests, policy, frames } = input;
  const answer = await engine.race({ requests, policies: [policy], frames: `${frames}` });
  return "problem" in answer ? answer : { value: { of, held: { steps: answer.value[0]?.steps ?? [] } } };
}

export function Picture(): JSX.Element | null {
  useEffect(follow, []);
  const [now, picture] = [exercise.value, drawn.value];
  if (now === undefined || picture?.of !== now || stepOf(now) === 0) return null;
  const { held } = picture;
  if ("steps" in held) return <Frames steps={held.steps.slice(0, stepOf(now))} />;
  const { state } = held;
  return hasTables(now) ? <Translation last={state.last} arch={state.arch} /> : <Tlbs state={state} />;
}

/** True if the problem is about page tables. */
function hasTables({ input }: Exercise): boolean {
  return input.type === "accesses" && input.mapped !== undefined;
}

/** A column for each request, as in textbooks: the pages in the frames after it. */
function Frames({ steps }: { steps: readonly CompareStep[] }): JSX.Element {
  const frames = steps[0]?.frames ?? [];
  return (
    <section class="card" aria-labelledby="frames-title">
      <h3 id="frames-title">Frames after each request</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling part must be reachable by keys. */}
      <section class="scroll" tabIndex={0} aria-label="Frames after each request, in a table">
        <table class="numbers race">
          <thead>
            <tr>
              <th scope="col">request</th>
              {steps.map(({ request, page }) => (
                <th scope="col" key={request}>
                  {page}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {frames.map((_, frame) => (
              <tr key={frame}>
                <th scope="row">frame {frame}</th>
                {steps.map(({ request, hit, page, frames: held }) => (
                  <td key={request} class={!hit && held[frame] === page ? "miss" : undefined}>
                    {held[frame] ?? "–"}
                  </td>
                ))}
              </tr>
            ))}
            <tr>
              <th scope="row">hit or miss</th>
              {steps.map(({ request, hit }) => (
                <td key={request} class={hit ? "hit" : "miss"}>
                  {hit ? "H" : "M"}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </section>
    </section>
  );
}
