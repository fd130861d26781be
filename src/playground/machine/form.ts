/** The machine, the list of accesses and the place in it. All of these are in the address. */
import { computed, effect, signal } from "@preact/signals";
import type { ArchitectureName } from "pagewalk";
import { keep, MOST_TEXT, onAddress, type Parameters, placeOf } from "../address.js";
import type { MachineJob } from "../engine/machine.js";
import { EXAMPLES, FIRST } from "./examples.js";

export const USUAL = {
  arch: "x86-64",
  tlb: "l1i=4x4,l1d=4x4,l2=16x4",
  memory: "64KiB",
  policy: "lru",
} as const;

export const arch = signal<string>(USUAL.arch);
export const tlb = signal<string>(USUAL.tlb);
/** Empty: as much as is needed. */
export const memory = signal<string>(USUAL.memory);
export const policy = signal<string>(USUAL.policy);
/** Pages that the machine has from the start. Empty: each is mapped when it is accessed. */
export const mapped = signal("");
export const accesses = signal(FIRST.accesses);
/** Accesses done. */
export const at = signal(0);

onAddress("machine", take);

function take(given: Parameters): void {
  arch.value = given.arch ?? USUAL.arch;
  tlb.value = given.tlb ?? USUAL.tlb;
  memory.value = given.memory ?? USUAL.memory;
  policy.value = given.policy ?? USUAL.policy;
  mapped.value = linesOf(given.mapped ?? "");
  const example = EXAMPLES.find(({ id }) => id === given.example) ?? FIRST;
  accesses.value = given.accesses === undefined ? example.accesses : linesOf(given.accesses);
  at.value = placeOf(given.at);
}

/** In the address, a list has a semicolon between its lines. */
function linesOf(parameter: string): string {
  return parameter.replaceAll(";", "\n");
}

function parameterOf(lines: string): string {
  return lines.trim().replaceAll("\n", ";");
}

const parameters = computed((): Parameters => {
  const example = EXAMPLES.find((one) => one.accesses === accesses.value);
  const text = parameterOf(accesses.value);
  const pages = parameterOf(mapped.value);
  return {
    ...(example !== undefined && example !== FIRST && { example: example.id }),
    ...(example === undefined && text.length <= MOST_TEXT && { accesses: text }),
    ...(arch.value !== USUAL.arch && { arch: arch.value }),
    ...(tlb.value !== USUAL.tlb && { tlb: tlb.value }),
    ...(memory.value !== USUAL.memory && { memory: memory.value }),
    ...(policy.value !== USUAL.policy && { policy: policy.value }),
    ...(pages !== "" && pages.length <= MOST_TEXT && { mapped: pages }),
    ...(at.value !== 0 && { at: `${at.value}` }),
  };
});

/** Writes the address while the view is shown. */
export function keepAddress(): () => void {
  return effect(() => keep("machine", parameters.value));
}

export const job = computed(
  (): MachineJob => ({
    options: {
      // A name from the address may be none; the machine refuses it.
      arch: arch.value as ArchitectureName,
      tlb: tlb.value,
      policy: policy.value,
      ...(memory.value.trim() !== "" && { memory: memory.value.trim() }),
    },
    mapped: mapped.value,
    accesses: accesses.value,
  }),
);
