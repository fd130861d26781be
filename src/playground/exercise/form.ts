/** The kind and difficulty of the problem, its seed, the sheet to print, and the place in the solution: all in the address. */
import { batch, computed, effect, type Signal, signal } from "@preact/signals";
import {
  DIFFICULTY,
  type difficultyOptions,
  EXERCISE_KINDS,
  type sheetOptions,
} from "../../options/exercise.js";
import { keep, onAddress, type Parameters, placeOf } from "../address.js";

export type Difficulty = keyof typeof difficultyOptions;

const USUAL = { kind: EXERCISE_KINDS[0], seed: "1", count: "1" } as const;
const NAMES = [...new Set(Object.values(DIFFICULTY).flat())];

export const kind = signal<string>(USUAL.kind);
export const seed = signal<string>(USUAL.seed);
/** Problems on the printed sheet. */
export const count = signal<string>(USUAL.count);
/** The printed sheet has the answers. */
export const isAnswered = signal(false);
/** Empty: as usual. */
export const difficulty = Object.fromEntries(NAMES.map((name) => [name, signal("")])) as Record<
  Difficulty,
  Signal<string>
>;

/** The options of difficulty of the kind. */
export const used = computed(
  (): readonly Difficulty[] => DIFFICULTY[EXERCISE_KINDS.find((one) => one === kind.value) ?? USUAL.kind],
);

const chosen = computed((): Partial<Record<Difficulty, string>> => {
  const given = used.value.map((name) => [name, difficulty[name].value.trim()] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
});

/** The name of the problem: what its text depends on. */
const problemName = computed(() => JSON.stringify([kind.value, seed.value, chosen.value]));

/** A value that belongs to one problem: it is `empty` for another. */
function ofProblem<Value>(empty: Value): { value: Value } {
  const kept = signal({ name: "", value: empty });
  return {
    get value() {
      return kept.value.name === problemName.value ? kept.value.value : empty;
    },
    set value(value) {
      kept.value = { name: problemName.peek(), value };
    },
  };
}

/** Answers of the solution that are shown. */
export const at = ofProblem(0);
/** The reader's answers, by the number of their question. */
export const given = ofProblem<Readonly<Record<number, string>>>({});

onAddress("exercise", take);

function take(named: Parameters): void {
  batch(() => {
    kind.value = named.kind ?? USUAL.kind;
    seed.value = named.seed ?? USUAL.seed;
    count.value = named.count ?? USUAL.count;
    isAnswered.value = named.answers !== undefined;
    for (const name of NAMES) difficulty[name].value = named[name] ?? "";
    at.value = placeOf(named.at);
  });
}

const parameters = computed(
  (): Parameters => ({
    kind: kind.value,
    seed: seed.value,
    ...chosen.value,
    ...(count.value !== USUAL.count && { count: count.value }),
    ...(isAnswered.value && { answers: "" }),
    ...(at.value !== 0 && { at: `${at.value}` }),
  }),
);

/** Writes the address while the view is shown. */
export function keepAddress(): () => void {
  return effect(() => keep("exercise", parameters.value));
}

/** A sheet as it is typed. */
export interface Job {
  /** A name from the address may be none. */
  readonly kind: string;
  /** Options of `exercises` by their names. */
  readonly options: Readonly<Partial<Record<keyof typeof sheetOptions, string>>>;
}

export const job = computed(
  (): Job => ({
    kind: kind.value,
    options: { seed: seed.value, count: count.value, ...chosen.value },
  }),
);

/** Takes the problem of the next seed. */
export function next(): void {
  seed.value = `${(Number(seed.value) || 0) + 1}`;
}
