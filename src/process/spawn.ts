/** Starts a process on a new system, with a program laid out in it. */

import * as v from "valibot";
import { type Program, readElf } from "../elf/elf.js";
import { UsageError } from "../errors.js";
import { validate } from "../options/validate.js";
import { installMaps, parseMaps } from "./proc/maps.js";
import type { Process } from "./process.js";
import { exec } from "./program/exec.js";
import { typicalProgram } from "./program/typical-program.js";
import { systemEntries } from "./system/options.js";
import { System, type SystemOptions } from "./system.js";

/** The file of a program. */
export interface ProgramFile {
  /** The path that maps show. */
  path: string;
  /** The ELF file. */
  bytes: Uint8Array;
}

/** Options of `spawn`. */
export interface SpawnOptions extends SystemOptions {
  /** An ELF file, laid out as execve does; default: a program of typical shape. */
  program?: ProgramFile;
  /** The dynamic linker that the program names. */
  interpreter?: ProgramFile;
  /** Regions to start from instead, in the format of `/proc/PID/maps`. */
  maps?: string;
}

const file = v.strictObject({ path: v.string(), bytes: v.instance(Uint8Array) });
const schema = v.strictObject({
  ...systemEntries,
  program: v.optional(file),
  interpreter: v.optional(file),
  maps: v.optional(v.string()),
});

/**
 * Starts a process on a system of its own. Its calls are methods; `system` is its environment. Throws `UsageError` for
 * options, `InputError` for an invalid program or maps, `OutOfMemoryError`.
 */
export async function spawn(options: SpawnOptions = {}): Promise<Process> {
  const { program, interpreter, maps, ...system } = validate("spawn", schema, options);
  if (maps !== undefined && program !== undefined)
    throw new UsageError("a process begins with a program or with maps", "leave one of the two out");
  const { history, ...rest } = system;
  const process = (await System.create(rest)).start();
  if (maps !== undefined) {
    installMaps(process, parseMaps(maps, "maps", process.system.layout.pageBytes), "maps");
  } else if (program === undefined) {
    exec(process, typicalProgram("program", process.system.layout.arch));
  } else {
    exec(process, { program: asProgram(program), interpreter: interpreter && asProgram(interpreter) });
  }
  process.system.keepHistory(history);
  return process;
}

function asProgram({ path, bytes }: ProgramFile): Program {
  return { path, elf: readElf(bytes, path), sizeBytes: BigInt(bytes.length) };
}
