/**
 * execve: loads a program and its dynamic linker into an empty address space. It makes the kernel's mappings in the
 * kernel's order, with the same calls as programs make: the program's segments, its bss, the linker, vdso and vvar, the
 * stack; the break behind the program. From: fs/binfmt_elf.c and fs/exec.c of Linux 6.18; arch/x86/entry/vdso/vma.c.
 */

import {
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  VM_ACCOUNT,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_IO,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
  VM_WRITE,
} from "../../../assembly/abi/linux.js";
import {
  SPACE_BRK,
  SPACE_CALL_CYCLES,
  SPACE_END_CODE,
  SPACE_END_DATA,
  SPACE_START_BRK,
  SPACE_START_CODE,
  SPACE_START_DATA,
  SPACE_START_STACK,
  SPACE_WORST_CYCLES,
} from "../../../assembly/abi/process.js";
import type { Program } from "../../elf/elf.js";
import { alignmentOf, bssEndOf, type ElfFile, type ElfSegment, firstOf, spanOf } from "../../elf/elf.js";
import { OptionError, optionNamed, UsageError } from "../../errors.js";
import type { Process } from "../process.js";
import { type Bases, biasOf, isLoose, shiftMappings } from "./bases.js";
import type { Layout } from "./layout.js";

export interface ExecOptions {
  readonly program: Program;
  /** The dynamic linker; required if the program names one. */
  readonly interpreter?: Program | undefined;
  /** Bytes of arguments and environment, terminators included. */
  readonly argumentBytes?: bigint;
  readonly bases?: Bases | undefined;
  /** The line of the execve, recorded as the call that made these regions. */
  readonly line?: number;
}

const EM_386 = 3;
/** ELF machines, and the architectures that run their programs. */
const MACHINES: readonly (readonly [machine: number, runs: RegExp])[] = [
  [EM_386, /^i386/],
  [62, /^x86-64/],
  [183, /^aarch64/],
  [243, /^sv/],
];
/** Linux gives a new stack 128 KiB beyond its arguments. */
const STACK_ROOM = 128n * 1024n;
const RAISE_LIMIT = `raise the limit "as" in ${optionNamed("ulimit")}`;
const DEFAULT_ARGUMENTS = 2048n;
const MAY = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

/** Loads the program into `process`, which has no region yet. Throws `UsageError` if this system cannot run it. */
export function exec(
  process: Process,
  { program, interpreter, argumentBytes = DEFAULT_ARGUMENTS, bases = {}, line = 0 }: ExecOptions,
): void {
  const { elf } = program;
  const compatible = compatibleLayout(process, elf, bases);
  if (compatible !== undefined) process.space.adopt(compatible);
  const { layout } = process.space;
  if (machineOf(layout.arch) !== elf.machine && compatible === undefined) {
    throw OptionError.at(
      "arch",
      `${program.path} is a program for another machine (ELF machine ${elf.machine})`,
      "name the architecture that it is for",
    );
  }
  if (elf.interpreter !== undefined && interpreter === undefined) {
    throw OptionError.at("interpreter", `${program.path} needs ${elf.interpreter}`, "give that file too");
  }
  layStack(process, argumentBytes, elf.executableStack);
  shiftMappings(process, program, interpreter, bases);
  const base = load(process, program, biasOf(process, program, bases), true);
  if (interpreter !== undefined)
    load(process, interpreter, interpreter.elf.isMovable ? undefined : 0n, false);
  layKernelRegions(process);
  setFields(process, program, base, bases.heap);
  // The kernel's own mappings and stores here are neither calls nor references of the program.
  const { kernel } = process.space;
  kernel.setField(SPACE_CALL_CYCLES, 0n);
  kernel.setField(SPACE_WORST_CYCLES, 0n);
  for (let n = kernel.regionCount - 1; n >= 0; n--) kernel.setCall(n, line);
  process.executable = program.path;
}

/** The layout of a 32-bit program on a 64-bit kernel; undefined for any other program. */
function compatibleLayout(process: Process, { machine }: ElfFile, { mapping }: Bases): Layout | undefined {
  const { arch, taskSize } = process.space.layout;
  if (machine !== EM_386) return undefined;
  const isBeyond = mapping !== undefined && mapping.address >= taskSize;
  if (machineOf(arch) === EM_386 && !isBeyond) return undefined;
  return process.system.compatibleLayout(process.getrlimit("stack").soft);
}

export function machineOf(arch: string): number {
  return MACHINES.find(([, runs]) => runs.test(arch))?.[0] ?? 0;
}

function layStack(process: Process, argumentBytes: bigint, executable: boolean): void {
  const { kernel, layout } = process.space;
  const { pageBytes } = layout;
  const used = process.space.pageUp(argumentBytes);
  const limit = process.getrlimit("stack").soft;
  const room =
    used + STACK_ROOM < limit ? STACK_ROOM : limit > used ? process.space.pageDown(limit - used) : 0n;
  const end = layout.stackTop;
  let flags = VM_READ | VM_WRITE | MAY | VM_GROWSDOWN | VM_ACCOUNT;
  if (executable) flags |= VM_EXEC;
  const start = end - used - room;
  kernel.addRegion({ start, end, flags, object: 0, pgoff: start / pageBytes, label: 0 });
  process.stackPointer = (end - argumentBytes) & ~15n;
  kernel.setField(SPACE_START_STACK, process.stackPointer);
  // The kernel writes arguments and environment there.
  for (let va = end - used; va < end; va += pageBytes) process.store(va);
}

