/** The views that `--show` requests, and snapshots of them during a run. */
import { OptionError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { SHOWN } from "../../options/process.js";
import type { HeapView } from "../heap/view.js";
import type { Process } from "../process.js";
import { pageTables, type TableView } from "./page-tables.js";
import { type PageView, pagemap } from "./pagemap.js";
import { type Identity, mapsText, smapsText, statusText } from "./proc.js";
import type { RegionView } from "./regions.js";
import { type StatusView, statusView } from "./status.js";
import { type SwappedRun, swappedRuns } from "./swapped.js";

export type Shown = (typeof SHOWN)[number];

export interface ShowRequest {
  readonly what: Shown;
  /** Take it before this line of the log; undefined: at the end. */
  readonly line: number | undefined;
}

/** The state of one process at one time. */
export interface Picture {
  readonly what: Shown;
  readonly line: number | undefined;
  readonly pid: number;
  readonly alive: boolean;
  /** The kernel's text; empty if there is none. */
  readonly text: string;
  readonly regions: readonly RegionView[];
  readonly status: StatusView | undefined;
  readonly pages: readonly PageView[];
  /** The root of the page tables; undefined if there is none, or it was not requested. */
  readonly tables: TableView | undefined;
  /** The chunks of its heap; undefined if it has none, or they were not requested. */
  readonly heap: HeapView | undefined;
  /** Pages of all processes written to swap so far; the last 65,536 are listed. */
  readonly swapped: { readonly total: number; readonly runs: readonly SwappedRun[] } | undefined;
}

/** Views of the whole run, not of one process. */
export const OF_RUN: ReadonlySet<Shown> = new Set<Shown>([
  "tlb",
  "signals",
  "charges",
  "swapped",
  "lists",
  "calls",
  "differences",
]);

const OF_REGIONS: ReadonlySet<Shown> = new Set<Shown>(["maps", "smaps", "faults", "costs"]);

/** Limit on pages in a view. */
const MOST_PAGES = 100_000;

/** Parses `maps,smaps@120`. Throws `UsageError`. */
export function parseShow(text: string): ShowRequest[] {
  return text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const [, name = "", line] = /^\s*([a-z]+)(?:@(\d+))?\s*$/.exec(part) ?? [];
      const what = SHOWN.find((shown) => shown === name);
      if (what === undefined) {
        throw OptionError.at(
          "show",
          `"${part.trim()}" is nothing to show`,
          `did you mean ${nearest(name, SHOWN)}? There are ${SHOWN.join(", ")}, each also as NAME@LINE`,
        );
      }
      return { what, line: line === undefined ? undefined : Number(line) };
    });
}

/** A snapshot of a process. */
export function picture(process: Process, { what, line }: ShowRequest, identity?: Identity): Picture {
  const regions = OF_REGIONS.has(what) ? process.regions() : [];
  const status = what === "status" && process.isAlive ? statusView(process) : undefined;
  const pages: PageView[] = [];
  if ((what === "pagemap" || what === "pagetable") && process.isAlive) {
    for (const page of pagemap(process)) {
      if (pages.length === MOST_PAGES) break;
      pages.push(page);
    }
  }
  const tables = what === "pagetable" && process.isAlive ? pageTables(process, MOST_PAGES) : undefined;
  let text = "";
  if (what === "maps") text = mapsText(regions, identity);
  else if (what === "smaps") text = smapsText(regions, identity);
  else if (status !== undefined) text = statusText(status);
  const heap = what === "heap" ? process.heap() : undefined;
  const swapped = what === "swapped" ? swappedRuns(process.system) : undefined;
  const { pid, isAlive: alive } = process;
  return { what, line, pid, alive, text, regions, status, pages, tables, heap, swapped };
}
