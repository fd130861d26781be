/** What `--show` asks for, and pictures of it taken while a log runs. */
import { OptionError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import type { HeapView } from "../heap-view.js";
import type { Process } from "../process.js";
import { pageTables, type TableView } from "./page-tables.js";
import { pagemap } from "./pagemap.js";
import { type Identity, mapsText, smapsText, statusText } from "./proc.js";
import { type SwappedRun, swappedRuns } from "./swapped.js";
import { type PageView, type RegionView, type StatusView, statusView } from "./views.js";

export const SHOWN = [
  "maps",
  "smaps",
  "status",
  "pagemap",
  "pagetable",
  "heap",
  "lists",
  "tlb",
  "signals",
  "faults",
  "costs",
  "charges",
  "swapped",
  "calls",
  "differences",
] as const;
export type Shown = (typeof SHOWN)[number];

export interface ShowRequest {
  readonly what: Shown;
  /** Before this line of the log; undefined: at its end. */
  readonly line: number | undefined;
}

/** The state of one process at one time. */
export interface Picture {
  readonly what: Shown;
  readonly line: number | undefined;
  readonly pid: number;
  readonly alive: boolean;
  /** As the kernel writes it; empty for what it has no text for. */
  readonly text: string;
  readonly regions: readonly RegionView[];
  readonly status: StatusView | undefined;
  readonly pages: readonly PageView[];
  /** The root of the page tables; undefined where there is none, or it was not asked for. */
  readonly tables: TableView | undefined;
  /** The chunks of its heap; undefined where it has none, or they were not asked for. */
  readonly heap: HeapView | undefined;
  /** What reached swap until then, of all processes; the pages of the last 65,536 are told. */
  readonly swapped: { readonly total: number; readonly runs: readonly SwappedRun[] } | undefined;
}

/** What is of the run as a whole, and no process's own. */
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

/** More pages than these are a picture of nothing. */
const MOST_PAGES = 100_000;

/** `maps,smaps@120` and so on. Throws `UsageError`. */
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
          `did you mean ${nearest(name, SHOWN)}? There are ${SHOWN.join(", ")}, each with @LINE at will`,
        );
      }
      return { what, line: line === undefined ? undefined : Number(line) };
    });
}

/** A picture of a process as it is. */
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
