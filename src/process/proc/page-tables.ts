/**
 * The page tables of a process as a tree. The bits of entries have the names of the architectures' manuals, as in
 * `assembly/mmu/entry.ts`.
 */
import { Inspector } from "../../machine/inspector.js";
import type { Process } from "../process.js";

export interface TableView {
  /** Level 1 maps base pages. */
  readonly level: number;
  /** `PML4`, `level 0`. */
  readonly name: string;
  readonly frame: number;
  /** The non-zero entries. */
  readonly entries: readonly TableEntryView[];
}

export interface TableEntryView {
  readonly index: number;
  /** The first address it translates. */
  readonly address: bigint;
  readonly raw: bigint;
  /** `P`, `RW` …, from the lowest bit; empty for a page in swap. */
  readonly bits: readonly string[];
  /** The frame; undefined for a page in swap or a guard. */
  readonly frame: number | undefined;
  /** Also undefined for a guard. */
  readonly swapPlace: number | undefined;
  /** The next table; undefined for a leaf entry. */
  readonly table: TableView | undefined;
}

type Bits = readonly (readonly [bit: number, name: string])[];

const X86: Bits = [
  [0, "P"],
  [1, "RW"],
  [2, "US"],
  [5, "A"],
  [6, "D"],
  [63, "NX"],
];
const RISCV: Bits = [..."VRWXUGAD"].map((name, bit) => [bit, name]);
const AARCH64: Bits = [
  [0, "valid"],
  [6, "AP[1]"],
  [7, "AP[2]"],
  [10, "AF"],
  [11, "nG"],
  [51, "DBM"],
  [53, "PXN"],
  [54, "UXN"],
];
const X86_TABLES = ["PT", "PD", "PDPT", "PML4", "PML5"];

/** The root and all tables below; undefined for a process without tables. `most`: limit on entries. */
export function pageTables(process: Process, most: number): TableView | undefined {
  const { machine, plan, tlbs } = process.system;
  const { kernel, layout } = process.space;
  const { asid } = kernel;
  const { geometry } = plan;
  const inspector = new Inspector(machine, geometry, tlbs);
  const pageShift = Math.log2(geometry.pageBytes);
  let left = most;

  const table = (level: number, start: bigint): TableView | undefined => {
    const frame = machine.tableAt(asid, start, level);
    if (frame === undefined) return undefined;
    const shift = BigInt(pageShift + (level - 1) * geometry.indexBits);
    const entries: TableEntryView[] = [];
    for (const { index, raw, present, leaf, frame: target } of inspector.table(asid, start, level)) {
      if (left-- <= 0) break;
      const address = start + (BigInt(index) << shift);
      entries.push({
        index,
        address,
        raw,
        bits: present ? bitNames(layout.arch, leaf && level > 1, raw) : [],
        frame: target,
        swapPlace: present ? undefined : kernel.page(address).place,
        table: present && !leaf ? table(level - 1, address) : undefined,
      });
    }
    return { level, name: tableName(layout.arch, level), frame, entries };
  };
  return table(geometry.levels, 0n);
}

function tableName(arch: string, level: number): string {
  if (isX86(arch)) return X86_TABLES[level - 1] ?? "";
  // RISC-V numbers levels from the leaf upwards, AArch64 downwards, ending with 3.
  return `level ${isRiscV(arch) ? level - 1 : 4 - level}`;
}

function bitNames(arch: string, isHuge: boolean, raw: bigint): string[] {
  const bits = isX86(arch) ? X86 : isRiscV(arch) ? RISCV : AARCH64;
  const names = bits.filter(([bit]) => ((raw >> BigInt(bit)) & 1n) !== 0n).map(([, name]) => name);
  if (!isHuge || isRiscV(arch)) return names;
  return [...names, isX86(arch) ? "PS" : "block"];
}

const isX86 = (arch: string) => /^(x86|i386)/.test(arch);
const isRiscV = (arch: string) => arch.startsWith("sv");
