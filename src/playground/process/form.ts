/** The log, the options of its system, and the place in it. Small logs are in the address, with all else. */
import { batch, computed, effect, type Signal, signal } from "@preact/signals";
import { keep, MOST_TEXT, named, onAddress, type Parameters, placeOf } from "../address.js";
import type { ProcessJob, ProcessOptions } from "../engine/process.js";
import { EXAMPLES, type Example, FIRST, OPTIONS } from "./examples.js";

export const log = signal(FIRST.log);
/** Empty: as usual. */
export const options = Object.fromEntries(OPTIONS.map((option) => [option, signal("")])) as Record<
  (typeof OPTIONS)[number],
  Signal<string>
>;
/** Calls done. */
export const at = signal(0);
/** The log is to be opened at the place that its run proposes. */
export const isOpening = signal(true);
/** That place, which the address does not name. */
export const opening = signal<number | undefined>(undefined);
/** The process that is shown; undefined: the last caller. */
export const pid = signal<number | undefined>(undefined);

/** The number of logs that came from elsewhere than the editor, which has to take them. */
export const given = signal(0);

onAddress("process", take);

function take(from: Parameters): void {
  const known = named("example", EXAMPLES, from.example, FIRST);
  batch(() => {
    begin(from.log === undefined ? known : { log: from.log, options: {} });
    for (const option of OPTIONS) {
      const value = from[option];
      if (value !== undefined) options[option].value = value;
    }
    pid.value = placeOf(from.pid) || undefined;
    at.value = placeOf(from.at);
    isOpening.value = from.at === undefined;
  });
}

/** Takes another log, from its opening on. */
export function begin(from: Pick<Example, "log" | "options">): void {
  batch(() => {
    log.value = from.log;
    given.value++;
    for (const option of OPTIONS) options[option].value = from.options[option] ?? "";
    isOpening.value = true;
    pid.value = undefined;
  });
}

export const example = computed(() => EXAMPLES.find((one) => one.log === log.value));

const chosenOptions = computed(
  (): ProcessOptions =>
    Object.fromEntries(
      OPTIONS.flatMap((option) => {
        const value = options[option].value.trim();
        return value === "" ? [] : [[option, value]];
      }),
    ),
);

/** Of the options, those that differ from the example's. */
function differing(): Record<string, string> {
  const usual = example.value?.options ?? {};
  const found = OPTIONS.flatMap((option) => {
    const value = options[option].value.trim();
    return value === (usual[option] ?? "") ? [] : [[option, value] as const];
  });
  return Object.fromEntries(found);
}

const parameters = computed((): Parameters => {
  const known = example.value;
  return {
    ...(known !== undefined && known !== FIRST && { example: known.id }),
    ...(known === undefined && log.value.length <= MOST_TEXT && { log: log.value }),
    ...differing(),
    ...(!isOpening.value && at.value !== opening.value && { at: `${at.value}` }),
    ...(pid.value !== undefined && { pid: `${pid.value}` }),
  };
});

/** Writes the address while the view is shown. */
export function keepAddress(): () => void {
  return effect(() => keep("process", parameters.value));
}

export const job = computed((): ProcessJob => ({ options: chosenOptions.value, log: log.value }));
