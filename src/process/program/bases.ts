/**
 * Addresses of a program, its linker and its mappings: those of the layout, or, if they were randomised, those known
 * from the log.
 */

import * as linux from "../../../assembly/abi/linux.js";
import { SPACE_LOW_RANDOM, SPACE_MMAP_BASE } from "../../../assembly/abi/process.js";
import type { Program } from "../../elf/elf.js";
import { alignmentOf, bssEndOf, type ElfFile, firstOf, spanOf } from "../../elf/elf.js";
import type { Process } from "../process.js";
import type { Layout } from "./layout.js";

/** The first mappings are not farther from the base. */
const NEAR = 1n << 26n;
const FARTHEST_HEAP = 1n << 30n;
const MAP_PRIVATE = BigInt(linux.MAP_PRIVATE);
const MAP_ANYWHERE = BigInt(linux.MAP_PRIVATE | linux.MAP_ANONYMOUS);

/** A range of addresses in whole pages, in bytes. */
export interface PageRange {
  readonly address: bigint;
  readonly bytes: bigint;
}

/** Known addresses of a randomised program. */
export interface Bases {
  /** Start of its break. */
  readonly heap?: bigint | undefined;
  /** The first mapping whose address the kernel chose: its bytes, flags and address. */
  readonly mapping?: { readonly bytes: bigint; readonly flags: bigint; readonly address: bigint } | undefined;
  /** Load address of its address 0. */
  readonly program?: bigint | undefined;
  /** The same of its dynamic linker. */
  readonly linker?: bigint | undefined;
}

/** Load address of a program; undefined: wherever there is room, as for a dynamic linker that is executed directly. */
export function biasOf(process: Process, { elf }: Program, { program, heap }: Bases): bigint | undefined {
  if (!elf.isMovable) return 0n;
  if (elf.interpreter === undefined) return undefined;
  const { programBase, pageBytes, taskSize } = process.space.layout;
  const usual = ((programBase & -alignmentOf(elf)) - firstOf(elf).address) & -pageBytes;
  const known = program ?? (heap === undefined ? usual : belowHeap(elf, usual, heap));
  return known < 0n || known > taskSize ? usual : known;
}

/**
 * The usual address if the heap lies behind it, with randomisation by at most 1 GiB; otherwise right below the heap.
 */
function belowHeap(elf: ElfFile, usual: bigint, heap: bigint): bigint {
  const end = usual + bssEndOf(elf);
  return end <= heap && heap - end <= FARTHEST_HEAP ? usual : (heap - bssEndOf(elf)) & -alignmentOf(elf);
}

/**
 * The program has no linker, like a linker that is executed directly: it goes where there is room, among the mappings.
 */
export function isLoose({ isMovable, interpreter }: ElfFile): boolean {
  return isMovable && interpreter === undefined;
}

/**
 * Moves the base of mappings so that the known mapping gets its address, or else the linker. If that address is in the
 * lower part of the addresses, the layout is the legacy one.
 */
export function shiftMappings(
  process: Process,
  program: Program,
  interpreter: Program | undefined,
  { mapping, program: known, linker }: Bases,
): void {
  const { kernel, layout, files } = process.space;
  const { pageBytes } = layout;
  const place = mapping?.address ?? linker;
  if (place !== undefined && isLegacy(layout, place)) {
    kernel.setBottomUp(true);
    kernel.setField(SPACE_MMAP_BASE, layout.legacyBase);
  }
  const trial = process.trial();
  const map = (bytes: bigint, flags = MAP_ANYWHERE) =>
    trial.run("mmap", [0n, bytes, 0n, flags, 0n, 0n]) ?? 0n;
  const mapImage = ({ path, elf, sizeBytes }: Program) => {
    const object = BigInt(files.object(path, sizeBytes));
    const offset = firstOf(elf).fileOffset & -pageBytes;
    return trial.run("mmap", [0n, spanOf(elf, pageBytes), 0n, MAP_PRIVATE, object, offset]) ?? 0n;
  };
  let shift = 0n;
  if (isLoose(program.elf)) {
    const place = mapImage(program) & -alignmentOf(program.elf);
    if (known !== undefined) shift = known + (firstOf(program.elf).address & -pageBytes) - place;
  }
  if (interpreter?.elf.isMovable) {
    const place = mapImage(interpreter);
    if (linker !== undefined) shift = linker + (firstOf(interpreter.elf).address & -pageBytes) - place;
  }
  map(layout.kernelRegions.reduce((sum, { pages }) => sum + pages, 0n) * pageBytes);
  if (mapping !== undefined) shift = mapping.address - map(mapping.bytes, mapping.flags);
  const base = kernel.field(SPACE_MMAP_BASE) + shift;
  if (shift !== 0n) kernel.setField(SPACE_LOW_RANDOM, shift);
  if ((shift & (pageBytes - 1n)) === 0n && base > layout.lowest && base < layout.stackTop)
    kernel.setField(SPACE_MMAP_BASE, base);
}

/** True if a mapping there was placed upwards from the base of the legacy layout. */
function isLegacy({ legacyBase, mmapRandomBytes }: Layout, address: bigint): boolean {
  return address >= legacyBase && address < legacyBase + mmapRandomBytes + NEAR;
}
