/** The address space: its regions by address, each with its pages. */
import type { JSX } from "preact";
import { formatBytes, formatCount, formatCounted } from "../../report/numbers.js";
import type { PageCell, RegionState } from "../engine/process-state.js";
import { hex } from "../machine/hex.js";
import { Term } from "./about.jsx";
import type { Shown } from "./run.js";
import { type Cell, Strip } from "./strip.jsx";

const LEGEND = {
  absent: "a page that is not in memory: its first access is a page fault",
  resident: "a page in memory",
  locked: "a page in memory that is locked there, by mlock or mlockall",
  swapped: "a page that was written to swap: its next access is a major fault",
  guard: "a page that may not be accessed, as guards of stacks are",
} as const;

const NAMES = {
  absent: "not in memory",
  resident: "in memory",
  locked: "locked",
  swapped: "in swap",
  guard: "guard",
} as const;

const COUNTERS = {
  residentBytes: ["resident", "pages of the process that are in memory (Rss of smaps)"],
  lockedBytes: ["locked", "of these, pages that may not leave memory (Locked of smaps)"],
  swapBytes: ["swapped", "pages of the process that are in swap (Swap of smaps)"],
} as const;

export function AddressSpace({ state }: { state: Shown }): JSX.Element {
  const { regions, regionCount, pid, isAlive, faults, frames } = state;
  return (
    <section class="card" aria-labelledby="map-title">
      <h3 id="map-title">Address space of process {pid}</h3>
      {!isAlive && <p>The process has ended: it has no memory.</p>}
      <dl class="counters">
        {Object.entries(COUNTERS).map(([key, [name, about]]) => (
          <div key={key}>
            <dt>
              <Term about={about}>{name}</Term>
            </dt>
            <dd>{formatBytes(state[key as keyof typeof COUNTERS])}</dd>
          </div>
        ))}
        <div>
          <dt>
            <Term about="page faults: minor ones are served from memory, major ones read a page from swap or a file">
              faults
            </Term>
          </dt>
          <dd>
            {formatCount(faults.minor)} minor, {formatCount(faults.major)} major
          </dd>
        </div>
        <div>
          <dt>
            <Term about="frames of physical memory that are in use, by all processes and their page tables">
              frames
            </Term>
          </dt>
          <dd>
            {formatCount(frames.used)} of {formatCount(frames.total)}
          </dd>
        </div>
      </dl>
      <ul class="legend-of-pages" aria-label="Pages">
        {Object.entries(LEGEND).map(([kind, about]) => (
          <li key={kind}>
            <span class={`cell ${kind}`} />
            <Term about={about}>{NAMES[kind as keyof typeof NAMES]}</Term>
          </li>
        ))}
      </ul>
      <ol class="regions" aria-label="Regions">
        {regions.map((region, n) => (
          <Region key={`${region.start}`} region={region} below={regions[n - 1]} />
        ))}
      </ol>
      {regionCount > regions.length && <p>{formatCount(regionCount - regions.length)} more are not shown.</p>}
    </section>
  );
}

function Region({ region, below }: { region: RegionState; below: RegionState | undefined }): JSX.Element {
  const { start, end, permissions, rssBytes, swapBytes, isLocked, pagesPerCell, cells } = region;
  const gap = below === undefined ? 0n : start - below.end;
  const name = nameOf(region);
  const parts = [
    `${formatBytes(rssBytes)} of ${formatBytes(Number(end - start))} in memory`,
    ...(swapBytes > 0 ? [`${formatBytes(swapBytes)} in swap`] : []),
    ...(isLocked ? ["locked"] : []),
    ...(pagesPerCell > 1 ? [`${pagesPerCell} pages a cell`] : []),
  ];
  return (
    <li>
      {gap > 0n && (
        <p class="gap">
          <Term about="addresses that no region has: an access is a segmentation fault">
            {formatBytes(Number(gap))} without a region
          </Term>
        </p>
      )}
      <p class="region">
        <Term about={aboutRegion(region)}>{name}</Term>
        <Term about={aboutPermissions(permissions)}>
          <code>{permissions}</code>
        </Term>
        <Term about="the first address of the region, and the first one behind it">
          <code>
            {hex(start)}–{hex(end)}
          </code>
        </Term>
        <Term about={ABOUT_SIZES}>{parts.join(", ")}</Term>
      </p>
      <Strip
        label={`Pages of ${name} at ${hex(start)}`}
        cells={cells.map((cell, n) => pageCell(region, cell, n))}
      />
    </li>
  );
}

