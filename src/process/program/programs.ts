/**
 * Finds what execve runs: the program, its dynamic linker, and for a script its interpreter, as the kernel does
 * (fs/binfmt_script.c). Where the files are not at hand, a program of the usual shape stands in for them.
 */
import type { ElfFile, Program } from "./elf.js";
import { readElf } from "./elf.js";

import { usualProgram } from "./usual-program.js";

/** A file as far as exec reads it. */
export interface FoundFile {
  /** As maps show it. */
  readonly path: string;
  /** All of it, or its beginning. */
  readonly bytes: Uint8Array;
  /** Where `bytes` are not all. */
  readonly sizeBytes?: number;
}

/** Files that exec reads, by their path; undefined for one that is not to be had. */
export type ReadProgram = (path: string) => Promise<FoundFile | undefined>;

export interface FoundProgram {
  readonly program: Program;
  readonly interpreter: Program | undefined;
  /** The file that is not at hand; undefined where all are. */
  readonly missing: string | undefined;
}

/** A script's interpreter may be a script, so deep. */
const MOST_SCRIPTS = 4;
const LONGEST_LINE = 256;

/** Throws `InputError` for a file that is no program. */
export async function findProgram(
  path: string,
  read: ReadProgram | undefined,
  arch: string,
): Promise<FoundProgram> {
  const file = await behindScripts(path, read);
  if (file === undefined) return { ...usualProgram(path, arch), missing: path };
  const program = { path: file.path, elf: readElf(file.bytes, file.path), sizeBytes: sizeOf(file) };
  const wanted = program.elf.interpreter;
  if (wanted === undefined) return { program, interpreter: undefined, missing: undefined };
  const linker = await read?.(wanted);
  if (linker === undefined) return { ...usualProgram(path, arch), missing: wanted };
  const elf: ElfFile = readElf(linker.bytes, linker.path);
  return { program, interpreter: { path: linker.path, elf, sizeBytes: sizeOf(linker) }, missing: undefined };
}

async function behindScripts(path: string, read: ReadProgram | undefined): Promise<FoundFile | undefined> {
  let file = await read?.(path);
  for (let depth = 0; file !== undefined && depth < MOST_SCRIPTS; depth++) {
    const interpreter = scriptInterpreter(file.bytes);
    if (interpreter === undefined) break;
    file = await read?.(interpreter);
  }
  return file;
}

/** `/bin/sh` of `#!/bin/sh -e`; undefined for what is no script. */
function scriptInterpreter(bytes: Uint8Array): string | undefined {
  const [, path] =
    /^#![ \t]*([^\s\0]+)/.exec(new TextDecoder().decode(bytes.subarray(0, LONGEST_LINE))) ?? [];
  return path;
}

function sizeOf({ bytes, sizeBytes }: FoundFile): bigint {
  return BigInt(sizeBytes ?? bytes.length);
}
