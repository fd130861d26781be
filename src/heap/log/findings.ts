/** Findings of a heap log: errors of the program, or of the log, by line. */
import { HEAP_OPERATIONS } from "../../../assembly/abi/heap.js";
import {
  FINDING_DOUBLE_FREE,
  FINDING_INVALID_FREE,
  FINDING_UNSEEN_FREE,
  FINDING_USE_OF_FREED,
  FINDING_USE_OF_UNKNOWN,
} from "../../../assembly/abi/heap-log.js";
import type { KernelResolver, RawFinding, RawLeak } from "../../wasm/heap-log.js";

/** A call that frees or uses a block that is not allocated. Lines are counted from 1. */
export interface HeapFinding {
  /** Line of the log. */
  readonly line: number;
  /** The call's name. */
  readonly operation: string;
  /** Undefined if the log has no addresses. */
  readonly address: bigint | undefined;
  /** The line where the block was allocated; undefined if it was not. */
  readonly madeLine: number | undefined;
  /** The line where the block was freed before; undefined if it was not. */
  readonly freedLine: number | undefined;
}

/** Findings of one kind. */
export interface HeapFindingList {
  /** Number of findings of the kind. */
  readonly count: number;
  /** The first 256. */
  readonly first: readonly HeapFinding[];
}

/** A block that is never freed. */
export interface HeapLeak {
  /** The line where the block was allocated or last resized. */
  readonly line: number;
  /** Bytes that were requested. */
  readonly bytes: number;
  /** Undefined if the log has no addresses. */
  readonly address: bigint | undefined;
}

/** Errors of the program that a heap log shows, or gaps of the log. */
export interface HeapFindings {
  /** Frees of blocks already freed. */
  readonly doubleFrees: HeapFindingList;
  /** Frees of addresses that no call of the log returned. */
  readonly invalidFrees: HeapFindingList;
  /** realloc or malloc_usable_size of a block already freed. */
  readonly usesOfFreed: HeapFindingList;
  /** The same of an address that no call of the log returned. */
  readonly usesOfUnknown: HeapFindingList;
  /** Blocks returned again without a free between: the log does not show all calls. */
  readonly unseenFrees: HeapFindingList;
  /** Blocks of posix_memalign whose address is not in the log; frees of unknown addresses are matched with them. */
  readonly unaddressedBlocks: number;
  /** Blocks not freed by the end of the log, or by the point where reading stopped. */
  readonly leaks: {
    readonly blocks: number;
    readonly bytes: number;
    /** The first ones, by line. */
    readonly first: readonly HeapLeak[];
    /** The largest ones, by size. */
    readonly largest: readonly HeapLeak[];
  };
}

/** Limit on leaks listed individually. */
const LEAKS_TOLD = 256;

/** The findings so far. */
export function readFindings(resolver: KernelResolver | undefined): HeapFindings {
  const list = (kind: number) => findingsOf(resolver, kind);
  return {
    doubleFrees: list(FINDING_DOUBLE_FREE),
    invalidFrees: list(FINDING_INVALID_FREE),
    usesOfFreed: list(FINDING_USE_OF_FREED),
    usesOfUnknown: list(FINDING_USE_OF_UNKNOWN),
    unseenFrees: list(FINDING_UNSEEN_FREE),
    unaddressedBlocks: resolver?.unaddressed ?? 0,
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
  const leakOf = ({ line, bytes, address }: RawLeak): HeapLeak => ({
    line,
    bytes,
    address: resolver.hasNoAddresses ? undefined : address,
  });
  return { ...resolver.inUse, first: first.all.map(leakOf), largest: largest.all.map(leakOf) };
}

/** The first elements in an order, without keeping the others. */
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
