/** Links to the other views, in the state that an answer is seen in. */
import type { Exercise, ExerciseInput } from "pagewalk";
import { hashOf } from "../address.js";
import { lineOf } from "../engine/mapped.js";

export interface Link {
  readonly href: string;
  readonly text: string;
}

/** The link for the answer of a question; without a question, for the problem. */
export function linkFor({ input }: Exercise, question?: number): Link {
  return linkOf(input, question === undefined ? 0 : (input.steps[question] ?? 0));
}

function linkOf(input: ExerciseInput, step: number): Link {
  const at = `${step}`;
  const textOf = (noun: string, view: string) =>
    step === 0 ? `Open in ${view}` : `${noun} ${step} in ${view}`;
  if (input.type === "requests") {
    const { requests, policy, frames } = input;
    // A race has at least two lanes.
    const policies = `${policy} ${policy === "opt" ? "lru" : "opt"}`;
    const href = hashOf("race", { requests, frames: `${frames}`, policies, at });
    return { href, text: textOf("Request", "Race") };
  }
  if (input.type === "accesses") {
    const { arch, tlb, accesses, mapped = [], memoryBytes } = input;
    const href = hashOf("machine", {
      arch,
      tlb,
      memory: memoryBytes === undefined ? "" : `${memoryBytes}`,
      ...(mapped.length > 0 && { mapped: mapped.map(lineOf).join(";") }),
      accesses: accesses.join(";"),
      at,
    });
    return { href, text: textOf("Access", "Machine") };
  }
  const { log, allocator } = input;
  const href = hashOf("process", { log: log.join("\n"), ...(allocator !== undefined && { allocator }), at });
  return { href, text: textOf("Call", "Process") };
}
