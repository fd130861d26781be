/**
 * execve: a program and its dynamic linker take over an empty address space. What the kernel maps, in its order, by the
 * same calls as programs make: the program's segments, its bss, the linker, vdso and vvar, the stack; the break behind the
 * program. From: fs/binfmt_elf.c and fs/exec.c of Linux 6.18; arch/x86/entry/vdso/vma.c.
 */
import * as abi from "../../../assembly/abi-process.js";
import { UsageError } from "../../errors.js";
import type { Process } from "../process.js";
import type { ElfFile, ElfSegment } from "./elf.js";

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
  readonly bases?: Bases | undefined;
  /** The line of the log that says so: it made these regions. */
  readonly line?: number;
}

/** Where a program is known to lie, whose addresses were random. */
export interface Bases {
  /** Where its break begins. */
  readonly heap?: bigint;
  /** The first mapping of its own that went where the kernel liked: its bytes, flags and address. */
  readonly mapping?: { readonly bytes: bigint; readonly flags: bigint; readonly address: bigint };
  /** Where its address 0 lies. */
  readonly program?: bigint;
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
const FARTHEST_HEAP = 1n << 30n;
const MAP_PRIVATE = 2n;
const MAP_ANYWHERE = 0x22n; // MAP_PRIVATE | MAP_ANONYMOUS
const MAY = abi.VM_MAYREAD | abi.VM_MAYWRITE | abi.VM_MAYEXEC;

/** Lays the program out in `process`, which has no region yet. Throws `UsageError` for what this system cannot run. */
export function exec(
  process: Process,
  { program, interpreter, argumentBytes = USUAL_ARGUMENTS, bases = {}, line = 0 }: ExecOptions,
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
  shiftMappings(process, program, interpreter, bases);
  const base = load(process, program, biasOf(process, program, bases), true);
  if (interpreter !== undefined)
    load(process, interpreter, interpreter.elf.isMovable ? undefined : 0n, false);
  layKernelRegions(process);
  setFields(process, program, base, bases.heap);
  // What the kernel maps and stores while it makes a process is no call and no reference of the program's.
  process.system.kernel.setField(process.asid, abi.SPACE_CALL_CYCLES, 0n);
  process.system.kernel.setField(process.asid, abi.SPACE_WORST_CYCLES, 0n);
  for (let n = process.rawRegions().length - 1; n >= 0; n--)
    process.system.kernel.setCall(process.asid, n, line);
  process.executable = program.path;
}

function machineOf(arch: string): number {
  return MACHINES.find(([, runs]) => runs.test(arch))?.[0] ?? 0;
}

/** Where a program's address 0 goes; undefined: wherever there is room, as for a dynamic linker that is run by itself. */
function biasOf(process: Process, { elf }: Program, { program, heap }: Bases): bigint | undefined {
  if (!elf.isMovable) return 0n;
  if (elf.interpreter === undefined) return undefined;
  const { programBase, pageBytes } = process.system.layout;
  const usual = ((programBase & -alignmentOf(elf)) - firstOf(elf).address) & -pageBytes;
  if (program !== undefined || heap === undefined) return program ?? usual;
  // The heap lies behind the program, at random no more than 1 GiB.
  const end = usual + bssEndOf(elf);
  return end <= heap && heap - end <= FARTHEST_HEAP ? usual : (heap - bssEndOf(elf)) & -alignmentOf(elf);
}

function bssEndOf({ segments }: ElfFile): bigint {
  return segments.reduce(
    (highest, { address, memoryBytes }) =>
      address + memoryBytes > highest ? address + memoryBytes : highest,
    0n,
  );
}

function firstOf({ segments }: ElfFile): ElfSegment {
  return segments[0] as ElfSegment;
}

/** It goes where there is room, among the mappings: a program without a linker, as a linker is when it is run by itself. */
function isLoose({ isMovable, interpreter }: ElfFile): boolean {
  return isMovable && interpreter === undefined;
}

/** Moves the base of mappings, so that what is known of them comes true. */
function shiftMappings(
  process: Process,
  program: Program,
  interpreter: Program | undefined,
  { mapping, program: known }: Bases,
): void {
  const { kernel, layout } = process.system;
  const { pageBytes } = layout;
  const trial = process.trial();
  const map = (bytes: bigint, flags = MAP_ANYWHERE) =>
    trial.run("mmap", [0n, bytes, 0n, flags, 0n, 0n]) ?? 0n;
  const mapImage = ({ path, elf, sizeBytes }: Program) => {
    const object = BigInt(process.system.file(path, sizeBytes));
    const offset = firstOf(elf).fileOffset & -pageBytes;
    return trial.run("mmap", [0n, spanOf(elf, pageBytes), 0n, MAP_PRIVATE, object, offset]) ?? 0n;
  };
  let shift = 0n;
  if (isLoose(program.elf)) {
    const place = mapImage(program) & -alignmentOf(program.elf);
    if (known !== undefined) shift = known + (firstOf(program.elf).address & -pageBytes) - place;
  }
  if (interpreter?.elf.isMovable) mapImage(interpreter);
  map(layout.kernelRegions.reduce((sum, { pages }) => sum + pages, 0n) * pageBytes);
  if (mapping !== undefined) shift = mapping.address - map(mapping.bytes, mapping.flags);
  const base = process.field(abi.SPACE_MMAP_BASE) + shift;
  if ((shift & (pageBytes - 1n)) === 0n && base > layout.lowest && base < layout.stackTop)
    kernel.setField(process.asid, abi.SPACE_MMAP_BASE, base);
}

/** Bytes from the first page to the last. */
function spanOf(elf: ElfFile, pageBytes: bigint): bigint {
  return ((bssEndOf(elf) + pageBytes - 1n) & -pageBytes) - (firstOf(elf).address & -pageBytes);
}

/** The largest that a segment asks for (maximum_alignment). */
function alignmentOf({ segments }: ElfFile): bigint {
  return segments.reduce((most, { align }) => (align > most ? align : most), 1n);
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
function load(
  process: Process,
  { path, elf, sizeBytes }: Program,
  bias: bigint | undefined,
  isProgram: boolean,
): bigint {
  const { layout } = process.system;
  const mask = layout.pageBytes - 1n;
  const down = (address: bigint) => address & ~mask;
  const up = (address: bigint) => (address + mask) & ~mask;
  process.system.file(path, sizeBytes);
  const first = firstOf(elf);
  let base = bias;
  if (base === undefined) {
    const total = spanOf(elf, layout.pageBytes);
    const found = process.mmap(0, total, protectionOf(first), "MAP_PRIVATE", path, down(first.fileOffset));
    if (found.error !== undefined) throw new UsageError(`there is no room for ${path}`, "raise --ulimit as");
    // A program moves down to the alignment that it asks for; a linker stays where it is.
    const place = isProgram ? found.value & -alignmentOf(elf) : found.value;
    base = place - down(first.address);
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
    const endsInPage = segment.fileBytes > 0n && (fileEnd & mask) !== 0n;
    if (end > fileEnd && segment.writable && endsInPage) zero(process, fileEnd, path);
    const bss = segment.fileBytes > 0n ? up(fileEnd) : down(start);
    if (up(end) > bss)
      process.mmap(bss, up(end) - bss, protectionOf(segment), "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED");
  }
  return base;
}

/** What of a page is no data any more is written over. */
function zero(process: Process, address: bigint, path: string): void {
  if (process.store(address).signal !== undefined)
    throw new UsageError(`${path} ends before its data does`, "give the whole file");
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

function setFields(process: Process, { elf }: Program, base: bigint, heap: bigint | undefined): void {
  const { kernel, layout } = process.system;
  const mask = layout.pageBytes - 1n;
  const ends = (segments: readonly ElfSegment[], end: (segment: ElfSegment) => bigint) =>
    segments.reduce(
      (highest, segment) => (base + end(segment) > highest ? base + end(segment) : highest),
      0n,
    );
  const code = elf.segments.filter(({ executable }) => executable);
  const data = elf.segments.filter(({ writable }) => writable);
  const bssEnd = base + bssEndOf(elf);
  // Behind a program that went where there was room, among the mappings, the break would soon meet one.
  const usual = (isLoose(elf) ? layout.looseBreak : (bssEnd + mask) & ~mask) + layout.breakOffset;
  const brk = heap ?? usual;
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
  // AArch64's linkers part segments by 64 KiB, whatever the pages.
  const unit = arch.startsWith("aarch64") ? 0x10000n : 0x1000n;
  const segment = (place: bigint, bytes: bigint, flags: string, memoryBytes = bytes): ElfSegment => ({
    address: place * unit,
    fileOffset: place * unit,
    fileBytes: bytes,
    memoryBytes,
    readable: flags.includes("r"),
    writable: flags.includes("w"),
    executable: flags.includes("x"),
    align: unit,
  });
  const elf = (segments: ElfSegment[], relocated?: ElfSegment, interpreter?: string): ElfFile => ({
    bits: arch.startsWith("i386") ? 32 : 64,
    machine,
    isMovable: true,
    entry: unit,
    segments,
    relocated,
    interpreter,
    executableStack: false,
  });
  const pages = (count: bigint) => count * unit;
  const linker = "/lib64/ld-linux-x86-64.so.2";
  const sizeBytes = 1n << 52n;
  return {
    program: {
      path,
      sizeBytes,
      elf: elf(
        [
          segment(0n, pages(2n), "r"),
          segment(2n, pages(5n), "rx"),
          segment(7n, pages(3n), "r"),
          segment(10n, pages(1n) + 0x280n, "rw", pages(2n)),
        ],
        segment(10n, pages(1n), "r"),
        linker,
      ),
    },
    interpreter: {
      path: linker,
      sizeBytes,
      elf: elf([
        segment(0n, pages(1n), "r"),
        segment(1n, pages(38n), "rx"),
        segment(39n, pages(10n), "r"),
        segment(49n, pages(4n), "rw"),
      ]),
    },
  };
}
