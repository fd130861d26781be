/**
 * The regions of a recording by name: those that its program began with, and those that its calls mapped. Each address
 * has one name, of the region that was there first; a mapping with MAP_FIXED replaces it, as the loader replaces parts
 * of a library's mapping. Nothing is simulated: calls that remove or move regions change no name.
 */
import { MAP_FIXED, PROT_EXEC, PROT_READ, PROT_WRITE } from "../../../../assembly/abi/linux.js";
import { eachBatch, readTrace } from "../../../pass/pass.js";
import type { Watch } from "../../../pass/progress.js";
import type { Trace } from "../../../trace/trace.js";
import { Kernel } from "../../../wasm/kernel.js";
import { parseMaps } from "../../proc/maps.js";
import { descriptorOf, flagsOf, numberOf, shownPath, textOf } from "../parse/argument.js";
import { type ParsedCall, parseCall } from "../parse/grammar.js";
import { splitPrefix, unstamped } from "../parse/prefix.js";

export interface RecordedRegion {
  readonly start: bigint;
  readonly end: bigint;
  /** A path, `[heap]`, `[stack]` …; empty for anonymous memory. */
  readonly name: string;
  /** `rw-`, when it was mapped. */
  readonly protection: string;
}

const CALLS = /\b(open|openat|mmap|mmap2|brk|region)\(/;
/** More are not distinguished. */
const MOST_REGIONS = 4096;
const PAGE_BYTES = 4096n;
const UNWATCHED: Watch = { onWork: () => undefined };

/** By address; none if the trace has neither regions nor calls. Reads the trace once. */
export async function recordedRegions(trace: Trace): Promise<RecordedRegion[]> {
  const names = new RegionNames();
  await readTrace(trace, await Kernel.create(), async (reader) => {
    const { maps } = reader.metadata ?? {};
    if (typeof maps === "string") names.begin(maps, `${trace.name}: maps`);
    await eachBatch(reader, UNWATCHED, ({ calls }) => {
      for (const call of calls) names.call(call);
    });
  });
  return names.regions;
}

class RegionNames {
  private list: RecordedRegion[] = [];
  private readonly paths = new Map<number, string>();
  private startBrk: bigint | undefined;

  get regions(): RecordedRegion[] {
    return this.list.toSorted((a, b) => (a.start < b.start ? -1 : 1));
  }

  begin(maps: string, file: string): void {
    this.list = parseMaps(maps, file, 1n).map(({ start, end, name, permissions }) => {
      return { start, end, name, protection: permissions.slice(0, 3) };
    });
  }

  /** A line of a log. */
  call(line: string): void {
    if (!CALLS.test(line) || this.list.length > MOST_REGIONS) return;
    const call = parsed(unstamped(splitPrefix(line).rest));
    if (call?.name === "region") this.announced(call);
    if (call?.expected?.kind !== "value") return;
    const { value } = call.expected;
    if (call.name === "brk") this.grown(value);
    else if (call.name.startsWith("open")) this.opened(call, Number(value));
    else this.mapped(call, value);
  }

  private opened({ name, args }: ParsedCall, descriptor: number): void {
    const path = textOf(args[name === "open" ? 0 : 1]);
    if (path !== undefined) this.paths.set(descriptor, path);
  }

  /** A region of a program that is executed. */
  private announced({ args }: ParsedCall): void {
    const [start = 0n, end = 0n] = [numberOf(args[0]), numberOf(args[1])];
    const protection = textOf(args[2])?.slice(0, 3) ?? "---";
    if (start < end) this.add({ start, end, name: textOf(args[4]) ?? "", protection }, false);
  }

  private grown(end: bigint): void {
    this.startBrk ??= end;
    const region = { start: this.startBrk, end, name: "[heap]", protection: "rw-" };
    if (end > this.startBrk) this.add(region, false);
  }

  private mapped({ args }: ParsedCall, start: bigint): void {
    const bytes = numberOf(args[1]) ?? 0n;
    const end = start + ((bytes + PAGE_BYTES - 1n) & ~(PAGE_BYTES - 1n));
    if (end <= start || end > 2n ** 64n) return;
    const name = shownPath(args[4]) ?? this.paths.get(descriptorOf(args[4])) ?? "";
    const isFixed = (flagsOf(args[3]) & BigInt(MAP_FIXED)) !== 0n;
    this.add({ start, end, name, protection: protectionOf(Number(flagsOf(args[2]))) }, isFixed);
  }

  /** Adds a region where none is, or, if it replaces others, everywhere. */
  private add(region: RecordedRegion, replaces: boolean): void {
    const overlapping = this.list.filter(({ start, end }) => start < region.end && region.start < end);
    if (replaces) {
      const rest = this.list.filter((one) => !overlapping.includes(one));
      this.list = [...rest, ...overlapping.flatMap((one) => without(one, [region])), region];
    } else this.list.push(...without(region, overlapping));
  }
}

/** The parts of a region that none of the others has. */
function without(region: RecordedRegion, others: readonly RecordedRegion[]): RecordedRegion[] {
  let parts = [region];
  for (const { start, end } of others) {
    parts = parts.flatMap((part) =>
      [
        { ...part, end: part.end < start ? part.end : start },
        { ...part, start: part.start > end ? part.start : end },
      ].filter((one) => one.start < one.end),
    );
  }
  return parts;
}

function parsed(text: string): ParsedCall | undefined {
  try {
    return parseCall(text);
  } catch {
    return undefined; // `run` says what is wrong with it
  }
}

function protectionOf(flags: number): string {
  const letter = (flag: number, is: string) => ((flags & flag) !== 0 ? is : "-");
  return letter(PROT_READ, "r") + letter(PROT_WRITE, "w") + letter(PROT_EXEC, "x");
}
