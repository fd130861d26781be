/** The file that a command runs, found as execvp(3) and execve(2) do: on the search path, and through `#!`. Node only. */
import { constants } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { InputError, optionNamed } from "../../errors.js";
import type { CpuName } from "../../options/traces.js";

/** A program as QEMU is to run it. */
export interface ProgramFile {
  readonly path: string;
  /** Its arguments, from the name that it sees on. */
  readonly args: readonly string[];
  /** Its processor, by the suffix of QEMU's name. */
  readonly cpu: string;
}

const ELF_MAGIC = 0x7f454c46;
const MOST_HEAD = 256; // as BINPRM_BUF_SIZE
const MOST_INTERPRETERS = 5;

/** QEMU's names by `EM_…`: of 32 bits, of 64 bits. Little-endian ones. */
const CPUS: Readonly<Record<number, readonly [string | undefined, string | undefined]>> = {
  3: ["i386", undefined],
  40: ["arm", undefined],
  62: [undefined, "x86_64"],
  183: [undefined, "aarch64"],
  243: ["riscv32", "riscv64"],
};

/** Throws `InputError` if there is no such program, it cannot be recorded, or it is not for `wanted`. */
export async function programFile(command: readonly string[], wanted?: CpuName): Promise<ProgramFile> {
  const [name = "", ...rest] = command;
  let path = await findProgram(name);
  let args = [name, ...rest];
  for (let depth = 0; depth < MOST_INTERPRETERS; depth++) {
    const head = await headOf(path);
    const cpu = cpuOf(head, path);
    if (cpu !== undefined && wanted !== undefined && cpu !== wanted)
      throw new InputError(`it is a program for ${cpu}`, `give ${optionNamed("cpu", cpu)}`, path);
    if (cpu !== undefined) return { path, args, cpu };
    const [interpreter, argument] = interpreterOf(head, path);
    args = [interpreter, ...(argument === undefined ? [] : [argument]), path, ...args.slice(1)];
    path = await findProgram(interpreter);
  }
  throw new InputError("its interpreters are scripts, too many deep", "record the interpreter itself", name);
}

async function findProgram(name: string): Promise<string> {
  const folders = name.includes("/") ? [""] : (process.env.PATH ?? "").split(delimiter);
  let isThere = false;
  let isHidden = false;
  for (const folder of folders) {
    const path = name.includes("/") ? name : join(folder, name);
    const found = await stat(path).catch(({ code }: NodeJS.ErrnoException) => {
      isHidden ||= code === "EACCES" && path === name;
      return undefined;
    });
    if (found?.isDirectory() && path === name)
      throw new InputError("is a directory", "name a program in it", name);
    if (found === undefined || found.isDirectory()) continue;
    isThere = true;
    const canRun = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (canRun) return checked(path, found);
  }
  if (isThere) throw new InputError("is not executable", `chmod +x ${name}`, name);
  if (isHidden) {
    const remedy = "check the permissions of the folders above it";
    throw new InputError("it cannot be reached (EACCES)", remedy, name);
  }
  throw new InputError("there is no such program", "check its name", name);
}

const SET_ID = 0o6000;

function checked(path: string, { mode, uid }: { mode: number; uid: number }): string {
  if ((mode & SET_ID) === 0 || process.getuid?.() === 0 || process.getuid?.() === uid) return path;
  const problem = "it runs with another user's rights (setuid), which a recorder cannot give it";
  throw new InputError(problem, "record it as that user", path);
}

/** Bytes that have the headers of a program. */
const HEADERS_BYTES = 4096;
const PT_INTERP = 3;
/** Where an ELF file of 32 and of 64 bits has the size and the number of its program headers. */
const HEADER_SIZES = { 1: [42, 44, 28], 2: [54, 56, 32] } as const;

/** True if the program loads libraries: it has a dynamic linker. */
export async function loadsLibraries({ path }: ProgramFile): Promise<boolean> {
  const head = await headOf(path, HEADERS_BYTES);
  const [sizeAt, countAt, tableAt] = HEADER_SIZES[head[4] === 1 ? 1 : 2];
  if (head.length < 64) return false;
  const table = head.readUInt32LE(tableAt);
  for (let n = 0; n < head.readUInt16LE(countAt); n++) {
    const at = table + n * head.readUInt16LE(sizeAt);
    if (at + 4 <= head.length && head.readUInt32LE(at) === PT_INTERP) return true;
  }
  return false;
}

async function headOf(path: string, most = MOST_HEAD): Promise<Buffer> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`it cannot be read (${error.code})`, "a recorder has to read the program", path);
  });
  try {
    const head = Buffer.alloc(most);
    const { bytesRead } = await file.read(head, 0, most, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Undefined if it is not an ELF file. */
function cpuOf(head: Buffer, path: string): string | undefined {
  if (head.length < 20 || head.readUInt32BE(0) !== ELF_MAGIC) return undefined;
  const isLittle = head[5] === 1;
  const cpu = isLittle ? CPUS[head.readUInt16LE(18)]?.[head[4] === 2 ? 1 : 0] : undefined;
  if (cpu !== undefined) return cpu;
  throw new InputError("its processor is not one that can be recorded", "record x86, Arm or RISC-V", path);
}

/** The line after `#!`: the interpreter, and its one argument. */
function interpreterOf(head: Buffer, path: string): [string, string | undefined] {
  const [line = ""] = head.toString("latin1").split("\n");
  const [, interpreter, argument] = /^#![ \t]*(\S+)(?:[ \t]+(.*\S))?/.exec(line) ?? [];
  if (interpreter !== undefined) return [interpreter, argument];
  throw new InputError("is neither an ELF program nor a script with #!", "record a program", path);
}
