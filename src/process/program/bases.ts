/**
 * Where a program, its linker and its mappings go: where the layout has them, or, of a program whose addresses were random,
 * where they are known to have been.
 */

import * as linux from "../../../assembly/abi/linux.js";
import { SPACE_MMAP_BASE } from "../../../assembly/abi/process.js";
import type { Process } from "../process.js";
import type { Program } from "./elf.js";
import { alignmentOf, bssEndOf, type ElfFile, firstOf, spanOf } from "./elf.js";

const FARTHEST_HEAP = 1n << 30n;
const MAP_PRIVATE = BigInt(linux.MAP_PRIVATE);
const MAP_ANYWHERE = BigInt(linux.MAP_PRIVATE | linux.MAP_ANONYMOUS);

/** Where a program is known to lie, whose addresses were random. */
export interface Bases {
  /** Where its break begins. */
  readonly heap?: bigint;
  /** The first mapping of its own that went where the kernel liked: its bytes, flags and address. */
  readonly mapping?: { readonly bytes: bigint; readonly flags: bigint; readonly address: bigint };
  /** Where its address 0 lies. */
  readonly program?: bigint;
}

/** Where a program's address 0 goes; undefined: wherever there is room, as for a dynamic linker that is run by itself. */
export function biasOf(process: Process, { elf }: Program, { program, heap }: Bases): bigint | undefined {
  if (!elf.isMovable) return 0n;
  if (elf.interpreter === undefined) return undefined;
  const { programBase, pageBytes } = process.system.layout;
  const usual = ((programBase & -alignmentOf(elf)) - firstOf(elf).address) & -pageBytes;
  const known = program ?? (heap === undefined ? usual : belowHeap(elf, usual, heap));
  return known < 0n || known > process.system.layout.taskSize ? usual : known;
}

/** As usual where the heap lies behind it, at random no more than 1 GiB; else right below the heap. */
function belowHeap(elf: ElfFile, usual: bigint, heap: bigint): bigint {
  const end = usual + bssEndOf(elf);
  return end <= heap && heap - end <= FARTHEST_HEAP ? usual : (heap - bssEndOf(elf)) & -alignmentOf(elf);
}

/** It goes where there is room, among the mappings: a program without a linker, as a linker is when it is run by itself. */
export function isLoose({ isMovable, interpreter }: ElfFile): boolean {
  return isMovable && interpreter === undefined;
}

/** Moves the base of mappings, so that what is known of them comes true. */
export function shiftMappings(
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
  const base = process.field(SPACE_MMAP_BASE) + shift;
  if ((shift & (pageBytes - 1n)) === 0n && base > layout.lowest && base < layout.stackTop)
    kernel.setField(process.asid, SPACE_MMAP_BASE, base);
}
