/** Finds the functions with which a part of a recording begins or ends. Node only. */
import { readFile, realpath } from "node:fs/promises";
import { type ElfFile, firstOf, readElf } from "../../elf/elf.js";
import { functionsOf } from "../../elf/symbols.js";
import { InputError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { programFile } from "./program-file.node.js";

const PAGE_BYTES = 4096n;
const LARGEST_32_BIT = 2n ** 32n;

/** The functions of a program, before it runs. */
export interface ProgramFunctions {
  /** The address of a function in the program that runs with this number. Throws `InputError`. */
  addressOf(name: string, start: bigint | undefined): bigint;
}

/** Throws `InputError` if the program does not have the functions. */
export async function programFunctions(
  command: readonly string[],
  names: readonly string[],
): Promise<ProgramFunctions> {
  const { path } = await programFile(command);
  const bytes = await readFile(path);
  const elf = readElf(bytes, path);
  const functions = functionsOf(bytes, elf, path);
  for (const name of names) if (!functions.has(name)) throw missing(name, path, [...functions.keys()]);
  return {
    addressOf: (name, start) => {
      const linked = functions.get(name) ?? 0n;
      return elf.isMovable ? linked + offsetOf(elf, start, path) : linked;
    },
  };
}

/** How far a position-independent program lies from where it is linked; `start` is where its file begins. */
function offsetOf(elf: ElfFile, start: bigint | undefined, path: string): bigint {
  if (start !== undefined && (elf.bits === 64 || start < LARGEST_32_BIT)) {
    return start - (firstOf(elf).address & -PAGE_BYTES);
  }
  const problem = "where the program is loaded is not known, so its functions are not either";
  throw new InputError(problem, "give numbers of instructions, or link it with -no-pie", path);
}

function missing(name: string, path: string, known: readonly string[]): InputError {
  const problem = `there is no function "${name}" in the program`;
  if (known.length === 0) return new InputError(problem, "it is stripped: record one with symbols", path);
  return new InputError(
    problem,
    `did you mean ${nearest(name, known)}? A library's functions are not found`,
    path,
  );
}

/** Where the file of a program begins in the memory of a process, by `/proc/PID/maps`; undefined if that is not known. */
export async function fileStart(pid: number | undefined, path: string): Promise<bigint | undefined> {
  const real = await realpath(path).catch(() => path);
  const maps = await readFile(`/proc/${pid}/maps`, "utf8").catch(() => "");
  const line = maps.split("\n").find((text) => text.endsWith(` ${real}`) && / 0+ \S+ \d+ +\//.test(text));
  const [, start] = /^([0-9a-f]+)-/.exec(line ?? "") ?? [];
  return start === undefined ? undefined : BigInt(`0x${start}`);
}
