/** Links to the other views, in the state that an answer is seen in. */
import type { Exercise, ExerciseInput } from "pagewalk";
import { hashOf } from "../address.js";

export interface Link {
  readonly href: string;
  readonly text: string;
}

/** The link for the answer of a question; undefined if no view shows it. */
export function linkFor({ input }: Exercise, question: number): Link | undefined {
  const step = input?.steps[question];
  return input === undefined || step === undefined ? undefined : linkOf(input, `${step}`);
}

function linkOf(input: ExerciseInput, at: string): Link {
  if (input.type === "requests") {
    const { requests, policy, frames } = input;
    // A race has at least two lanes.
    const policies = `${policy} ${policy === "opt" ? "lru" : "opt"}`;
    const href = hashOf("race", { requests, frames: `${frames}`, policies, at });
    return { href, text: `Request ${at} in the race` };
  }
  if (input.type === "accesses") {
    const { arch, tlb, accesses } = input;
    const href = hashOf("machine", { arch, tlb, memory: "", accesses: accesses.join(";"), at });
    return { href, text: `Access ${at} in the machine` };
  }
  const { log, allocator } = input;
  const href = hashOf("process", { log: log.join("\n"), ...(allocator !== undefined && { allocator }), at });
  return { href, text: `Call ${at} in the process` };
}
