/**
 * execve: a program and its dynamic linker take over an empty address space. What the kernel maps, in its order, by the
 * same calls as programs make: the program's segments, its bss, the linker, vdso and vvar, the stack; the break behind the
 * program. From: fs/binfmt_elf.c and fs/exec.c of Linux 6.18; arch/x86/entry/vdso/vma.c.
 */
import * as abi from "../../assembly/abi-process.js";
import { UsageError } from "../errors.js";
import type { ElfFile, ElfSegment } from "./elf.js";
import type { Process } from "./process.js";

/** A file that becomes memory, with the path that maps show. */
export interface Program {
  readonly path: string;
  readonly elf: ElfFile;
  readonly sizeBytes: bigint;
}

export interface ExecOptions {
  readonly program: Program;
  /** The dynamic linker; must be there where the program names one. */
  readonly interpreter?: Program | undefined;
  /** Bytes of arguments and environment, with their ends. */
  readonly argumentBytes?: bigint;
}

/** ELF machines, and the architectures that run their programs. */
const MACHINES: readonly (readonly [machine: number, runs: RegExp])[] = [
  [3, /^i386/],
  [62, /^x86-64/],
  [183, /^aarch64/],
  [243, /^sv/],
];
/** Linux gives a new stack 128 KiB beyond its arguments. */
const STACK_ROOM = 128n * 1024n;
const USUAL_ARGUMENTS = 2048n;
const MAY = abi.VM_MAYREAD | abi.VM_MAYWRITE | abi.VM_MAYEXEC;

/** Lays the program out in `process`, which has no region yet. Throws `UsageError` for what this system cannot run. */
export function exec(
  process: Process,
  { program, interpreter, argumentBytes = USUAL_ARGUMENTS }: ExecOptions,
): void {
  const { layout } = process.system;
  const { elf } = program;
  if (machineOf(layout.arch) !== elf.machine) {
    throw new UsageError(
      `${program.path} is a program for another machine (ELF machine ${elf.machine})`,
      "name it with --arch",
      "--arch",
    );
  }
  if (elf.interpreter !== undefined && interpreter === undefined) {
    throw new UsageError(
      `${program.path} needs ${elf.interpreter}`,
      "give the file too, or --root with its directory",
      "--root",
    );
  }
  layStack(process, argumentBytes, elf.executableStack);
  const bias = elf.isMovable ? (elf.interpreter === undefined ? undefined : layout.programBase) : 0n;
  const base = load(process, program, bias);
  if (interpreter !== undefined) load(process, interpreter, interpreter.elf.isMovable ? undefined : 0n);
  layKernelRegions(process);
  setFields(process, program, base);
  process.executable = program.path;
}

function machineOf(arch: string): number {
  return MACHINES.find(([, runs]) => runs.test(arch))?.[0] ?? 0;
}

function layStack(process: Process, argumentBytes: bigint, executable: boolean): void {
  const { kernel, layout } = process.system;
  const { pageBytes } = layout;
  const used = (argumentBytes + pageBytes - 1n) & ~(pageBytes - 1n);
  const limit = process.getrlimit("stack").soft;
  const room =
    used + STACK_ROOM < limit ? STACK_ROOM : limit > used ? (limit - used) & ~(pageBytes - 1n) : 0n;
  const end = layout.stackTop;
  let flags = abi.VM_READ | abi.VM_WRITE | MAY | abi.VM_GROWSDOWN | abi.VM_ACCOUNT;
  if (executable) flags |= abi.VM_EXEC;
  const start = end - used - room;
  kernel.addRegion(process.asid, { start, end, flags, object: 0, pgoff: start / pageBytes, label: 0 });
  process.stackPointer = (end - argumentBytes) & ~15n;
  kernel.setField(process.asid, abi.SPACE_START_STACK, process.stackPointer);
  // Arguments and environment are written there.
  for (let va = end - used; va < end; va += pageBytes) process.store(va);
}

/** Maps the segments; where its first byte of address 0 would lie. Without a bias the kernel finds room. */
function load(process: Process, { path, elf, sizeBytes }: Program, bias: bigint | undefined): bigint {
  const { layout } = process.system;
  const mask = layout.pageBytes - 1n;
  const down = (address: bigint) => address & ~mask;
  const up = (address: bigint) => (address + mask) & ~mask;
  process.system.file(path, sizeBytes);
  const first = elf.segments[0] as ElfSegment;
  const last = elf.segments.at(-1) as ElfSegment;
  let base = bias;
  if (base === undefined) {
    const total = up(last.address + last.memoryBytes) - down(first.address);
    const found = process.mmap(0, total, protectionOf(first), "MAP_PRIVATE", path, down(first.fileOffset));
    if (found.error !== undefined) throw new UsageError(`there is no room for ${path}`, "raise --ulimit as");
    base = found.value - down(first.address);
    process.munmap(found.value, total);
  }
  for (const segment of elf.segments) {
    const start = base + segment.address;
    const fileEnd = start + segment.fileBytes;
    const end = start + segment.memoryBytes;
    if (segment.fileBytes > 0n) {
      const answer = process.mmap(
        down(start),
        up(fileEnd) - down(start),
        protectionOf(segment),
        "MAP_PRIVATE|MAP_FIXED",
        path,
        down(segment.fileOffset),
      );
      if (answer.error !== undefined)
        throw new UsageError(
          `${path} cannot be mapped at 0x${start.toString(16)} (${answer.error})`,
          "is it for this --arch?",
        );
    }
    if (end > fileEnd && segment.writable && (fileEnd & mask) !== 0n && segment.fileBytes > 0n)
      process.store(fileEnd); // zeroed
    const bss = segment.fileBytes > 0n ? up(fileEnd) : down(start);
    if (up(end) > bss)
      process.mmap(bss, up(end) - bss, protectionOf(segment), "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED");
  }
  return base;
}

