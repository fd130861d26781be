/**
 * The naive model of an address space: a map from page number to page, without regions. Each page has the attributes of
 * its region, and whether it is joined with the page below; a region is a run of joined pages. Written from Linux
 * 6.18's mm/vma.c (vma_merge_new_range, vma_merge_existing_range, copy_vma, find_mergeable_anon_vma,
 * unmapped_area_topdown); it shares no code with the kernel, only the numbers of Linux's flags.
 */
import { VM_GROWSDOWN, VM_MAYBE_GUARD } from "../../../assembly/abi/linux.js";
import { ACCESS, type Backing, has, Origin, type Page } from "./memory.js";

/** stack_guard_gap, in pages. */
export const GUARD = 256;
const HUGE = 512;

export interface Run {
  readonly start: number;
  readonly end: number;
  readonly pages: readonly Page[];
}

/** The attributes of a range that are compared with those of its neighbours. */
export interface Source {
  readonly origin: Origin | undefined;
  readonly isForked: boolean;
}

export const FRESH: Source = { origin: undefined, isForked: false };

export class Space {
  readonly pages = new Map<number, Page>();
  /**
   * Page tables, by the range that they map: 512 pages each. A table stays while a region overlaps its range, even if
   * it is empty.
   */
  private readonly tables = new Set<number>();

  constructor(
    readonly lowest: number,
    readonly top: number,
    readonly mapBase: number,
  ) {}

  /** The page, which must exist. */
  page(vpn: number): Page {
    const page = this.pages.get(vpn);
    if (page === undefined) throw new Error(`the model has no page ${vpn}`);
    return page;
  }

  hasTable(vpn: number): boolean {
    return this.tables.has(tableOf(vpn));
  }

  makeTable(vpn: number): void {
    this.tables.add(tableOf(vpn));
  }

  /** A range was unmapped: frees its tables, except those that other regions need. */
  freeTables(start: number, end: number): void {
    for (const table of this.tables) {
      const first = table * HUGE;
      if (first < end && first + HUGE > start && this.count(first, first + HUGE) === 0)
        this.tables.delete(table);
    }
  }

  /** Frees tables whose pages are all in the range, except those with guards. */
  freeWholeTables(start: number, end: number): void {
    for (const table of this.tables) {
      const first = table * HUGE;
      const isWhole = first >= start && first + HUGE <= end;
      if (isWhole && this.count(first, first + HUGE, ({ isGuarded }) => isGuarded) === 0)
        this.tables.delete(table);
    }
  }

  /** Makes tables from `to` like those from `from` in another space, or this one. */
  copyTables(source: Space, from: number, to: number, count: number): void {
    for (const table of source.tables) {
      const first = Math.max(table * HUGE, from);
      const last = Math.min((table + 1) * HUGE, from + count) - 1;
      if (first > last) continue;
      this.makeTable(to + first - from);
      this.makeTable(to + last - from);
    }
  }

  numbers(): number[] {
    return [...this.pages.keys()].sort((a, b) => a - b);
  }

  regions(): Run[] {
    const runs: { start: number; end: number; pages: Page[] }[] = [];
    for (const vpn of this.numbers()) {
      const page = this.page(vpn);
      const last = runs.at(-1);
      if (page.isJoined && last !== undefined) {
        last.end = vpn + 1;
        last.pages.push(page);
      } else {
        runs.push({ start: vpn, end: vpn + 1, pages: [page] });
      }
    }
    return runs;
  }

  startOf(vpn: number): number {
    while (this.page(vpn).isJoined) vpn--;
    return vpn;
  }

  /** Calls `visit` for each region's part of the range, from below, until there is a hole. True if the range is covered. */
  eachPart(
    start: number,
    end: number,
    visit: (start: number, end: number, page: Page) => string | undefined,
  ): string | undefined {
    for (let at = start; at < end; ) {
      if (!this.pages.has(at)) return "ENOMEM";
      const to = Math.min(this.endOf(at), end);
      const error = visit(at, to, this.page(at));
      if (error !== undefined) return error;
      at = to;
    }
    return undefined;
  }

  endOf(vpn: number): number {
    do vpn++;
    while (this.pages.get(vpn)?.isJoined);
    return vpn;
  }

  firstAtOrAbove(vpn: number): number | undefined {
    let first: number | undefined;
    for (const number of this.pages.keys())
      if (number >= vpn && (first === undefined || number < first)) first = number;
    return first;
  }

  lastBelow(vpn: number): number | undefined {
    let last: number | undefined;
    for (const number of this.pages.keys())
      if (number < vpn && (last === undefined || number > last)) last = number;
    return last;
  }

  count(start: number, end: number, matches: (page: Page) => boolean = () => true): number {
    let count = 0;
    for (const [vpn, page] of this.pages) if (vpn >= start && vpn < end && matches(page)) count++;
    return count;
  }

  /** Splits the region here, if the address is inside one. */
  part(vpn: number): void {
    const page = this.pages.get(vpn);
    if (page !== undefined) page.isJoined = false;
  }

  /** Maps a free range, which is not joined with its neighbours yet. */
  lay(
    start: number,
    end: number,
    flags: number,
    backing: Backing | undefined,
    index: number,
    opening = 0,
  ): void {
    for (let vpn = start; vpn < end; vpn++) {
      this.pages.set(vpn, {
        flags,
        backing,
        opening,
        index: index + (vpn - start),
        origin: undefined,
        isForked: false,
        isJoined: vpn > start,
        entry: undefined,
        isGuarded: false,
      });
    }
  }

