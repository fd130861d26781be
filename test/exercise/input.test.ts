/** The input of an exercise, given to the simulation, gives the exercise's answers again. */
import { expect, test } from "vitest";
import { compareSteps } from "#pagewalk/compare/steps.js";
import type { Exercise, ExerciseInput, ExerciseKind } from "#pagewalk/exercise/exercise.js";
import { type ExerciseOptions, exercises } from "#pagewalk/exercise/exercises.js";
import { addressFields } from "#pagewalk/machine/address-fields.js";
import { Machine } from "#pagewalk/machine/machine.js";
import { runLog } from "#pagewalk/process/log/run/log.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { caseCount } from "../build.js";

type InputOf<Type> = Extract<ExerciseInput, { type: Type }>;
type Accesses = InputOf<"accesses">;

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Hit or miss, with the victim. */
async function raced({ requests, policy, frames }: InputOf<"requests">): Promise<string[]> {
  const trace = await openTrace(bytesOf(requests), { format: "references" });
  const { results } = await compareSteps(trace, { policies: policy, frames: [frames] });
  const steps = results[0]?.steps ?? [];
  return steps.map(({ hit, victim }) => (hit ? "hit" : victim === null ? "miss" : `miss ${victim}`));
}

async function looked({ arch, tlb, accesses }: Accesses): Promise<string[]> {
  const machine = await Machine.create({ arch, tlb });
  return accesses.map((access) => {
    const [kind, address = ""] = access.split(" ");
    return machine.access(BigInt(address), kind as "load").tlbLevel === 1 ? "hit" : "miss";
  });
}

/** The physical address of each access to pages that are mapped before, or its fault. */
async function translated({ arch, tlb, accesses, mapped = [], memoryBytes }: Accesses): Promise<string[]> {
  const [split] = await addressFields([0], { arch });
  const pageBytes = split?.pages[0]?.sizeBytes ?? 0;
  const machine = await Machine.create({
    arch,
    tlb,
    demand: false,
    memory: memoryBytes ?? "",
    policy: "lru",
  });
  for (const { address, write, user } of mapped) machine.map(BigInt(address), pageBytes, { write, user });
  return accesses.map((access) => {
    const [kind, address = ""] = access.split(" ");
    const { fault, physicalAddress } = machine.access(BigInt(address), kind as "load");
    if (fault === "major") return "page fault";
    return fault === undefined ? `0x${physicalAddress?.toString(16)}` : `${fault} fault`;
  });
}

/** The offset of each block, and the fault of each access, by the line. */
async function ran(input: InputOf<"calls">): Promise<string[]> {
  const { log, allocator } = input;
  const result = await runLog(bytesOf(log.join("\n")), {
    ...(allocator !== undefined && { allocator }),
    answers: true,
    faultLines: true,
    verify: true,
  });
  if (result.stopped !== undefined) throw result.stopped;
  const answers = new Map(result.answers.entries.map((one) => [one.line, one.answer]));
  const first = answers.get(1) ?? "0";
  return log.map((text, n) => {
    const answer = answers.get(n + 1) ?? "";
    if (/malloc/.test(text))
      return answer === "NULL" || Number(answer) === 0 ? "NULL" : `${Number(answer) - Number(first)}`;
    const [, code] = /^SIG\w+ (\w+)/.exec(answer) ?? [];
    const faults = result.faultLines.filter(({ line }) => line === n + 1);
    return code ?? (faults.length === 0 ? "nothing" : "fault");
  });
}

function outcomesOf(input: ExerciseInput): Promise<string[]> {
  if (input.type === "requests") return raced(input);
  if (input.type === "calls") return ran(input);
  return input.mapped === undefined ? looked(input) : translated(input);
}

/** The answers that are one step's outcome; those at the end are of all. */
function stepped({ kind, questions }: Exercise, n: number): string | undefined {
  const { form, answer } = questions[n] as Exercise["questions"][number];
  if (form === "set" || form === "list") return undefined;
  // A run counts a copy as a fault.
  return kind === "fault" && /^(minor fault|copy)$/.test(answer) ? "fault" : answer;
}

test.each<[ExerciseKind, ExerciseOptions]>([
  ["translate", {}],
  ["translate", { arch: "x86-64" }],
  ["translate", { arch: "i386-pae" }],
  ["translate", { arch: "aarch64-64k" }],
  ["replace", { length: 14 }],
  ["tlb", { length: 14 }],
  ["allocate", { length: 14 }],
  ["fault", { length: 14 }],
])("%s, %j", async (kind, options) => {
  for (const exercise of await exercises({ kind, count: caseCount(16), ...options })) {
    const { input, questions, seed } = exercise;
    expect(input.steps).toHaveLength(questions.length);
    const outcomes = await outcomesOf(input);
    for (const [n, step] of input.steps.entries()) {
      const wanted = stepped(exercise, n);
      if (wanted !== undefined) expect(outcomes[step - 1], `${seed}: ${questions[n]?.prompt}`).toBe(wanted);
    }
  }
});