function protectionOf({ readable, writable, executable }: ElfSegment): number {
  return (readable ? abi.PROT_READ : 0) | (writable ? abi.PROT_WRITE : 0) | (executable ? abi.PROT_EXEC : 0);
}

/** vvar and vdso, right below what was mapped last. */
function layKernelRegions(process: Process): void {
  const { kernel, layout } = process.system;
  const pages = layout.kernelRegions.reduce((sum, region) => sum + region.pages, 0n);
  const room = process.mmap(0, pages * layout.pageBytes, "PROT_READ", "MAP_PRIVATE|MAP_ANONYMOUS");
  if (room.error !== undefined) throw new UsageError("there is no room for the vdso", "raise --ulimit as");
  process.munmap(room.value, pages * layout.pageBytes);
  let start = room.value;
  for (const { name, pages: count, code } of layout.kernelRegions) {
    const end = start + count * layout.pageBytes;
    const flags = code
      ? abi.VM_READ | abi.VM_EXEC | MAY | abi.VM_DONTEXPAND
      : abi.VM_READ | abi.VM_MAYREAD | abi.VM_IO | abi.VM_PFNMAP | abi.VM_DONTEXPAND | abi.VM_DONTDUMP;
    const label = process.labels.push(name);
    kernel.addRegion(process.asid, { start, end, flags, object: 0, pgoff: start / layout.pageBytes, label });
    start = end;
  }
}

function setFields(process: Process, { elf }: Program, base: bigint): void {
  const { kernel, layout } = process.system;
  const mask = layout.pageBytes - 1n;
  const ends = (segments: readonly ElfSegment[], end: (segment: ElfSegment) => bigint) =>
    segments.reduce(
      (highest, segment) => (base + end(segment) > highest ? base + end(segment) : highest),
      0n,
    );
  const code = elf.segments.filter(({ executable }) => executable);
  const data = elf.segments.filter(({ writable }) => writable);
  const bssEnd = ends(elf.segments, ({ address, memoryBytes }) => address + memoryBytes);
  const brk = ((bssEnd + mask) & ~mask) + layout.breakOffset;
  const fields: readonly (readonly [number, bigint])[] = [
    [abi.SPACE_START_BRK, brk],
    [abi.SPACE_BRK, brk],
    [abi.SPACE_START_CODE, base + (code[0]?.address ?? 0n)],
    [abi.SPACE_END_CODE, ends(code, ({ address, fileBytes }) => address + fileBytes)],
    [abi.SPACE_START_DATA, base + (data[0]?.address ?? 0n)],
    [abi.SPACE_END_DATA, ends(data, ({ address, fileBytes }) => address + fileBytes)],
  ];
  for (const [field, value] of fields) kernel.setField(process.asid, field, value);
}

/**
 * A program of the usual shape, for whoever has none at hand: as `cat` and its dynamic linker are on Debian 12 for
 * x86-64. Addresses of what comes later depend on the real one's size.
 */
export function usualProgram(path: string, arch: string): { program: Program; interpreter: Program } {
  const machine = machineOf(arch);
  const segment = (address: number, bytes: number, flags: string, memoryBytes = bytes): ElfSegment => ({
    address: BigInt(address),
    fileOffset: BigInt(address),
    fileBytes: BigInt(bytes),
    memoryBytes: BigInt(memoryBytes),
    readable: flags.includes("r"),
    writable: flags.includes("w"),
    executable: flags.includes("x"),
    align: 4096n,
  });
  const elf = (segments: ElfSegment[], interpreter?: string): ElfFile => ({
    bits: arch.startsWith("i386") ? 32 : 64,
    machine,
    isMovable: true,
    entry: 0x1000n,
    segments,
    interpreter,
    executableStack: false,
  });
  const linker = "/lib64/ld-linux-x86-64.so.2";
  return {
    program: {
      path,
      sizeBytes: 1n << 52n,
      elf: elf(
        [
          segment(0, 0x1720, "r"),
          segment(0x2000, 0x4da9, "rx"),
          segment(0x7000, 0x20e8, "r"),
          segment(0xac30, 0x650, "rw", 0x7e8),
        ],
        linker,
      ),
    },
    interpreter: {
      path: linker,
      sizeBytes: 1n << 52n,
      elf: elf([
        segment(0, 0xf38, "r"),
        segment(0x1000, 0x25a11, "rx"),
        segment(0x27000, 0x9f90, "r"),
        segment(0x31a60, 0x2cc4, "rw"),
      ]),
    },
  };
}
