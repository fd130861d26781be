/** Students: they read the text of an exercise, and solve it naively, without the simulation. */
import type { Exercise, ExerciseKind } from "#pagewalk/exercise/exercise.js";
import { NaiveFreeSpace } from "../heap/naive/free-space.js";
import { runProgram } from "./naive-faults.js";
import { victimOf } from "./naive-victims.js";

type Student = (exercise: Exercise) => string[];

export const STUDENTS: Readonly<Record<ExerciseKind, Student>> = {
  translate: walkTables,
  replace: holdPages,
  tlb: lookUp,
  allocate: cutPieces,
  fault: (exercise) => runProgram(codeOf(exercise)),
};

function textOf({ parts }: Exercise): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

function codeOf({ parts }: Exercise): readonly string[] {
  return parts.flatMap((part) => (part.type === "code" ? part.lines : []));
}

/** The number that the first group of `pattern` finds in the text. */
function numberIn(text: string, pattern: RegExp): number {
  const [, found] = pattern.exec(text) ?? [];
  if (found === undefined) throw new Error(`${pattern} finds nothing in ${text}`);
  return Number(found);
}

function walkTables(exercise: Exercise): string[] {
  const text = textOf(exercise);
  const pageBytes = numberIn(text, /[Pp]ages (?:have )?(\d+) KiB/) * 1024;
  const tables = exercise.parts.flatMap((part) => (part.type === "table" ? [part] : []));
  const isLinear = tables[0]?.title === "page table";
  // The fields of an address, from the root's index on: the highest and the lowest bit.
  const fields = isLinear
    ? [[64, Math.log2(pageBytes)]]
    : [...text.matchAll(/(?:^|, |are )(?!unused|offset)[\w[\] ]+ (\d+) to (\d+)(?=,)/g)].map(
        ([, high, low]) => [Number(high), Number(low)],
      );
  const rootTitle = isLinear
    ? "page table"
    : (/begins at (the table in frame 0x[\da-f]+)/.exec(text)?.[1] ?? "");
  return exercise.questions.map(({ prompt }) => {
    const [kind, at = ""] = prompt.split(" ");
    const address = BigInt(at);
    let title = rootTitle;
    for (const [n, [high = 0, low = 0]] of fields.entries()) {
      const table = tables.find((one) => one.title.split(",")[0] === title);
      if (table === undefined) throw new Error(`${title} is not shown`);
      const index = BigInt.asUintN(high - low + 1, address >> BigInt(low));
      const row = table.rows.find(([first = ""]) => BigInt(first) === index);
      const [, present, write, user, frame = ""] = row ?? [];
      if (frame === "in swap") return "page fault";
      if (present !== "1") return "segmentation fault";
      title = `the table in frame ${frame}`;
      if (n < fields.length - 1) continue;
      if (user !== "1" || (kind === "store" && write !== "1")) return "protection fault";
      return `0x${(BigInt(frame) * BigInt(pageBytes) + (address % BigInt(pageBytes))).toString(16)}`;
    }
    throw new Error("the walk has no end");
  });
}

function holdPages(exercise: Exercise): string[] {
  const text = textOf(exercise);
  const frames = numberIn(text, /(?:is|are) (\d+) frames?/);
  const policy = /The policy is (\S+): /.exec(text)?.[1] ?? "";
  const asked = codeOf(exercise).join(" ").match(/\d+/g) ?? [];
  const later = /after these are ([\d ]+)\./.exec(text)?.[1]?.split(" ") ?? [];
  const choose = victimOf(policy, [...asked, ...later]);
  const held: string[] = [];
  const answers = asked.map((page, at) => {
    if (held.includes(page)) return "hit";
    const victim = held.length < frames ? undefined : choose(at, held);
    if (victim !== undefined) held.splice(held.indexOf(victim), 1);
    held.push(page);
    return victim === undefined ? "miss" : `miss ${victim}`;
  });
  return [...answers, held.join(" ")];
}

function lookUp(exercise: Exercise): string[] {
  const text = textOf(exercise);
  const [sets, ways] = [numberIn(text, /in (\d+) sets? of/), numberIn(text, /sets? of (\d+) way/)];
  const lists: string[][] = Array.from({ length: sets }, () => []);
  return exercise.questions.map(({ prompt }) => {
    const end = /in set (\d+)/.exec(prompt)?.[1];
    if (end !== undefined) return lists[Number(end)]?.join(" ") || "none";
    const vpn = Math.floor(numberIn(prompt, /(0x[\da-f]+)$/) / 4096);
    const list = lists[vpn % sets] ?? [];
    const found = list.indexOf(`${vpn}`);
    if (found >= 0) list.splice(found, 1);
    list.unshift(`${vpn}`);
    list.splice(ways);
    return found >= 0 ? "hit" : "miss";
  });
}

function cutPieces(exercise: Exercise): string[] {
  const text = textOf(exercise);
  const policy = /is (first|best|worst)-fit/.exec(text)?.[1] as "first" | "best" | "worst";
  const size = numberIn(text, /heap of (\d+) bytes/);
  const order = "address";
  const space = new NaiveFreeSpace({ policy, order, coalesces: true, header: 0, alignment: undefined, size });
  const places = new Map<string, number | undefined>();
  const answers: string[] = [];
  for (const line of codeOf(exercise)) {
    const [, name = "", bytes, freed = ""] = /^(?:(\w+) = malloc\((\d+)\)|free\((\w+)\))$/.exec(line) ?? [];
    if (bytes === undefined) space.release(places.get(freed) as number);
    else {
      const { at } = space.allocate(Number(bytes));
      places.set(name, at);
      answers.push(at === undefined ? "NULL" : `${at}`);
    }
  }
  const list = space.free.map(({ at, bytes }) => `${at}:${bytes}`).join(" ");
  return [...answers, list || "none"];
}
