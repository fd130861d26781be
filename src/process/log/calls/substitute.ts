/** The program and the linker that stand in for those of a log, in the shape that the log's first calls show. */

import { bssEndOf, type ElfFile, type Program } from "../../../elf/elf.js";
import type { Bases, PageRange } from "../../program/bases.js";
import type { Layout } from "../../program/layout.js";
import { type LinkerShape, typicalLinker, typicalProgram } from "../../program/typical-program.js";
import type { LoggedStart } from "./learn-bases.js";

export interface Loaded {
  readonly program: Program;
  readonly interpreter: Program | undefined;
  readonly bases: Bases;
}

/** Limit on what a program protects: more is not a program's start. */
const MOST_PROTECTED = 1n << 30n;
/** The data of a linker are not farther from its start. */
const MOST_LINKER = 1n << 23n;
const LEAST_PROGRAM = 1n << 20n;
const PAGE_MASK = 0xfffn;
/** Where linkers place a program that is not movable, and room for one of typical shape. */
const FIXED_BASE = { 32: 0x8048000n, 64: 0x400000n } as const;
const TYPICAL_BYTES = 0x10000n;
/** Beyond all addresses. */
const WIDE = 1n << 64n;

/** The range that the linker makes read-only after relocation, in whole pages. */
export function protectedOf({ relocated }: ElfFile): PageRange {
  const { address, memoryBytes } = relocated ?? { address: 0n, memoryBytes: 0n };
  const start = address & ~PAGE_MASK;
  return { address: start, bytes: ((address + memoryBytes) & ~PAGE_MASK) - start };
}

/** True if the file may be the program of the log: it protects as much, at a place that its kind allows. */
export function matchesStart(elf: ElfFile, { program, linker, bits, heap, isWhole }: LoggedStart): boolean {
  const own = protectedOf(elf);
  if (bits !== undefined && elf.bits !== bits) return false;
  if (!elf.isMovable && heap !== undefined && heap < bssEndOf(elf)) return false;
  if (own.bytes === 0n) return true;
  const seen = program ?? (elf.interpreter === undefined ? linker : undefined);
  if (seen === undefined) return !isWhole;
  return seen.bytes === own.bytes && (elf.isMovable || seen.address === own.address);
}

/** The program at hand, at the log's addresses. A linker that protects something else is replaced. */
export function placed(
  program: Program,
  interpreter: Program | undefined,
  start: LoggedStart,
  layout: Layout,
): Loaded {
  const { elf } = program;
  const own = protectedOf(elf);
  const seen = start.program ?? (elf.interpreter === undefined ? start.linker : undefined);
  const base = seen?.bytes === own.bytes && own.bytes !== 0n ? seen.address - own.address : undefined;
  const isOther =
    interpreter !== undefined &&
    start.linker !== undefined &&
    protectedOf(interpreter.elf).bytes !== start.linker.bytes;
  const linker = isOther ? linkerFor(interpreter.path, start, layout, elf.bits) : interpreter;
  return { program, interpreter: linker, bases: { ...basesOf(start, linker), program: base } };
}

/** A program of the kind that the log shows: dynamic, static, or static and movable. */
export function substitute(path: string, start: LoggedStart, layout: Layout): Loaded {
  const { arch } = layout;
  const { bits = arch.startsWith("i386") ? 32 : 64, hasLibraries } = start;
  if (start.program === undefined && sensible(start.linker) !== undefined && !hasLibraries) {
    const program = linkerFor(path, start, layout, bits);
    const { linker, ...bases } = basesOf(start, program);
    return { program, interpreter: undefined, bases: { ...bases, program: linker } };
  }
  const relocated = sensible(start.program);
  const hasLinker = hasLibraries || start.linker !== undefined;
  const isFixed = isFixedStatic(start, layout) || (relocated?.address ?? WIDE) < layout.legacyBase;
  const isMovable = hasLinker || !isFixed;
  const fixedBase = fixedBaseBelow(start.heap ?? 0n, bits);
  const shape = { bits, relocated, isMovable, hasLinker: isMovable, fixedBase };
  const { program, interpreter: usual } = typicalProgram(path, arch, shape);
  const interpreter = usual && linkerFor(usual.path, start, layout, bits);
  const isShown = relocated !== undefined && isMovable;
  const base = isShown ? relocated.address - protectedOf(program.elf).address : undefined;
  return { program, interpreter, bases: { ...basesOf(start, interpreter), program: base } };
}

/**
 * True if the log begins as a static program does that is not movable: its heap lies near it. musl's protect nothing
 * after relocation.
 */
export function isFixedStatic(
  { heap, mapping, program, linker, hasLibraries }: LoggedStart,
  layout: Layout,
): boolean {
  const isUnprotected = program === undefined && linker === undefined && !hasLibraries;
  return isUnprotected && mapping !== undefined && heap !== undefined && heap < layout.legacyBase;
}

/** The heap begins behind the program. */
function fixedBaseBelow(heap: bigint, bits: 32 | 64): bigint {
  const usual = FIXED_BASE[bits];
  return usual + TYPICAL_BYTES <= heap ? usual : (heap - TYPICAL_BYTES) & ~PAGE_MASK;
}

function sensible(range: PageRange | undefined): PageRange | undefined {
  if (range === undefined || range.bytes === 0n || range.bytes > MOST_PROTECTED) return undefined;
  return range.address < LEAST_PROGRAM ? undefined : range;
}

function basesOf({ heap, mapping, linker }: LoggedStart, interpreter: Program | undefined): Bases {
  const isKnown = linker !== undefined && interpreter?.elf.relocated !== undefined;
  return {
    heap,
    mapping,
    linker: isKnown ? linker.address - protectedOf(interpreter.elf).address : undefined,
  };
}

/** A linker that has what the log protects where the log has it: its start or its end is known from the first mapping. */
function linkerFor(path: string, start: LoggedStart, layout: Layout, bits: 32 | 64): Program {
  const { arch, kernelRegions, pageBytes } = layout;
  const { mapping } = start;
  const linker = sensible(start.linker);
  const usual = typicalLinker(path, arch, bits);
  if (linker === undefined) return usual;
  const typicalShape: LinkerShape = { data: protectedPlace(usual.elf), protectedBytes: linker.bytes };
  if (mapping === undefined) return typicalLinker(path, arch, bits, typicalShape);
  const between = kernelRegions.reduce((sum, { pages }) => sum + pages, 0n) * pageBytes;
  const end = mapping.address - between;
  const tail = end - linker.address - linker.bytes;
  if (mapping.address > linker.address)
    return typicalLinker(path, arch, bits, isLinker(tail) ? { ...typicalShape, tail } : typicalShape);
  const begin = mapping.address + ((mapping.bytes + pageBytes - 1n) & -pageBytes) + between;
  const data = linker.address - begin;
  return typicalLinker(path, arch, bits, isLinker(data) ? { ...typicalShape, data } : typicalShape);
}

function isLinker(bytes: bigint): boolean {
  return bytes >= 0n && bytes < MOST_LINKER;
}

function protectedPlace({ segments }: ElfFile): bigint {
  return segments.at(-1)?.address ?? 0n;
}
