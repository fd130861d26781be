/** Page faults by line of the log: their number, kind and region. */
import type { ProcessEvent } from "../../events.js";
import { type RegionOutline, surroundings } from "../../proc/surroundings.js";
import type { System } from "../../system.js";
import { Mappings } from "./mappings.js";

/** The faults of one line in one region. */
export interface LineFaults {
  /** Line of the log, or number of the call in a time line. */
  readonly line: number;
  /** Number of the process. */
  readonly pid: number;
  /** The call's text in the log, without its result. */
  readonly call: string;
  /** Address of the first fault. */
  readonly address: bigint;
  /** Faults served from memory. */
  minor: number;
  /** Faults that read a page from swap or a file. */
  major: number;
  /** Pages copied on write. */
  copied: number;
  /** Pages read from swap and files, readahead included. */
  read: number;
  /** Undefined if the process had ended. */
  readonly region: RegionOutline | undefined;
  /** The line that mapped the pages, if the region has pages of several mappings. */
  readonly mappedBy?: number;
}

/** Limit on kept lines. */
const MOST = 100_000;

export class FaultLines {
  readonly lines: LineFaults[] = [];
  private readonly mappings: Mappings;
  private line = 0;
  private call = "";
  /** The line that mapped the pages of the last entry. */
  private mapped: number | undefined;
  private copies = 0;
  private reads = 0;

  constructor(private readonly system: System) {
    this.mappings = new Mappings(system);
    system.subscribe((event) => {
      this.mappings.take(event, this.line);
      this.onEvent(event);
    });
  }

  /** The current line. */
  begin(line: number, call: string): void {
    this.line = line;
    this.call = call;
  }

  private onEvent(event: ProcessEvent): void {
    if (event.type !== "fault" || this.lines.length === MOST) return;
    const entry = this.entry(event);
    if (event.isMajor) entry.major++;
    else entry.minor++;
    const { copies, swapReads, fileReads } = this.system.kernel.counters;
    entry.copied += copies - this.copies;
    entry.read += swapReads + fileReads - this.reads;
    this.copies = copies;
    this.reads = swapReads + fileReads;
  }

  /** The entry of the current line; the last one is continued if the fault is in the same region and mapping. */
  private entry({ pid, address }: ProcessEvent & { type: "fault" }): LineFaults {
    const process = this.system.processes.get(pid);
    const mapped = process && this.mappings.at(process, address);
    const last = this.lines.at(-1);
    if (last?.line === this.line && last.pid === pid) {
      const { region } = last;
      const isSame = region === undefined || (region.start <= address && address < region.end);
      if (isSame && mapped === this.mapped) return last;
    }
    this.mapped = mapped;
    const region = process?.isAlive ? surroundings(process, address).region : undefined;
    const isMerged =
      process !== undefined && region !== undefined && this.mappings.areSeveral(process, region);
    const entry = { line: this.line, pid, call: this.call, address, region };
    const counted = {
      ...entry,
      ...(isMerged && mapped !== undefined && { mappedBy: mapped }),
      minor: 0,
      major: 0,
      copied: 0,
      read: 0,
    };
    this.lines.push(counted);
    return counted;
  }
}
