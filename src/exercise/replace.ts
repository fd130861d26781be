/** `replace`: a reference string, a policy, a few frames. Solved by the steps of `compare --trace-steps`. */
import { type CompareStep, compareSteps } from "../compare/steps.js";
import { openTrace } from "../trace/open.js";
import { type ExerciseQuestion, itemsText } from "./answer.js";
import { type Draw, numbers } from "./draw.js";
import type { Difficulty, Exercise, ExerciseInput, Generator } from "./exercise.js";
import { paragraph } from "./exercise.js";
import { RULES } from "./replacement-rules.js";

/** Drawn if none is given. */
const USUAL = ["fifo", "lru", "clock", "opt"];
/** Pages that the frames cannot hold. */
const MORE_PAGES = 2;

export const replace: Generator = async (draw: Draw, difficulty: Difficulty) => {
  const { frames, length } = difficulty;
  const policy = difficulty.policy ?? draw.one(USUAL);
  const pages = numbers(frames + MORE_PAGES, 1);
  const asked = requestsOf(draw, pages, frames, length);
  // Without a tie in opt: every page is requested again, each at a time of its own.
  const later = policy === "opt" ? draw.shuffled(pages) : [];
  const text = [...asked, ...later].join(" ");
  const trace = await openTrace(new TextEncoder().encode(text), { format: "references", name: "requests" });
  const { results } = await compareSteps(trace, { policies: policy, frames: [frames] });
  const steps = results[0]?.steps.slice(0, length) ?? [];
  const rule = RULES[policy];
  if (rule === undefined) throw new Error(`no rule for ${policy}`);
  const requests = [...asked, ...later].map(String);
  const outcomes = ["hit", "miss", ...pages.map((page) => `miss ${page}`)];
  const held = steps.at(-1)?.frames.filter((page) => page !== null) ?? [];
  const questions: ExerciseQuestion[] = steps.map((step, at) => ({
    prompt: `request ${at + 1}, page ${step.page}`,
    form: "word",
    choices: outcomes,
    answer: step.hit ? "hit" : step.victim === null ? "miss" : `miss ${step.victim}`,
    reason: reasonOf(step, requests, steps, rule.victim),
  }));
  questions.push({
    prompt: "pages held at the end",
    form: "set",
    choices: ["none"],
    answer: itemsText([...held].sort((one, other) => Number(one) - Number(other))),
    reason: `${steps.filter(({ hit }) => hit).length} hits, ${steps.filter(({ hit }) => !hit).length} misses`,
  });
  const input: ExerciseInput = {
    type: "requests",
    requests: text,
    policy,
    frames,
    steps: questions.map((_, n) => Math.min(n + 1, length)),
  };
  return { parts: partsOf(policy, rule.text, asked, later, frames), questions, input };
};

/** First as many different pages as evict one, then pages at random, but none twice in a row. */
function requestsOf(draw: Draw, pages: readonly number[], frames: number, length: number): number[] {
  const requests = draw.shuffled(pages).slice(0, Math.min(frames + 1, length));
  while (requests.length < length) {
    const last = requests.at(-1);
    requests.push(draw.one(pages.filter((page) => page !== last)));
  }
  return requests;
}

function partsOf(
  policy: string,
  rule: string,
  asked: readonly number[],
  later: readonly number[],
  frames: number,
): Exercise["parts"] {
  const has =
    frames === 1 ? "There is 1 frame, and it is free" : `There are ${frames} frames, and all are free`;
  return [
    paragraph(`${has} at the start. The policy is ${policy}: it evicts ${rule}.`),
    { type: "code", lines: [`requests  ${asked.join(" ")}`] },
    ...(later.length === 0 ? [] : [paragraph(`The requests after these are ${later.join(" ")}.`)]),
    paragraph(
      "For each request, the answer is hit, miss (the page gets a free frame), or miss and the page that is evicted, such as miss 3.",
    ),
  ];
}

function reasonOf(
  { request, page, hit, victim }: CompareStep,
  requests: readonly string[],
  steps: readonly CompareStep[],
  ofVictim: (typeof RULES)[string]["victim"],
): string {
  if (hit) return `page ${page} is in a frame`;
  if (victim === null) return `page ${page} is in no frame, and a frame is free`;
  const entered = steps.slice(0, request).findLastIndex((step) => !step.hit && step.page === victim);
  return `page ${page} is in no frame; ${ofVictim(victim, { at: request, entered, requests })}`;
}
