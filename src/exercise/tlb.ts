/** `tlb`: accesses through one set-associative TLB. Solved by `Machine`. */
import { OptionError } from "../errors.js";
import { Machine } from "../machine/machine.js";
import { type ExerciseQuestion, itemsText } from "./answer.js";
import { type Draw, numbers } from "./draw.js";
import {
  type Difficulty,
  type Exercise,
  type ExerciseInput,
  type Generator,
  hex,
  paragraph,
} from "./exercise.js";

const ARCH = "i386";
const PAGE_SHIFT = 12n;
/** Pages for each set of which pages are drawn, beyond the ways. */
const MORE_PAGES = 1;
const MOST_SETS_USED = 2;
const MOST_TAG = 15;

export const tlb: Generator = async (draw: Draw, difficulty: Difficulty) => {
  const { entries, ways, length } = difficulty;
  const sets = setsOf(entries, ways);
  const shape = `l1=${entries}x${ways}`;
  const machine = await Machine.create({ arch: ARCH, demand: false, tlb: shape });
  const used = draw.shuffled(numbers(sets)).slice(0, MOST_SETS_USED);
  const most = Math.max(MOST_TAG, ways + MORE_PAGES);
  const vpns = used.flatMap((set) =>
    draw
      .shuffled(numbers(most))
      .slice(0, ways + MORE_PAGES)
      .map((tag) => BigInt(tag * sets + set)),
  );
  for (const vpn of vpns) machine.map(vpn << PAGE_SHIFT, 2 ** Number(PAGE_SHIFT));
  const accesses: string[] = [];
  const questions: ExerciseQuestion[] = numbers(length, 1).map((n) => {
    const vpn = draw.one(vpns);
    const address = (vpn << PAGE_SHIFT) + BigInt(draw.whole(0, 1023) * 4);
    const before = setOf(machine, vpn, sets);
    const hit = machine.access(address, "load").tlbLevel === 1;
    const access = `load ${hex(address)}`;
    accesses.push(access);
    return {
      prompt: `access ${n}, ${access}`,
      form: "word",
      choices: ["hit", "miss"],
      answer: hit ? "hit" : "miss",
      reason: `VPN ${hex(vpn)}, set ${vpn % BigInt(sets)}: ${reasonOf(before, hit, ways)}`,
    };
  });
  for (const set of [...used].sort((one, other) => one - other)) questions.push(endOf(machine, set, sets));
  const steps = questions.map((_, n) => Math.min(n + 1, length));
  const input: ExerciseInput = { type: "accesses", arch: ARCH, tlb: shape, accesses, steps };
  return { parts: partsOf(entries, ways, sets), questions, input };
};

function setsOf(entries: number, ways: number): number {
  const sets = entries / ways;
  if (Number.isInteger(Math.log2(sets)) && sets >= 1) return sets;
  const problem = Number.isInteger(sets)
    ? `${entries} entries of ${ways} ways are ${sets} sets, not a power of two of sets`
    : `${entries} entries do not fill sets of ${ways} ways`;
  const nearest = 2 ** Math.max(0, Math.round(Math.log2(sets))) * ways;
  throw OptionError.at("entries", problem, `give ${nearest}`);
}

/** The VPNs in the set of `vpn`, the youngest first. */
function setOf(machine: Machine, vpn: bigint, sets: number): bigint[] {
  const held = machine.tlbs.l1?.sets[Number(vpn % BigInt(sets))] ?? [];
  return held.map(({ address }) => address >> PAGE_SHIFT);
}

function reasonOf(before: readonly bigint[], hit: boolean, ways: number): string {
  const holds = before.length === 0 ? "the set is empty" : `the set holds ${before.map(hex).join(" ")}`;
  const oldest = before.at(-1);
  if (hit || oldest === undefined) return holds;
  return before.length < ways
    ? `${holds}, and has a free way`
    : `${holds}; ${hex(oldest)}, used longest ago, leaves`;
}

function endOf(machine: Machine, set: number, sets: number): ExerciseQuestion {
  const held = setOf(machine, BigInt(set), sets);
  return {
    prompt: `VPNs in set ${set} at the end`,
    form: "set",
    choices: ["none"],
    answer: itemsText([...held].sort((one, other) => Number(one - other)).map(hex)),
    reason: `the order of use, the youngest first: ${itemsText(held.map(hex))}`,
  };
}

function partsOf(entries: number, ways: number, sets: number): Exercise["parts"] {
  return [
    paragraph(
      `A TLB has ${entries} entries in ${sets} ${sets === 1 ? "set" : "sets"} of ${ways} ${ways === 1 ? "way" : "ways"}, ` +
        "and is empty. Pages have 4 KiB. The set is the virtual page number (VPN) modulo the number of sets. " +
        "At a miss the translation is loaded; in a full set it replaces the one used longest ago.",
    ),
    paragraph("For each access, the answer is hit or miss."),
  ];
}