/** Maps the segments; returns the load address of address 0. Without a bias the kernel finds room. */
function load(
  process: Process,
  { path, elf, sizeBytes }: Program,
  bias: bigint | undefined,
  isProgram: boolean,
): bigint {
  const { space } = process;
  const { pageBytes } = space;
  space.files.object(path, sizeBytes);
  const first = firstOf(elf);
  let base = bias;
  if (base === undefined) {
    const total = spanOf(elf, pageBytes);
    const found = process.mmap(
      0,
      total,
      protectionOf(first),
      "MAP_PRIVATE",
      path,
      space.pageDown(first.fileOffset),
    );
    if (found.error !== undefined) throw new UsageError(`there is no room for ${path}`, RAISE_LIMIT);
    // A program is aligned downwards to its alignment; a linker is not moved.
    const place = isProgram ? found.value & -alignmentOf(elf) : found.value;
    base = place - space.pageDown(first.address);
    process.munmap(found.value, total);
  }
  for (const segment of elf.segments) {
    const start = base + segment.address;
    const fileEnd = start + segment.fileBytes;
    const end = start + segment.memoryBytes;
    if (segment.fileBytes > 0n) {
      const answer = process.mmap(
        space.pageDown(start),
        space.pageUp(fileEnd) - space.pageDown(start),
        protectionOf(segment),
        "MAP_PRIVATE|MAP_FIXED",
        path,
        space.pageDown(segment.fileOffset),
      );
      if (answer.error !== undefined)
        throw new UsageError(
          `${path} cannot be mapped at 0x${start.toString(16)} (${answer.error})`,
          answer.error === "ENOMEM" && fileEnd <= space.layout.taskSize
            ? RAISE_LIMIT
            : `name the architecture that it is for with ${optionNamed("arch")}`,
        );
    }
    const endsInPage = segment.fileBytes > 0n && fileEnd % pageBytes !== 0n;
    if (end > fileEnd && segment.writable && endsInPage) zero(process, fileEnd, path);
    const bss = segment.fileBytes > 0n ? space.pageUp(fileEnd) : space.pageDown(start);
    if (space.pageUp(end) > bss)
      process.mmap(
        bss,
        space.pageUp(end) - bss,
        protectionOf(segment),
        "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED",
      );
  }
  return base;
}

/** Zeroes the part of the last page behind the data. */
function zero(process: Process, address: bigint, path: string): void {
  if (process.store(address).signal !== undefined)
    throw new UsageError(`${path} ends before its data does`, "give the whole file");
}

function protectionOf({ readable, writable, executable }: ElfSegment): number {
  return (readable ? PROT_READ : 0) | (writable ? PROT_WRITE : 0) | (executable ? PROT_EXEC : 0);
}

/** vvar and vdso, right below the last mapping. */
function layKernelRegions(process: Process): void {
  const { kernel, layout } = process.space;
  const pages = layout.kernelRegions.reduce((sum, region) => sum + region.pages, 0n);
  const room = process.mmap(0, pages * layout.pageBytes, "PROT_READ", "MAP_PRIVATE|MAP_ANONYMOUS");
  if (room.error !== undefined) throw new UsageError("there is no room for the vdso", RAISE_LIMIT);
  process.munmap(room.value, pages * layout.pageBytes);
  let start = room.value;
  for (const { name, pages: count, code } of layout.kernelRegions) {
    const end = start + count * layout.pageBytes;
    const flags = code
      ? VM_READ | VM_EXEC | MAY | VM_DONTEXPAND
      : VM_READ | VM_MAYREAD | VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
    const label = process.space.label(name);
    kernel.addRegion({ start, end, flags, object: 0, pgoff: start / layout.pageBytes, label });
    start = end;
  }
}

function setFields(process: Process, { elf }: Program, base: bigint, heap: bigint | undefined): void {
  const { kernel, layout } = process.space;
  const ends = (segments: readonly ElfSegment[], end: (segment: ElfSegment) => bigint) =>
    segments.reduce(
      (highest, segment) => (base + end(segment) > highest ? base + end(segment) : highest),
      0n,
    );
  const code = elf.segments.filter(({ executable }) => executable);
  const data = elf.segments.filter(({ writable }) => writable);
  const bssEnd = base + bssEndOf(elf);
  // If the program lies among the mappings, a break behind it would soon meet one.
  const usual = (isLoose(elf) ? layout.looseBreak : process.space.pageUp(bssEnd)) + layout.breakOffset;
  const brk = heap ?? usual;
  const fields: readonly (readonly [number, bigint])[] = [
    [SPACE_START_BRK, brk],
    [SPACE_BRK, brk],
    [SPACE_START_CODE, base + (code[0]?.address ?? 0n)],
    [SPACE_END_CODE, ends(code, ({ address, fileBytes }) => address + fileBytes)],
    [SPACE_START_DATA, base + (data[0]?.address ?? 0n)],
    [SPACE_END_DATA, ends(data, ({ address, fileBytes }) => address + fileBytes)],
  ];
  for (const [field, value] of fields) kernel.setField(field, value);
}