function nameOf({ name }: RegionState): string {
  return name === "" ? "anonymous" : name;
}

const ABOUT_SIZES =
  "how much of the region is in memory and in swap (Rss, Swap of smaps); a cell stands for a page, or for several of a large region";

/** Names that the kernel gives. */
const KINDS: Readonly<Record<string, string>> = {
  "[heap]": "the heap: the region that brk moves",
  "[stack]": "the stack of the first thread, which grows down by page faults",
  "[vdso]": "code of the kernel that processes call without a system call",
  "[vvar]": "data of the kernel that the vdso reads",
  "[vvar_vclock]": "clocks of the kernel that the vdso reads",
  "[vsyscall]": "three old calls of the kernel, above all addresses of the process",
  "": "anonymous memory: no file is behind it, and new pages are zero",
};

function aboutRegion({ name, call, minorFaults, majorFaults }: RegionState): string {
  const kind = KINDS[name] ?? `mapping of ${name}`;
  const maker = call === 0 ? "" : `; made by line ${call}`;
  const faults = `${formatCounted(minorFaults, "minor fault")} and ${formatCount(majorFaults)} major in it`;
  return `${kind}${maker}; ${faults}`;
}

function aboutPermissions(permissions: string): string {
  const [read, write, execute, shared] = permissions;
  const may = [
    ...(read === "r" ? ["read"] : []),
    ...(write === "w" ? ["written"] : []),
    ...(execute === "x" ? ["executed"] : []),
  ];
  const allowed = may.length === 0 ? "may not be accessed" : `may be ${may.join(", ")}`;
  return `${allowed}; ${shared === "s" ? "shared with other processes" : "private: copied on write"}`;
}

function pageCell(region: RegionState, cell: PageCell, n: number): Cell {
  const { start, end, pagesPerCell, pageBytes } = region;
  const from = start + BigInt(n * pagesPerCell * pageBytes);
  const pages = Math.min(pagesPerCell, Number(end - from) / pageBytes);
  const where = pages === 1 ? `page ${hex(from)}` : `${pages} pages from ${hex(from)}`;
  const kind = kindOf(region, cell);
  return { kind, about: `${where}: ${statesOf(region, cell, pages).join(", ")}` };
}

function kindOf({ isLocked }: RegionState, { resident, swapped, guards }: PageCell): keyof typeof LEGEND {
  if (resident > 0) return isLocked ? "locked" : "resident";
  if (swapped > 0) return "swapped";
  return guards > 0 ? "guard" : "absent";
}

function statesOf({ isLocked }: RegionState, cell: PageCell, pages: number): string[] {
  const { resident, swapped, guards, dirty, contents } = cell;
  const absent = pages - resident - swapped - guards;
  const counted = (count: number, state: string) =>
    count === 0 ? [] : [pages === 1 ? state : `${count} ${state}`];
  const held = contents.filter((one) => one !== "guard");
  return [
    ...counted(resident, isLocked ? "in memory, locked" : "in memory"),
    ...counted(swapped, "in swap"),
    ...counted(guards, "guard"),
    ...counted(absent, "not in memory"),
    ...counted(dirty, "dirty"),
    ...(held.length === 0 ? [] : [`holds ${held.join(" and ")}`]),
  ];
}
