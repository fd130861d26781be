/** Heaps in the output of `run`: an allocator's counts, chunks and lists. */
import type { ArenaSummary } from "../process/heap/figures.js";
import type { HeapCounts } from "../process/heap/view.js";
import { type HeapChunk, type HeapView, listsOf } from "../process/heap/view.js";
import type { HeapStep } from "../process/log/run/heap-steps.js";
import type { Row } from "./layout.js";
import { ABSENT, formatBytes, formatCount, formatCounted } from "./numbers.js";

const hex = (value: bigint) => `0x${value.toString(16)}`;

/** Rows of a process's section. */
export function heapRows(counts: HeapCounts | undefined): Row[] {
  if (counts === undefined) return [];
  const { allocator, committed, peakCommitted, taken } = counts;
  const most = peakCommitted > committed ? `, ${formatBytes(peakCommitted)} at most` : "";
  const rows: Row[] = [
    { label: "heap", value: formatBytes(committed), note: `${allocator}${most}${callsOf(counts)}` },
  ];
  if (taken > 0) rows.push({ label: "taken", value: formatCount(taken), note: takenNote(taken) });
  return rows;
}

function takenNote(taken: number): string {
  return taken === 1 ? "mapping lies where the log has it" : "mappings lie where the log has them";
}

/** `; 12 brk, 3 mmap calls`, without those that are 0. */
function callsOf({
  brkCalls,
  mmapCalls,
  munmapCalls,
  mremapCalls,
  mprotectCalls,
  madviseCalls,
}: HeapCounts): string {
  const calls = Object.entries({
    brk: brkCalls,
    mmap: mmapCalls,
    munmap: munmapCalls,
    mremap: mremapCalls,
    mprotect: mprotectCalls,
    madvise: madviseCalls,
  }).filter(([, count]) => count > 0);
  return calls.map(([name, count]) => `, ${formatCount(count)} ${name}`).join("");
}

/** The note beside the title of a picture of a heap. */
export function heapNote({ chunks, counts }: HeapView): string {
  const arenas = new Set(chunks.map(({ arena }) => arena)).size;
  return `${counts.allocator}, ${formatCounted(chunks.length, "chunk")} in ${formatCounted(arenas, "arena")}`;
}

/** The bytes of the arenas, held and in use, as in malloc_stats; [] for an allocator without arenas. */
export function figureTable({ figures }: HeapView): string[][] {
  if (figures === undefined) return [];
  const { arenas, mappedBlocks, mappedBytes, mostMappedBytes } = figures;
  const row = (title: string, ...numbers: number[]) => [
    title,
    ...numbers.map((number) => formatCount(number)),
  ];
  const rows = arenas.map((arena, n) =>
    row(
      `arena ${n}`,
      arena.systemBytes,
      arena.inUseBytes,
      arena.freeBytes,
      arena.freeChunks,
      arena.mostSystemBytes,
    ),
  );
  const sum = (of: (arena: ArenaSummary) => number) => arenas.reduce((all, arena) => all + of(arena), 0);
  const [system, used] = [sum(({ systemBytes }) => systemBytes), sum(({ inUseBytes }) => inUseBytes)];
  if (mostMappedBytes > 0)
    rows.push([
      ...row(`mapped, ${mappedBlocks}`, mappedBytes, mappedBytes),
      ABSENT,
      ABSENT,
      formatCount(mostMappedBytes),
    ]);
  if (rows.length > 1)
    rows.push([
      ...row("total", system + mappedBytes, used + mappedBytes),
      formatCount(sum(({ freeBytes }) => freeBytes)),
      formatCount(sum(({ freeChunks }) => freeChunks)),
      ABSENT,
    ]);
  return [["figures", "system bytes", "in use", "free", "free chunks", "most"], ...rows];
}

/** Chunks in order, with their arena if there are several. */
export function chunkTable({ chunks }: HeapView): string[][] {
  const hasArenas = chunks.some(({ arena }) => arena !== 0);
  const row = ({ address, bytes, state, list = ABSENT, arena }: HeapChunk) => [
    hex(address),
    formatCount(bytes),
    state,
    list,
    ...(hasArenas ? [String(arena)] : []),
  ];
  return [["chunk", "bytes", "state", "list", ...(hasArenas ? ["arena"] : [])], ...chunks.map(row)];
}

/** Lists that are not empty; [] if all are. */
export function listTable(view: HeapView): string[][] {
  const lists = listsOf(view);
  if (lists.length === 0) return [];
  const hasArenas = view.chunks.some(({ arena }) => arena !== 0);
  const rows = lists.map(({ list, arena, chunks, bytes }) => [
    list,
    formatCount(chunks),
    formatCount(bytes),
    ...(hasArenas ? [String(arena)] : []),
  ]);
  return [["list", "chunks", "bytes", ...(hasArenas ? ["arena"] : [])], ...rows];
}

/** The address from which places in `stepTable` are counted. */
export function stepNote(steps: readonly HeapStep[]): string {
  const [first] = steps;
  if (first === undefined) return "";
  const isOne = steps.every(({ start }) => start === first.start);
  return `; places count from ${isOne ? hex(first.start) : "the page that each heap begins in"}`;
}

/** Columns of `stepTable` that are text: the call, and the free chunks. */
export const STEP_TEXTS: readonly number[] = [0, 1, 4];

/** Calls of the allocator, each with the free chunks that it left, `place:bytes` in the order of their list. */
export function stepTable(steps: readonly HeapStep[], unit: string): string[][] {
  if (steps.length === 0) return [];
  const hasMany = steps.some(({ lists }) => lists.some(({ list }) => list !== "list 0"));
  const row = ({ line, call, block, searched, start, lists }: HeapStep) => [
    String(line),
    call,
    block === undefined ? ABSENT : block === 0n ? "NULL" : String(block - start),
    formatCount(searched),
    lists
      .map(({ list, chunks }) => {
        const places = chunks.map(({ address, bytes }) => `${address - start}:${bytes}`).join(" ");
        return hasMany ? `${list} ${places}` : places;
      })
      .join(", "),
  ];
  return [[unit, "call", "block", "searched", "free"], ...steps.map(row)];
}
