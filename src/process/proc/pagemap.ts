/**
 * The pages of a process in memory or swap, in the format of `/proc/PID/pagemap`: 64 bits per page.
 *
 *    63 62 61 60 58 57 56 55 54                              5 4    0
 *   ├P┼S┼F┼ 0 ─┼G┼ 0 ┼E┼ 0 ┼── frame, or the offset in swap ──┼ swap ┤    P: present, S: in swap, F: of a file or shared,
 *                                                                         G: a guard, E: no other entry maps its frame
 *
 * From: Documentation/admin-guide/mm/pagemap.rst and fs/proc/task_mmu.c of Linux 6.18. Bit 55 (soft-dirty) is always 0,
 * as in a kernel without CONFIG_MEM_SOFT_DIRTY. Frame numbers are shown as to a process with CAP_SYS_ADMIN. A guard is
 * shown as a page in swap, by the type and offset of a marker (linux/swapops.h).
 */
import { FLAG_ACCESSED, FLAG_DIRTY, FLAG_WRITE } from "../../../assembly/abi/mmu.js";
import type { PageContent } from "../../wasm/process/structs.js";
import { type Word, word } from "../arguments.js";
import type { Process } from "../process.js";
import { mustBeProcess } from "./subject.js";

/** A page in memory or swap, as in pagemap. */
export interface PageView {
  /** First address of the page. */
  readonly address: bigint;
  /** Number of its frame; undefined if it is not in memory. */
  readonly pfn: number | undefined;
  /** The kind of the page's contents. */
  readonly content: PageContent;
  /** Number of entries that map its frame, or refer to its place in swap. */
  readonly mapped: number;
  /** Its place in swap; undefined if it has none. */
  readonly swapPlace: number | undefined;
  /** The entry's dirty bit. */
  readonly dirty: boolean;
  /** The entry's accessed bit. */
  readonly accessed: boolean;
  /** The entry allows stores. */
  readonly writable: boolean;
  /** Bytes of the page: more than the smallest for a huge one. */
  readonly pageBytes: number;
}

/** Every page between `start` and `end` that is in memory or swap. Throws `UsageError`. */
export function pagemap(process: Process, start: Word = 0n, end?: Word): Generator<PageView> {
  mustBeProcess(process, "pagemap");
  return pagesOf(
    process,
    word(start, "pagemap", 2),
    word(end ?? process.space.layout.taskSize, "pagemap", 3),
  );
}

function* pagesOf(process: Process, start: bigint, end: bigint): Generator<PageView> {
  const { kernel, pageBytes } = process.space;
  const { indexBits } = process.system.plan.geometry;
  for (const region of process.rawRegions()) {
    const last = region.end < end ? region.end : end;
    let va = region.start > start ? region.start : start;
    for (; va < last; va += pageBytes) {
      va = kernel.nextPage(va, last);
      if (va >= last) break;
      const page = kernel.page(va);
      if (page.content === "nothing") continue;
      const leafBytes = pageBytes << BigInt((Math.max(page.level, 1) - 1) * indexBits);
      yield {
        address: va,
        pfn: page.pfn === undefined ? undefined : page.pfn + Number((va & (leafBytes - 1n)) / pageBytes),
        content: page.content,
        mapped: page.mapped,
        swapPlace: page.place,
        dirty: (page.flags & FLAG_DIRTY) !== 0,
        accessed: (page.flags & FLAG_ACCESSED) !== 0,
        writable: (page.flags & FLAG_WRITE) !== 0,
        pageBytes: Number(leafBytes),
      };
    }
  }
}

const PRESENT = 1n << 63n;
const SWAPPED = 1n << 62n;
const FILE_OR_SHARED = 1n << 61n;
const EXCLUSIVE = 1n << 56n;
const GUARD = 1n << 58n;
/** No base page is as large. */
const LEAST_HUGE_BYTES = 2 ** 21;
const SWAP_TYPE_BITS = 5n;
/** SWP_PTE_MARKER, the last type, and PTE_MARKER_GUARD. */
const MARKER = 31n;
const MARKER_OF_GUARD = 4n;

/** The page's 64 bits. There is one swap area, of type 0, whose first page is its header. */
export function pagemapEntry({ pfn, swapPlace, content, mapped, pageBytes }: PageView): bigint {
  if (content === "guard") return SWAPPED | GUARD | (MARKER_OF_GUARD << SWAP_TYPE_BITS) | MARKER;
  if (pfn === undefined) return SWAPPED | (BigInt((swapPlace ?? 0) + 1) << SWAP_TYPE_BITS);
  let entry = PRESENT | BigInt(pfn);
  // The huge zero page is not anonymous, and so counts as a file's (pagemap_pmd_range); the zero page is not a page here.
  const isHugeZero = content === "zero" && pageBytes >= LEAST_HUGE_BYTES;
  if (content === "file" || content === "shared" || isHugeZero) entry |= FILE_OR_SHARED;
  if (mapped === 1 && content !== "zero" && content !== "kernel") entry |= EXCLUSIVE;
  return entry;
}
