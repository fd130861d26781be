/**
 * Parses the tree of TLBs in `--tlb`, and the paging-structure caches in `--walk-cache`.
 *
 *   l1i=64x4,l1d=64x4:plru,l2=1536x12            name = entries x ways, then options after colons
 *   l1d-small=64x4:4k,l1d-huge=32xfull:2m+1g     names: l, level, i or d for one side, a label after a dash
 *
 * Options: `lru` (the default), `plru`, `fifo`, `random`, and the page sizes that the TLB holds, such as `4k+2m`;
 * default: all of the architecture.
 */
import { TLB_FIFO, TLB_LRU, TLB_PLRU, TLB_RANDOM } from "../../assembly/abi/mmu.js";
import { OptionError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { Geometry } from "./geometry.js";

export interface TlbSpec {
  readonly name: string;
  /** As it was written: `64x4:plru`. */
  readonly shape: string;
  readonly level: number;
  /** Bit 0: instructions, bit 1: data. */
  readonly sides: number;
  /** Bit n: leaves at level n. */
  readonly sizes: number;
  readonly sets: number;
  readonly ways: number;
  readonly replacement: number;
}

export interface WalkCacheSpec {
  readonly level: number;
  readonly entries: number;
}

const OPTION = "tlb";
const EXAMPLE = 'write it like "l1i=64x4,l1d=64x4,l2=1536x12"';
const REPLACEMENTS: Readonly<Record<string, number>> = {
  lru: TLB_LRU,
  plru: TLB_PLRU,
  fifo: TLB_FIFO,
  random: TLB_RANDOM,
};
const DEEPEST = 4;
const MOST_TLBS = 64;
const MOST_ENTRIES = 2 ** 20;
/** Limit on ways: a way's number and the state of a PLRU tree must fit. */
const MOST_WAYS = 65535;
const MOST_TREE_WAYS = 64;

export function parseTlbs(text: string, geometry: Geometry): TlbSpec[] {
  const tlbs = text.split(",").map((part) => parseTlb(part.trim(), geometry));
  if (tlbs.length > MOST_TLBS) throw OptionError.at(OPTION, "has more than 64 TLBs", "name fewer");
  refuseOverlap(tlbs, geometry);
  refuseGaps(tlbs);
  return tlbs;
}

function parseTlb(part: string, geometry: Geometry): TlbSpec {
  const [, name, level, side, size, options] =
    /^(l(\d)([id]?)(?:-[a-z0-9]+)?)=(\d+x(?:\d+|full))((?::[a-z0-9+]+)*)$/i.exec(part) ?? [];
  if (name === undefined || size === undefined || level === undefined) {
    throw OptionError.at(OPTION, `"${part}" is not a TLB`, EXAMPLE);
  }
  if (Number(level) < 1 || Number(level) > DEEPEST) {
    throw OptionError.at(OPTION, `${name} is at level ${level}`, `levels are 1 to ${DEEPEST}`);
  }
  let replacement: number | undefined;
  let sizes = 0;
  for (const option of (options ?? "").toLowerCase().split(":").slice(1)) {
    const found = REPLACEMENTS[option];
    if (found === undefined) sizes |= parseSizes(option, name, geometry);
    else if (replacement === undefined) replacement = found;
    else throw OptionError.at(OPTION, `${name} has two replacements`, "name one");
  }
  return {
    name: name.toLowerCase(),
    shape: part.slice(part.indexOf("=") + 1),
    level: Number(level),
    sides: side?.toLowerCase() === "i" ? 1 : side?.toLowerCase() === "d" ? 2 : 3,
    sizes: sizes === 0 ? 2 ** (geometry.sizes.length + 1) - 2 : sizes,
    ...parseEntries(size.toLowerCase(), name, replacement ?? TLB_LRU),
    replacement: replacement ?? TLB_LRU,
  };
}

function parseSizes(option: string, name: string, geometry: Geometry): number {
  return option.split("+").reduce((sizes, size) => {
    const index = geometry.sizes.indexOf(size);
    if (index >= 0) return sizes | (2 << index);
    const known = [...Object.keys(REPLACEMENTS), ...geometry.sizes];
    const remedy = `did you mean ${nearest(size, known)}? Options are ${known.join(", ")} on ${geometry.name}`;
    throw OptionError.at(OPTION, `${name} has the unknown option "${size}"`, remedy);
  }, 0);
}

function parseEntries(size: string, name: string, replacement: number): { sets: number; ways: number } {
  const [entries = 0, ways = 0] = size.split("x").map((n, _, all) => Number(n === "full" ? all[0] : n));
  if (entries < 1 || entries > MOST_ENTRIES || ways < 1) {
    throw OptionError.at(
      OPTION,
      `${name} has ${size} entries by ways`,
      `give 1 to ${MOST_ENTRIES} entries and 1 way or more`,
    );
  }
  if (ways > MOST_WAYS) throw OptionError.at(OPTION, `${name} has ${ways} ways`, "give at most 65535");
  const sets = entries / ways;
  if (!Number.isInteger(Math.log2(sets))) {
    const near = ways * 2 ** Math.max(0, Math.round(Math.log2(sets)));
    throw OptionError.at(
      OPTION,
      `${name}=${size} has ${+sets.toFixed(3)} sets, which must be a power of two`,
      `the nearest is ${near}x${ways}`,
    );
  }
  if (replacement === TLB_PLRU && (ways > MOST_TREE_WAYS || !Number.isInteger(Math.log2(ways)))) {
    throw OptionError.at(
      OPTION,
      `${name} has ${ways} ways, and plru's tree needs a power of two up to ${MOST_TREE_WAYS}`,
      "choose other ways, or lru",
    );
  }
  return { sets, ways };
}

/** A level has at most one TLB for each side and page size. */
function refuseOverlap(tlbs: readonly TlbSpec[], geometry: Geometry): void {
  tlbs.forEach((tlb, n) => {
    for (const other of tlbs.slice(0, n)) {
      if (other.name === tlb.name)
        throw OptionError.at(OPTION, `${tlb.name} is named twice`, "give each a label");
      const shared = tlb.sizes & other.sizes;
      if (other.level !== tlb.level || (other.sides & tlb.sides) === 0 || shared === 0) continue;
      const size = geometry.sizes[Math.log2(shared & -shared) - 1];
      throw OptionError.at(
        OPTION,
        `${other.name} and ${tlb.name} would both take ${size} pages`,
        "give each its page sizes, such as :4k and :2m",
      );
    }
  });
}

/** Both sides need a TLB at level 1, at least for base pages, and no level may be left out. */
function refuseGaps(tlbs: readonly TlbSpec[]): void {
  for (const [side, what] of [
    [1, "instructions"],
    [2, "data"],
  ] as const) {
    if (!tlbs.some((tlb) => tlb.level === 1 && (tlb.sides & side) !== 0 && (tlb.sizes & 2) !== 0)) {
      throw OptionError.at(OPTION, `there is no TLB at level 1 for ${what} in base pages`, EXAMPLE);
    }
  }
  const deepest = Math.max(...tlbs.map((tlb) => tlb.level));
  for (let level = 2; level < deepest; level++) {
    if (tlbs.some((tlb) => tlb.level === level)) continue;
    throw OptionError.at(OPTION, `level ${level} is missing`, "number the levels without a gap");
  }
}

/** Parses `l4=2,l3=4,l2=32`: the number of cached page-table entries of each level. */
export function parseWalkCaches(text: string, geometry: Geometry): WalkCacheSpec[] {
  const caches = text.split(",").map((part) => {
    const [, level, entries] = /^\s*l(\d)=(\d+)\s*$/i.exec(part) ?? [];
    if (level === undefined) {
      throw OptionError.at("walkCache", `"${part}" is not a cache`, 'write it like "l4=2,l3=4,l2=32"');
    }
    if (Number(level) < 2 || Number(level) > geometry.levels) {
      const remedy = `${geometry.name} can cache levels 2 to ${geometry.levels}`;
      throw OptionError.at("walkCache", `there is no level ${level} to cache`, remedy);
    }
    if (Number(entries) < 1 || Number(entries) > MOST_ENTRIES) {
      throw OptionError.at("walkCache", `l${level} has ${entries} entries`, `give 1 to ${MOST_ENTRIES}`);
    }
    return { level: Number(level), entries: Number(entries) };
  });
  const levels = caches.map((cache) => cache.level);
  const twice = levels.find((level, n) => levels.indexOf(level) !== n);
  if (twice !== undefined) throw OptionError.at("walkCache", `l${twice} is named twice`, "name it once");
  return caches;
}
