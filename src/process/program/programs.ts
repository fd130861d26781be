/**
 * Finds the files for execve: the program, its dynamic linker, and for a script its interpreter, as the kernel does
 * (fs/binfmt_script.c).
 */
import type { ElfFile, Program } from "../../elf/elf.js";
import { readElf } from "../../elf/elf.js";

/** The part of a file that exec reads. */
export interface FoundFile {
  /** The path that maps show. */
  readonly path: string;
  /** The file, or its beginning. */
  readonly bytes: Uint8Array;
  /** The size, if `bytes` is only the beginning. */
  readonly sizeBytes?: number;
}

/** Files for exec, by path; undefined for one that is not available. */
export type ReadProgram = (path: string) => Promise<FoundFile | undefined>;

/** `missing`: the file that is not available. */
export type FoundProgram =
  | {
      readonly program: Program;
      readonly interpreter: Program | undefined;
      readonly missing: undefined;
    }
  | { readonly program: undefined; readonly interpreter: undefined; readonly missing: string };

/** Limit on nested scripts, as an interpreter may be a script. */
const MOST_SCRIPTS = 4;
const LONGEST_LINE = 256;

/** Throws `InputError` for a file that is not executable. */
export async function findProgram(path: string, read: ReadProgram | undefined): Promise<FoundProgram> {
  const without = (missing: string) => ({ program: undefined, interpreter: undefined, missing });
  const file = await behindScripts(path, read);
  if (file === undefined) return without(path);
  const program = { path: file.path, elf: readElf(file.bytes, file.path), sizeBytes: sizeOf(file) };
  const wanted = program.elf.interpreter;
  if (wanted === undefined) return { program, interpreter: undefined, missing: undefined };
  const linker = await read?.(wanted);
  if (linker === undefined) return without(wanted);
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

/** `/bin/sh` of `#!/bin/sh -e`; undefined if it is not a script. */
function scriptInterpreter(bytes: Uint8Array): string | undefined {
  const [, path] =
    /^#![ \t]*([^\s\0]+)/.exec(new TextDecoder().decode(bytes.subarray(0, LONGEST_LINE))) ?? [];
  return path;
}

function sizeOf({ bytes, sizeBytes }: FoundFile): bigint {
  return BigInt(sizeBytes ?? bytes.length);
}
