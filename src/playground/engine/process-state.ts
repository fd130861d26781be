/** The state of a process as data that the worker can send: regions with their pages, the heap, the stack. */
import { type PageView, type Process, pagemap, type RegionView } from "pagewalk";
import { type FreeList, freeLists } from "../../process/heap/view.js";

type HeapView = NonNullable<ReturnType<Process["heap"]>>;

/** Neighbouring pages that are shown as one. */
export interface PageCell {
  /** Pages in memory, in swap, and with a guard. */
  resident: number;
  swapped: number;
  guards: number;
  dirty: number;
  /** The kinds of the pages' contents: `anonymous`, `file`, `shared` … */
  readonly contents: string[];
}

type Sums = "start" | "end" | "permissions" | "name" | "call" | "minorFaults" | "majorFaults";

export interface RegionState extends Pick<RegionView, Sums | "rssBytes" | "swapBytes" | "pageBytes"> {
  readonly isLocked: boolean;
  readonly pagesPerCell: number;
  readonly cells: readonly PageCell[];
}

export interface HeapState {
  readonly counts: HeapView["counts"];
  readonly chunkCount: number;
  /** The first ones. */
  readonly chunks: HeapView["chunks"];
  readonly lists: readonly FreeList[];
}

export interface StackState {
  /** The first address above the stack. */
  readonly top: bigint;
  readonly pointer: bigint;
  readonly limitBytes: bigint;
}

export interface ProcessState {
  readonly pid: number;
  readonly isAlive: boolean;
  readonly processes: readonly { readonly pid: number; readonly isAlive: boolean }[];
  readonly regionCount: number;
  /** The first ones by address. */
  readonly regions: readonly RegionState[];
  readonly residentBytes: number;
  readonly lockedBytes: number;
  readonly swapBytes: number;
  readonly faults: { readonly minor: number; readonly major: number };
  readonly frames: Process["system"]["frames"];
  readonly heap: HeapState | undefined;
  readonly stack: StackState | undefined;
}

/** More would be a wall. */
const MOST_CELLS = 96;
const MOST_REGIONS = 200;
const MOST_CHUNKS = 300;
const MOST_LISTED = 20;

export function stateOf(process: Process): ProcessState {
  const { pid, isAlive, system, faults } = process;
  const all = process.regions();
  const sum = (key: "rssBytes" | "swapBytes" | "lockedBytes") =>
    all.reduce((total, region) => total + region[key], 0);
  return {
    pid,
    isAlive,
    processes: [...system.processes.values()].map((one) => ({ pid: one.pid, isAlive: one.isAlive })),
    regionCount: all.length,
    regions: all.slice(0, MOST_REGIONS).map((region) => regionState(process, region)),
    residentBytes: sum("rssBytes"),
    lockedBytes: sum("lockedBytes"),
    swapBytes: sum("swapBytes"),
    faults: { ...faults },
    frames: system.frames,
    heap: heapState(process),
    stack: stackState(process),
  };
}

function regionState(process: Process, region: RegionView): RegionState {
  const { start, end, permissions, name, call, minorFaults, majorFaults, rssBytes, swapBytes } = region;
  const pageBytes = Number(process.space.pageBytes);
  const pages = Number(end - start) / pageBytes;
  const pagesPerCell = 2 ** Math.max(0, Math.ceil(Math.log2(pages / MOST_CELLS)));
  const cells = Array.from({ length: Math.ceil(pages / pagesPerCell) }, emptyCell);
  for (const page of pagemap(process, start, end)) {
    // A huge page fills many places.
    const first = Math.max(0, Number(page.address - start)) / pageBytes;
    for (let n = 0; n < page.pageBytes / pageBytes && first + n < pages; n++) {
      count(cells[Math.floor((first + n) / pagesPerCell)], page);
    }
  }
  const isLocked = region.vmFlags.includes("lo");
  const outline = { start, end, permissions, name, call, minorFaults, majorFaults, rssBytes, swapBytes };
  return { ...outline, pageBytes, isLocked, pagesPerCell, cells };
}

function emptyCell(): PageCell {
  return { resident: 0, swapped: 0, guards: 0, dirty: 0, contents: [] };
}

function count(cell: PageCell | undefined, { content, pfn, dirty }: PageView): void {
  if (cell === undefined) return;
  if (content === "guard") cell.guards++;
  else if (pfn === undefined) cell.swapped++;
  else cell.resident++;
  if (dirty && pfn !== undefined) cell.dirty++;
  if (!cell.contents.includes(content)) cell.contents.push(content);
}

function heapState(process: Process): HeapState | undefined {
  const view = process.heap();
  if (view === undefined) return undefined;
  const { counts, chunks } = view;
  const lists = freeLists(view).map((list) => ({ ...list, chunks: list.chunks.slice(0, MOST_LISTED) }));
  return { counts, chunkCount: chunks.length, chunks: chunks.slice(0, MOST_CHUNKS), lists };
}

function stackState(process: Process): StackState | undefined {
  if (!process.isAlive) return undefined;
  const { stackPointer, system } = process;
  return { top: system.layout.stackTop, pointer: stackPointer, limitBytes: process.getrlimit("stack").soft };
}
