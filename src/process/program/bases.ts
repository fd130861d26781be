/**
 * Addresses of a program, its linker and its mappings: those of the layout, or, if they were randomised, those known
 * from the log.
 */

import * as linux from "../../../assembly/abi/linux.js";
import { SPACE_MMAP_BASE } from "../../../assembly/abi/process.js";
import type { Process } from "../process.js";
import type { Program } from "./elf.js";
import { alignmentOf, bssEndOf, type ElfFile, firstOf, spanOf } from "./elf.js";

const FARTHEST_HEAP = 1n << 30n;
const MAP_PRIVATE = BigInt(linux.MAP_PRIVATE);
const MAP_ANYWHERE = BigInt(linux.MAP_PRIVATE | linux.MAP_ANONYMOUS);

/** Known addresses of a randomised program. */
export interface Bases {
  /** Start of its break. */
  readonly heap?: bigint;
  /** The first mapping whose address the kernel chose: its bytes, flags and address. */
  readonly mapping?: { readonly bytes: bigint; readonly flags: bigint; readonly address: bigint };
  /** Load address of its address 0. */
  readonly program?: bigint;
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

/** Moves the base of mappings so that the known mapping gets its address. */
export function shiftMappings(
  process: Process,
  program: Program,
  interpreter: Program | undefined,
  { mapping, program: known }: Bases,
): void {
  const { kernel, layout, files } = process.space;
  const { pageBytes } = layout;
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
  if (interpreter?.elf.isMovable) mapImage(interpreter);
  map(layout.kernelRegions.reduce((sum, { pages }) => sum + pages, 0n) * pageBytes);
  if (mapping !== undefined) shift = mapping.address - map(mapping.bytes, mapping.flags);
  const base = kernel.field(SPACE_MMAP_BASE) + shift;
  if ((shift & (pageBytes - 1n)) === 0n && base > layout.lowest && base < layout.stackTop)
    kernel.setField(SPACE_MMAP_BASE, base);
}
