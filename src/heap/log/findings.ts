/** What is wrong with the program of a heap log, or with the log, by line. */
import { HEAP_OPERATIONS } from "../../../assembly/abi/heap.js";
import {
  FINDING_DOUBLE_FREE,
  FINDING_INVALID_FREE,
  FINDING_UNSEEN_FREE,
  FINDING_USE_OF_FREED,
  FINDING_USE_OF_UNKNOWN,
} from "../../../assembly/abi/heap-log.js";
import type { KernelResolver, RawFinding, RawLeak } from "../../wasm/heap-log.js";

export interface HeapFinding {
  readonly line: number;
  /** The call's name. */
  readonly operation: string;
  /** Undefined where the log has no addresses. */
  readonly address: bigint | undefined;
  /** The lines where the block was made and freed before; undefined where it was not. */
  readonly madeLine: number | undefined;
  readonly freedLine: number | undefined;
}

export interface HeapFindingList {
  readonly count: number;
  /** The first 256. */
  readonly first: readonly HeapFinding[];
}

export interface HeapLeak {
  /** Where the block was made, or resized last. */
  readonly line: number;
  readonly bytes: number;
  readonly address: bigint | undefined;
}

export interface HeapFindings {
  /** Frees of blocks that were freed before. */
  readonly doubleFrees: HeapFindingList;
  /** Frees of what no call of the log has given. */
  readonly invalidFrees: HeapFindingList;
  /** realloc or malloc_usable_size of a block that was freed before. */
  readonly usesOfFreed: HeapFindingList;
  /** The same of what no call of the log has given. */
  readonly usesOfUnknown: HeapFindingList;
  /** Blocks that were given again without a free between in the log, which does not show all calls then. */
  readonly unseenFrees: HeapFindingList;
  /** Blocks of posix_memalign whose address the log does not tell; frees of what is not in use are taken for theirs. */
  readonly untoldBlocks: number;
  /** Blocks that are not freed by the end of the log, or by where reading is. */
  readonly leaks: {
    readonly blocks: number;
    readonly bytes: number;
    /** By line, the first of them. */
    readonly first: readonly HeapLeak[];
    /** By size, the largest first. */
    readonly largest: readonly HeapLeak[];
  };
}

/** Leaks that are told one by one. */
const LEAKS_TOLD = 256;

/** What is found so far. */
export function readFindings(resolver: KernelResolver | undefined): HeapFindings {
  const list = (kind: number) => findingsOf(resolver, kind);
  return {
    doubleFrees: list(FINDING_DOUBLE_FREE),
    invalidFrees: list(FINDING_INVALID_FREE),
    usesOfFreed: list(FINDING_USE_OF_FREED),
    usesOfUnknown: list(FINDING_USE_OF_UNKNOWN),
    unseenFrees: list(FINDING_UNSEEN_FREE),
    untoldBlocks: resolver?.untold ?? 0,
    leaks: leaksOf(resolver),
  };
}

function findingsOf(resolver: KernelResolver | undefined, kind: number): HeapFindingList {
  if (resolver === undefined) return { count: 0, first: [] };
  const { hasNoAddresses } = resolver;
  const first = resolver.findings(kind).map((finding) => asFinding(finding, hasNoAddresses));
  return { count: resolver.count(kind), first };
}

function asFinding({ line, op, address, made, freed }: RawFinding, hasNoAddresses: boolean): HeapFinding {
  return {
    line,
    operation: HEAP_OPERATIONS[op] ?? "",
    address: hasNoAddresses ? undefined : address,
    madeLine: made === 0 ? undefined : made,
    freedLine: freed === 0 ? undefined : freed,
  };
}

function leaksOf(resolver: KernelResolver | undefined): HeapFindings["leaks"] {
  if (resolver === undefined) return { blocks: 0, bytes: 0, first: [], largest: [] };
  const first = new Shortlist((a, b) => a.line - b.line);
  const largest = new Shortlist((a, b) => b.bytes - a.bytes || a.line - b.line);
  for (const leak of resolver.leaks()) {
    first.add(leak);
    largest.add(leak);
  }
  const told = ({ line, bytes, address }: RawLeak): HeapLeak => ({
    line,
    bytes,
    address: resolver.hasNoAddresses ? undefined : address,
  });
  return { ...resolver.inUse, first: first.all.map(told), largest: largest.all.map(told) };
}

/** The first of many in an order, without keeping them all. */
class Shortlist {
  private kept: RawLeak[] = [];

  constructor(private readonly order: (a: RawLeak, b: RawLeak) => number) {}

  add(leak: RawLeak): void {
    this.kept.push(leak);
    if (this.kept.length >= LEAKS_TOLD * 16) this.kept = this.all;
  }

  get all(): RawLeak[] {
    return this.kept.sort(this.order).slice(0, LEAKS_TOLD);
  }
}