  /** Joins a range that is a region by itself with its neighbours, if Linux merges them. */
  merge(start: number, end: number, source: Source, mayJoinAbove = true): void {
    const first = this.page(start);
    const below = this.pages.get(start - 1);
    const above = this.pages.get(end);
    const joinsBelow = below !== undefined && isAlike(below, first) && mayShare(below, source);
    let joinsAbove =
      mayJoinAbove && above !== undefined && isAlike(this.page(end - 1), above) && mayShare(above, source);
    if (joinsBelow && joinsAbove && below.origin !== undefined && above?.origin !== undefined)
      joinsAbove = below.origin === above.origin;
    if (joinsBelow) first.isJoined = true;
    if (joinsAbove && above !== undefined) above.isJoined = true;
    if (joinsBelow && below.origin !== undefined) this.setOrigin(start, below);
    else if (joinsAbove && above?.origin !== undefined) this.setOrigin(start, above);
    else this.setOrigin(start, source);
    if (this.region(start).some((page) => has(page, VM_MAYBE_GUARD))) this.mayGuard(start);
  }

  /** The pages of the page's region. */
  private region(vpn: number): Page[] {
    const start = this.startOf(vpn);
    return Array.from({ length: this.endOf(vpn) - start }, (_, n) => this.page(start + n));
  }

  /** Marks the region: it may have guards. */
  mayGuard(vpn: number): void {
    for (const page of this.region(vpn)) page.flags |= VM_MAYBE_GUARD;
  }

  /** Sets the origin of all pages of the page's region. */
  private setOrigin(vpn: number, { origin, isForked }: Source): void {
    for (const page of this.region(vpn)) {
      page.origin = origin;
      page.isForked = origin !== undefined && isForked;
    }
  }

  /** Sets the flags of a part of one region. */
  change(start: number, end: number, flags: number): void {
    const { origin, isForked } = this.page(start);
    for (let vpn = start; vpn < end; vpn++) this.page(vpn).flags = flags;
    this.part(start);
    this.part(end);
    this.merge(start, end, { origin, isForked });
  }

  /**
   * The region gets its first private page: its origin is a neighbour's, if the two differ only in access, or a new
   * one.
   */
  prepareOrigin(vpn: number): void {
    if (this.page(vpn).origin !== undefined) return;
    const start = this.startOf(vpn);
    const end = this.endOf(vpn);
    const above = this.pages.get(end);
    const below = this.pages.get(start - 1);
    const neighbour = [
      above !== undefined && isAlike(this.page(end - 1), above, ACCESS) ? above : undefined,
      below !== undefined && isAlike(below, this.page(start), ACCESS) ? below : undefined,
    ].find((page) => page?.origin !== undefined && !page.isForked);
    this.setOrigin(vpn, { origin: neighbour?.origin ?? new Origin(), isForked: false });
  }

  /** MREMAP_DONTUNMAP moved all pages of the region: it becomes like a region that never had one. */
  forgetOrigin(vpn: number): void {
    this.setOrigin(vpn, FRESH);
  }

  /** The address that a downward search finds, page by page; undefined: none. */
  highestRoom(count: number): number | undefined {
    let ceiling = this.mapBase;
    let top = ceiling;
    for (let vpn = ceiling - 1; vpn >= this.lowest; vpn--) {
      if (this.pages.has(vpn)) top = vpn;
      else if (top - vpn === count) {
        const above = this.firstAtOrAbove(top);
        if (above === undefined || this.startGap(above) >= top) return vpn;
        // Directly below a stack: the search continues below its guard gap.
        ceiling = this.startGap(above);
        top = ceiling;
        vpn = ceiling;
      }
    }
    return undefined;
  }

  /** The same, with the object's page at its offset in a huge page; the higher of two such addresses. */
  hugeRoom(count: number, index: number): number | undefined {
    const room = this.highestRoom(count + HUGE);
    return room === undefined ? undefined : room + HUGE - ((((room - index) % HUGE) + HUGE) % HUGE);
  }

  /** True if the range at the hint is free. */
  isFree(vpn: number, count: number): boolean {
    if (vpn + count > this.top) return false;
    const above = this.firstAtOrAbove(vpn);
    return above === undefined || vpn + count <= this.startGap(above);
  }

  private startGap(start: number): number {
    return has(this.page(start), VM_GROWSDOWN) ? Math.max(start - GUARD, 0) : start;
  }
}

function tableOf(vpn: number): number {
  return Math.floor(vpn / HUGE);
}

function isAlike(below: Page, above: Page, except = 0): boolean {
  return (
    ((below.flags ^ above.flags) & ~(except | VM_MAYBE_GUARD)) === 0 &&
    below.backing === above.backing &&
    below.opening === above.opening &&
    below.index + 1 === above.index
  );
}

/** is_mergeable_anon_vma: one origin, or one of the two has none and the other was not inherited. */
function mayShare(neighbour: Page, source: Source): boolean {
  if (neighbour.origin === undefined && source.origin !== undefined) return !source.isForked;
  if (neighbour.origin !== undefined && source.origin === undefined) return !neighbour.isForked;
  return neighbour.origin === source.origin;
}
