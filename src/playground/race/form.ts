/** The requests, the policies and the place in the race. All of these are in the address. */
import { computed, effect, signal } from "@preact/signals";
import { keep, MOST_TEXT, named, onAddress, type Parameters, placeOf } from "../address.js";
import type { RaceJob } from "../engine/race.js";
import { EXAMPLES, FIRST } from "./examples.js";

/** Lanes that the view has; an empty name is a lane without a policy. */
const USUAL_LANES = ["fifo", "lru", "clock", "opt"] as const;
const USUAL_POLICIES = USUAL_LANES.join(" ");

export const requests = signal<string>(FIRST.requests);
export const frames = signal<string>(FIRST.frames);
export const lanes = USUAL_LANES.map((name) => signal<string>(name));
/** Requests done. */
export const at = signal(0);

onAddress("race", take);

function take(given: Parameters): void {
  const example = named("example", EXAMPLES, given.example, FIRST);
  requests.value = given.requests ?? example.requests;
  frames.value = given.frames ?? example.frames;
  const names = (given.policies ?? USUAL_POLICIES).split(/\s+/);
  for (const [n, lane] of lanes.entries()) lane.value = names[n] ?? "";
  at.value = placeOf(given.at);
}

const policies = computed(() => lanes.map(({ value }) => value).filter((name) => name !== ""));

const parameters = computed((): Parameters => {
  const example = EXAMPLES.find((one) => one.requests === requests.value);
  const names = policies.value.join(" ");
  const text = requests.value.trim();
  return {
    ...(example !== undefined && example !== FIRST && { example: example.id }),
    ...(example === undefined && text.length <= MOST_TEXT && { requests: text }),
    ...(frames.value !== (example ?? FIRST).frames && { frames: frames.value }),
    ...(names !== USUAL_POLICIES && { policies: names }),
    ...(at.value !== 0 && { at: `${at.value}` }),
  };
});

/** Writes the address while the view is shown. */
export function keepAddress(): () => void {
  return effect(() => keep("race", parameters.value));
}

export const job = computed(
  (): RaceJob => ({ requests: requests.value, policies: policies.value, frames: frames.value }),
);
