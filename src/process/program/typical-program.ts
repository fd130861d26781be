/** The substitute for a program that is not available. */

import type { ElfFile, ElfSegment, Program } from "../../elf/elf.js";
import type { PageRange } from "./bases.js";
import { machineOf } from "./exec.js";

/** The known properties of the program; by default it is a dynamic one for this architecture. */
export interface TypicalShape {
  readonly bits?: 32 | 64 | undefined;
  /** The range that it protects after relocation. A program that is not movable has it at this address. */
  readonly relocated?: PageRange | undefined;
  /** Default: true. */
  readonly isMovable?: boolean;
  /** Default: true. */
  readonly hasLinker?: boolean;
  /** Where a program that is not movable begins, if `relocated` does not show it. */
  readonly fixedBase?: bigint;
}

const LINKER = "/lib64/ld-linux-x86-64.so.2";
const LINKER_32 = "/lib/ld-linux.so.2";
const EM_386 = 3;
const EM_X86_64 = 62;
/** Sizes of sparse files: no access is beyond their end. */
const SIZE_BYTES = 1n << 52n;
/** Places of the segments in pages: code, read-only data, data. */
const PROGRAM_PAGES = [2n, 7n, 10n] as const;
const LINKER_PAGES = [1n, 39n, 49n] as const;

/**
 * A program of typical shape: the segments of `cat` and its dynamic linker on Debian 12 for x86-64. Later addresses
 * depend on the size of the real program.
 */
export function typicalProgram(
  path: string,
  arch: string,
  {
    bits = arch.startsWith("i386") ? 32 : 64,
    relocated,
    isMovable = true,
    hasLinker = true,
    fixedBase = 0n,
  }: TypicalShape = {},
): { program: Program; interpreter: Program | undefined } {
  const unit = unitOf(arch);
  const bytes = relocated?.bytes ?? unit;
  const [code, constants, data] = PROGRAM_PAGES;
  const base = isMovable ? 0n : relocated === undefined ? fixedBase : relocated.address - data * unit;
  const at = (page: bigint) => base + page * unit;
  const segments = [
    segment(unit, base, at(0n), at(code), "r"),
    segment(unit, base, at(code), at(constants), "rx"),
    segment(unit, base, at(constants), at(data), "r"),
    segment(unit, base, at(data), at(data) + bytes + 0x280n, "rw", bytes + unit),
  ];
  const linker = bits === 64 ? LINKER : LINKER_32;
  const program: ElfFile = {
    bits,
    machine: machineFor(arch, bits),
    isMovable,
    entry: at(1n),
    segments,
    relocated: segment(unit, base, at(data), at(data) + bytes, "r"),
    interpreter: hasLinker ? linker : undefined,
    executableStack: false,
  };
  return {
    program: { path, sizeBytes: SIZE_BYTES, elf: program },
    interpreter: hasLinker ? typicalLinker(linker, arch, bits) : undefined,
  };
}

/** The known sizes of a dynamic linker, in bytes. */
export interface LinkerShape {
  /** The place of its data. */
  readonly data: bigint;
  /** The part of them that it protects, from their start. */
  readonly protectedBytes: bigint;
  /** The data after that; default: two pages. */
  readonly tail?: bigint;
}

/** A dynamic linker of typical shape. */
export function typicalLinker(path: string, arch: string, bits: 32 | 64, shape?: LinkerShape): Program {
  const unit = unitOf(arch);
  const [code, constants, typicalData] = LINKER_PAGES;
  const { data = typicalData * unit, protectedBytes = 2n * unit, tail = 2n * unit } = shape ?? {};
  const end = data + protectedBytes + tail;
  const bounds = [0n, code * unit, constants * unit, data].map((at) => (at < data ? at : data));
  const [first = 0n, second = 0n, third = 0n] = bounds;
  const segments = [
    segment(unit, 0n, first, second, "r"),
    segment(unit, 0n, second, third, "rx"),
    segment(unit, 0n, third, data, "r"),
    segment(unit, 0n, data, end, "rw"),
  ].filter(({ memoryBytes }) => memoryBytes > 0n);
  const elf: ElfFile = {
    bits,
    machine: machineFor(arch, bits),
    isMovable: true,
    entry: unit,
    segments,
    relocated: shape && segment(unit, 0n, data, data + protectedBytes, "r"),
    interpreter: undefined,
    executableStack: false,
  };
  return { path, sizeBytes: SIZE_BYTES, elf };
}

/** AArch64's linkers align segments to 64 KiB for every page size. */
function unitOf(arch: string): bigint {
  return arch.startsWith("aarch64") ? 0x10000n : 0x1000n;
}

function machineFor(arch: string, bits: 32 | 64): number {
  return bits === 32 && machineOf(arch) === EM_X86_64 ? EM_386 : machineOf(arch);
}

/** The file lies in memory from `base` on. */
function segment(
  align: bigint,
  base: bigint,
  address: bigint,
  end: bigint,
  flags: string,
  memoryBytes = end - address,
): ElfSegment {
  return {
    address,
    fileOffset: address - base,
    fileBytes: end - address,
    memoryBytes,
    readable: flags.includes("r"),
    writable: flags.includes("w"),
    executable: flags.includes("x"),
    align,
  };
}
