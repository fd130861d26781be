/** Page tables of the kernel beside naive ones: a list of mapped pages, from which tables and entries follow. */
import fc from "fast-check";
import { NONE } from "../../assembly/abi/core.js";
import { FRAME_PAGE } from "../../assembly/abi/machine.js";
import { FLAG_READ } from "../../assembly/abi/mmu.js";
import type { Structures } from "../structures.js";
import { type Architecture, addressOf, shiftOf } from "./architectures.js";

export interface Mapping {
  va: bigint;
  level: number;
  pfn: number;
  flags: number;
}

const U64_MAX = 2n ** 64n - 1n;

/** Addresses whose indices are the first, the second or the last of their tables, so that they share tables. */
export function anyAddress(architecture: Architecture): fc.Arbitrary<bigint> {
  const indices = architecture.indexBits.map((bits) => fc.constantFrom(0, 1, 2 ** bits - 1));
  const offset = fc.nat(2 ** architecture.pageBits - 1).map(BigInt);
  return fc.tuple(fc.tuple(...indices), offset).map(([of, at]) => {
    return BigInt.asUintN(64, addressOf({ ...architecture, isSigned: false }, of, at));
  });
}

/** R, W, X, U, A and D in any combination that can be read. */
export const anyFlags = fc.nat(63).map((flags) => flags | FLAG_READ);

export class TestTables {
  readonly levels: number;
  readonly format: number;
  readonly buddy: number;
  readonly tables: number;
  readonly root: number;
  readonly mappings: Mapping[] = [];

  /** Tables with one root, and room for some hundred base pages and three huge ones. */
  constructor(
    readonly structures: Structures,
    readonly architecture: Architecture,
  ) {
    this.levels = architecture.indexBits.length;
    const geometry = structures.createGeometry(architecture.number);
    this.format = structures.createFormat(geometry);
    const hugePages = 4 * 2 ** structures.levelOrder(geometry, 2);
    const frames = structures.createFrames(hugePages, architecture.pageBits);
    this.buddy = structures.createBuddy(frames);
    this.tables = structures.createTables(geometry, this.format, this.buddy);
    this.root = structures.addTable(this.tables, this.levels);
  }

  /** The page that contains an address at a level. */
  start(va: bigint, level: number): bigint {
    const shift = BigInt(shiftOf(this.architecture, level));
    return (va >> shift) << shift;
  }

  find(va: bigint): Mapping | undefined {
    return this.mappings.find((page) => page.va === this.start(va, page.level));
  }

  /** True if a page of this level at this address would overlap none. */
  isFree(va: bigint, level: number): boolean {
    const start = this.start(va, level);
    return this.find(va) === undefined && !this.mappings.some((page) => this.start(page.va, level) === start);
  }

  /** True if there is a table of this level for an address: the root, or one that leads to a page. */
  hasTable(va: bigint, level: number): boolean {
    if (level === this.levels) return true;
    const start = this.start(va, level + 1);
    return this.mappings.some((page) => page.level <= level && this.start(page.va, level + 1) === start);
  }

  /** The number of tables. */
  get tableCount(): number {
    const starts = this.mappings.flatMap((page) =>
      Array.from({ length: this.levels - page.level }, (_, n) => {
        const level = page.level + n;
        return `${level} ${this.start(page.va, level + 1)}`;
      }),
    );
    return 1 + new Set(starts).size;
  }

  /** Maps a page; undefined when no frame is free. */
  map(va: bigint, level: number, flags: number): Mapping | undefined {
    const { structures, tables } = this;
    const pfn = structures.allocBlock(this.buddy, Number(this.order(level)), FRAME_PAGE);
    if (pfn === NONE) return undefined;
    for (let at = this.levels; at > level; at--) {
      const pte = structures.walkTables(tables, this.root, va, at);
      if (structures.readPte(tables, pte) !== 0n) continue;
      structures.attachTable(tables, pte, structures.addTable(tables, at - 1));
    }
    const pte = structures.walkTables(tables, this.root, va, level);
    structures.setPte(tables, pte, structures.leafEntry(this.format, pfn, level, flags));
    const mapping = { va: this.start(va, level), level, pfn, flags };
    this.mappings.push(mapping);
    return mapping;
  }

  /** Unmaps a page, and frees the tables that are empty then; their number. */
  unmap(mapping: Mapping, floor = 0n, ceiling = U64_MAX): number {
    const { structures, tables } = this;
    const pte = structures.walkTables(tables, this.root, mapping.va, 1);
    structures.setPte(tables, pte, 0n);
    structures.freeBlock(this.buddy, mapping.pfn);
    this.mappings.splice(this.mappings.indexOf(mapping), 1);
    return structures.pruneTables(tables, this.root, mapping.va, floor, ceiling);
  }

  order(level: number): number {
    return shiftOf(this.architecture, level) - this.architecture.pageBits;
  }
}
