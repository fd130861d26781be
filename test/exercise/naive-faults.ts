/**
 * Page faults on private anonymous memory, page by page, from proc(5), mmap(2), madvise(2) and the comments of Linux's
 * mm/memory.c: a load maps the zero page, a store needs a frame that no other process maps.
 */

/** A frame, and the number of entries that map it. */
interface Frame {
  mapped: number;
  readonly isZeroPage: boolean;
}

interface Page {
  isMapped: boolean;
  protection: string;
  /** The entry; undefined: not present. */
  entry: { frame: Frame; writable: boolean } | undefined;
}

const PAGE_BYTES = 4096;

/** The outcome of each access of a program, whose lines begin with their numbers. */
export function runProgram(lines: readonly string[]): string[] {
  const spaces = new Map<string, Page[]>();
  const outcomes: string[] = [];
  for (const line of lines) {
    const [, name = "parent", call = "", rest = ""] =
      /^ *\d+ {2}(?:(\w+): )?(?:p = )?(\w+)\((.*)\)$/.exec(line) ?? [];
    const pages = spaces.get(name) ?? [];
    const page = pages[numberAfter(rest, "p + ") / PAGE_BYTES];
    if (call === "mmap") spaces.set("parent", newPages(numberAfter(rest, "NULL, ") / PAGE_BYTES));
    else if (call === "fork") spaces.set("child", pages.map(forked));
    else if (page === undefined) throw new Error(`no page in ${line}`);
    else if (call === "load" || call === "store") outcomes.push(touch(page, call));
    else if (call === "mprotect") page.protection = rest.split(", ")[2] ?? "";
    else {
      drop(page);
      if (call === "munmap") page.isMapped = false;
    }
  }
  return outcomes;
}

function numberAfter(text: string, before: string): number {
  return Number(/^\d+/.exec(text.slice(text.indexOf(before) + before.length))?.[0]);
}

function newPages(count: number): Page[] {
  return Array.from({ length: count }, () => ({
    isMapped: true,
    protection: "PROT_READ|PROT_WRITE",
    entry: undefined,
  }));
}

function forked(page: Page): Page {
  if (page.entry === undefined) return { ...page };
  page.entry.writable = false;
  page.entry.frame.mapped++;
  return { ...page, entry: { ...page.entry } };
}

function drop(page: Page): void {
  if (page.entry !== undefined) page.entry.frame.mapped--;
  page.entry = undefined;
}

function touch(page: Page, kind: "load" | "store"): string {
  if (!page.isMapped) return "SEGV_MAPERR";
  if (!page.protection.includes(kind === "load" ? "PROT_READ" : "PROT_WRITE")) return "SEGV_ACCERR";
  const { entry } = page;
  if (entry === undefined) {
    page.entry = { frame: { mapped: 1, isZeroPage: kind === "load" }, writable: kind === "store" };
    return "minor fault";
  }
  if (kind === "load" || entry.writable) return "nothing";
  if (!entry.frame.isZeroPage && entry.frame.mapped === 1) {
    entry.writable = true;
    return "minor fault";
  }
  drop(page);
  page.entry = { frame: { mapped: 1, isZeroPage: false }, writable: true };
  return "copy";
}
