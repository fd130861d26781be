/** Names of tables and of the bits of entries as the architectures' manuals have them, as in `assembly/mmu/entry.ts`. */

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

/** The table at `level`, of which 1 maps base pages: `PML4`, `level 0`. */
export function tableName(arch: string, level: number): string {
  if (isX86(arch)) return X86_TABLES[level - 1] ?? "";
  // RISC-V numbers levels from the leaf upwards, AArch64 downwards, ending with 3.
  return `level ${isRiscV(arch) ? level - 1 : 4 - level}`;
}

/** The field of an address that is an index into that table: `PML4`, `VPN[2]`, `level 0`. */
export function fieldName(arch: string, level: number): string {
  return isRiscV(arch) ? `VPN[${level - 1}]` : tableName(arch, level);
}

/** The bits that are set in a present entry: `P`, `RW` …, from the lowest bit. */
export function bitNames(arch: string, isHuge: boolean, raw: bigint): string[] {
  const bits = isX86(arch) ? X86 : isRiscV(arch) ? RISCV : AARCH64;
  const names = bits.filter(([bit]) => ((raw >> BigInt(bit)) & 1n) !== 0n).map(([, name]) => name);
  if (!isHuge || isRiscV(arch)) return names;
  return [...names, isX86(arch) ? "PS" : "block"];
}

const isX86 = (arch: string) => /^(x86|i386)/.test(arch);
const isRiscV = (arch: string) => arch.startsWith("sv");
