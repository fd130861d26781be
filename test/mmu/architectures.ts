/**
 * The architectures from their manuals, independent of the kernel: Intel SDM 3A chapter 4, RISC-V privileged
 * architecture chapter 4, Arm DDI 0487 D8.
 */
import {
  FLAG_ACCESSED,
  FLAG_DIRTY,
  FLAG_EXECUTE,
  FLAG_READ,
  FLAG_USER,
  FLAG_WRITE,
} from "../../assembly/abi/mmu.js";

export interface Architecture {
  name: string;
  /** Its number in the kernel. */
  number: number;
  pageBits: number;
  /** Bits of the indices, of the topmost table first. */
  indexBits: number[];
  /** Addresses above the lower half repeat their topmost bit. */
  isSigned: boolean;
  entryBytes: number;
  /** The highest level with leaves. */
  leafLevels: number;
  entry: EntryBits;
}

/**
 * The layout of an entry. A property is the number of its bit, negative if the bit means the opposite; null: always
 * true.
 */
export interface EntryBits {
  pfn: number;
  properties: Record<number, number | null>;
  /** Bits of every entry that points to a table, of every base page, and of every huge page. */
  table: number[];
  page: number[];
  huge: number[];
  /** Of an entry in the topmost table; the accessed bits that a walk sets. */
  top: number[];
  tableAccessed: number[];
  topAccessed: number[];
}

const x86Properties = {
  [FLAG_READ]: null,
  [FLAG_WRITE]: 1,
  [FLAG_EXECUTE]: -63,
  [FLAG_USER]: 2,
  [FLAG_ACCESSED]: 5,
  [FLAG_DIRTY]: 6,
};
const x86: EntryBits = {
  pfn: 12,
  properties: x86Properties,
  table: [0, 1, 2],
  page: [0],
  huge: [0, 7],
  top: [0, 1, 2],
  tableAccessed: [5],
  topAccessed: [5],
};
const i386: EntryBits = { ...x86, properties: { ...x86Properties, [FLAG_EXECUTE]: null } };
const pae: EntryBits = { ...x86, top: [0], topAccessed: [] };
const riscv: EntryBits = {
  pfn: 10,
  properties: {
    [FLAG_READ]: 1,
    [FLAG_WRITE]: 2,
    [FLAG_EXECUTE]: 3,
    [FLAG_USER]: 4,
    [FLAG_ACCESSED]: 6,
    [FLAG_DIRTY]: 7,
  },
  table: [0],
  page: [0],
  huge: [0],
  top: [0],
  tableAccessed: [],
  topAccessed: [],
};
const aarch64 = (pageBits: number): EntryBits => ({
  pfn: pageBits,
  properties: {
    [FLAG_READ]: null,
    [FLAG_WRITE]: 51, // DBM
    [FLAG_EXECUTE]: -54, // UXN
    [FLAG_USER]: 6, // AP[1]
    [FLAG_ACCESSED]: 10, // AF
    [FLAG_DIRTY]: -7, // AP[2]
  },
  table: [0, 1],
  page: [0, 1, 8, 9, 11, 53], // valid, page, SH, nG, PXN
  huge: [0, 8, 9, 11, 53],
  top: [0, 1],
  tableAccessed: [],
  topAccessed: [],
});

type Row = [string, number, number[], boolean, number, number, EntryBits];
const rows: Row[] = [
  ["x86-64", 12, [9, 9, 9, 9], true, 8, 3, x86],
  ["x86-64-la57", 12, [9, 9, 9, 9, 9], true, 8, 3, x86],
  ["i386", 12, [10, 10], false, 4, 2, i386],
  ["i386-pae", 12, [2, 9, 9], false, 8, 2, pae],
  ["sv39", 12, [9, 9, 9], true, 8, 3, riscv],
  ["sv48", 12, [9, 9, 9, 9], true, 8, 3, riscv],
  ["sv57", 12, [9, 9, 9, 9, 9], true, 8, 3, riscv],
  ["aarch64-4k", 12, [9, 9, 9, 9], false, 8, 3, aarch64(12)],
  ["aarch64-16k", 14, [1, 11, 11, 11], false, 8, 2, aarch64(14)],
  ["aarch64-64k", 16, [6, 13, 13], false, 8, 2, aarch64(16)],
];

export const architectures: Architecture[] = rows.map(
  ([name, pageBits, indexBits, isSigned, entryBytes, leafLevels, entry], number) => {
    return { name, number, pageBits, indexBits, isSigned, entryBytes, leafLevels, entry };
  },
);

/** Bits of an address from the lowest one of the index at `level`. */
export function shiftOf({ pageBits, indexBits }: Architecture, level: number): number {
  return indexBits.slice(indexBits.length - level + 1).reduce((sum, bits) => sum + bits, pageBits);
}

export function addressBitsOf({ pageBits, indexBits }: Architecture): number {
  return indexBits.reduce((sum, bits) => sum + bits, pageBits);
}

/** The address with the given indices, of the topmost table first, as programs write it. */
export function addressOf(architecture: Architecture, indices: readonly number[], offset = 0n): bigint {
  const { indexBits, pageBits, isSigned } = architecture;
  const vpn = indices.reduce((sum, index, n) => (sum << BigInt(indexBits[n] as number)) | BigInt(index), 0n);
  const address = (vpn << BigInt(pageBits)) | offset;
  return isSigned ? BigInt.asUintN(64, BigInt.asIntN(addressBitsOf(architecture), address)) : address;
}

export function bits(numbers: readonly number[]): bigint {
  return numbers.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
}

/** The flags that an entry can express: those that are always true are added. */
export function expressible({ entry }: Architecture, flags: number): number {
  const always = Object.entries(entry.properties).filter(([, bit]) => bit === null);
  return always.reduce((sum, [flag]) => sum | Number(flag), flags);
}

/** The properties of `flags` as bits of an entry. */
export function propertyBits({ entry }: Architecture, flags: number): bigint {
  const set = Object.entries(entry.properties).flatMap(([flag, bit]) => {
    if (bit === null) return [];
    const isTrue = (flags & Number(flag)) !== 0;
    return isTrue === bit > 0 ? [Math.abs(bit)] : [];
  });
  return bits(set);
}
