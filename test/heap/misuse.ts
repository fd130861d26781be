/** Scripts of heap calls, including misuse, run by a C program on this machine's C library, and by the model. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installMaps, parseMaps } from "#pagewalk/process/proc/maps.js";
import { System } from "#pagewalk/process/system.js";
import {
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_MESSAGE,
  HEAP_PAGES,
  HEAP_REALLOC,
  HEAP_STOPPED,
  HEAP_USABLE_SIZE,
} from "../../assembly/abi/heap.js";
import { RawHeap } from "./replay-log.js";

export type Step =
  | readonly ["m", v: string, size: bigint]
  | readonly ["c", v: string, count: bigint, size: bigint]
  | readonly ["r", v: string, w: string, size: bigint]
  | readonly ["a", v: string, alignment: bigint, size: bigint]
  | readonly ["f", v: string, offset: bigint]
  | readonly ["u", v: string]
  | readonly ["s", v: string, offset: bigint, value: bigint];

export interface Outcome {
  /** The answer of each step, hexadecimal. */
  readonly answers: readonly string[];
  /** `SIGABRT: double free or corruption (top)`, `SIGSEGV`; undefined: the script ran to its end. */
  readonly end: string | undefined;
}

export function compile(folder: string, compiler = "gcc", ...flags: readonly string[]): string {
  const program = join(folder, "misuse");
  execFileSync(compiler, [
    "-O1",
    "-w",
    ...flags,
    "-o",
    program,
    new URL("misuse.c", import.meta.url).pathname,
  ]);
  return program;
}

/** The outcome with the C library. */
export function runReal(program: string, steps: readonly Step[]): Outcome & { maps: string } {
  const maps = `${program}.maps`;
  const script = steps.map((step) => `${step.join(" ")};`).join("");
  const { stdout, stderr, signal } = spawnSync(program, [script, maps], { encoding: "latin1" });
  const answers = stdout.split("\n").slice(0, -1);
  const message = stderr.trim().split("\n").at(-1) ?? "";
  const end = signal === null ? undefined : signal === "SIGABRT" ? `SIGABRT: ${message}` : signal;
  return { answers, end, maps: readFileSync(maps, "latin1") };
}

/** The outcome of the model, from the same regions. */
export async function runModel(steps: readonly Step[], maps: string, allocator = "glibc"): Promise<Outcome> {
  const system = await System.create({});
  const process = system.start();
  installMaps(process, parseMaps(maps, "maps", system.layout.pageBytes), "maps");
  const heap = new RawHeap(process, allocator, HEAP_PAGES, false);
  const pointers = new Map<string, bigint>();
  const answers: string[] = [];
  for (const step of steps) {
    const answer = step[0] === "s" ? store(heap, pointers, step) : call(heap, pointers, step);
    const stopped = heap.memoryWord(HEAP_STOPPED);
    if (stopped >>> 8 === 6)
      return { answers, end: `SIGABRT: ${heap.stringAt(heap.memoryWord(HEAP_MESSAGE))}` };
    if (stopped !== 0 || answer === undefined) return { answers, end: "SIGSEGV" };
    answers.push(answer.toString(16));
  }
  return { answers, end: undefined };
}

function call(
  heap: RawHeap,
  pointers: Map<string, bigint>,
  step: Exclude<Step, readonly ["s", ...unknown[]]>,
) {
  const of = (v: string) => pointers.get(v) ?? 0n;
  const [op, args] = ((): [number, bigint[]] => {
    switch (step[0]) {
      case "m":
        return [HEAP_MALLOC, [step[2]]];
      case "c":
        return [HEAP_CALLOC, [step[2], step[3]]];
      case "r":
        return [HEAP_REALLOC, [of(step[2]), step[3]]];
      case "a":
        return [HEAP_MEMALIGN, [step[2], step[3]]];
      case "f":
        return [HEAP_FREE, [BigInt.asUintN(64, of(step[1]) + step[2])]];
      case "u":
        return [HEAP_USABLE_SIZE, [of(step[1])]];
    }
  })();
  const operation = { line: 1, text: "", thread: 0, op, args, result: 0n, errno: 0 };
  const answer = heap.serve([operation])[0]?.answer ?? 0n;
  if (step[0] !== "f" && step[0] !== "u") pointers.set(step[1], answer);
  return answer;
}

/** Undefined in unmapped memory. */
function store(
  heap: RawHeap,
  pointers: Map<string, bigint>,
  [, v, offset, value]: Step & readonly ["s", ...unknown[]],
) {
  const at = BigInt.asUintN(64, (pointers.get(v) ?? 0n) + offset);
  return heap.poke(at, value) ? 0n : undefined;
}
