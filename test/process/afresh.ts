/** Random runs of memory calls on this machine's kernel, made by `recorder.c`, and the differences of the model. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { runLog } from "#pagewalk/process/log/run/log.js";
import { mapsText, smapsText } from "#pagewalk/process/proc/proc.js";
import type { RegionView } from "#pagewalk/process/proc/regions.js";
import type { Process } from "#pagewalk/process/process.js";

const SOURCE = new URL("recorder.c", import.meta.url).pathname;
/**
 * The effect of MADV_FREE depends on the list of a page. Pages that were locked leave the unevictable list at a time
 * that the kernel chooses, if its count of their locks is right (mm/mlock.c).
 */
const NOT_SHOWN = new Set(["LazyFree", "Referenced"]);

/** The version of this machine's kernel, `6.18`. */
export const KERNEL = /^\d+\.\d+/.exec(release())?.[0] ?? "";

/** True if a process may have as many regions here as in the model. */
export function hasUsualMapCount(): boolean {
  return readFileSync("/proc/sys/vm/max_map_count", "utf8").trim() === "65530";
}

export function missingTools(): string[] {
  const missing = spawnSync("gcc", ["--version"]).error === undefined ? [] : ["gcc"];
  return process.platform === "linux" && process.arch === "x64" ? missing : [...missing, "x86-64 Linux"];
}

export function compile(folder: string): string {
  const program = join(folder, "recorder");
  execFileSync("gcc", ["-O2", "-o", program, SOURCE]);
  return program;
}

interface Settings {
  privileged: boolean;
  ulimit: string;
  child: number;
  /** Lines whose faults do not count, first and last. */
  settling: readonly (readonly [first: number, last: number])[];
}

/** Makes a run, and repeats it in the model. Returns each difference as a line. */
export async function differences(
  recorder: string,
  folder: string,
  seed: number,
  calls: number,
  modes: readonly string[],
): Promise<string[]> {
  const place = join(folder, String(seed));
  mkdirSync(place);
  execFileSync(recorder, [String(seed), String(calls), place, ...modes]);
  const read = (name: string) => readFileSync(join(place, name), "utf8");
  const settings: Settings = JSON.parse(read("settings.json"));
  const before = read("before.maps");
  const faults = new CountedFaults(settings.settling);
  const result = await runLog(join(place, "calls"), {
    maps: before,
    verify: true,
    privileged: settings.privileged,
    ulimit: settings.ulimit,
    ...(modes.includes("--huge") && { huge: "madvise" as const }),
    onLine: (line, process) => faults.look(line, process),
  });
  faults.end();
  const found: string[] = [];
  if (result.stopped !== undefined) found.push(result.stopped.message);
  if (result.mismatched > 0)
    found.push(`${result.mismatched} answers: ${JSON.stringify(result.firstMismatch)}`);
  const [first, second] = result.processes;
  const own = addressesOf(before);
  for (const [process, name] of [
    [first, "after"],
    [second, "child"],
  ] as const) {
    if (process === undefined || (name === "child" && settings.child === 0)) continue;
    const minor = process.faults.minor - faults.uncounted(process.pid);
    const recorded = Number(read(name === "after" ? "minor-faults" : "child.minor-faults"));
    if (Math.abs(minor - recorded) > 1) found.push(`${name}: ${recorded} minor faults, not ${minor}`);
    found.push(...regionsApart(process.maps, read(`${name}.maps`), before).map((one) => `${name}: ${one}`));
    found.push(...measuresApart(process.maps, read(`${name}.smaps`), own).map((one) => `${name}: ${one}`));
  }
  rmSync(place, { recursive: true });
  return found;
}

/** Faults in lines that concern only the recorder's own pages. */
class CountedFaults {
  private readonly left = new Map<number, number>();
  private last: { line: number; process: Process; minor: number } | undefined;

  constructor(private readonly settling: Settings["settling"]) {}

  look(line: number, process: Process): void {
    this.end();
    this.last = { line, process, minor: process.faults.minor };
  }

  end(): void {
    if (this.last === undefined) return;
    const { line, process, minor } = this.last;
    if (!this.settling.some(([first, last]) => first <= line && line <= last)) return;
    this.left.set(process.pid, this.uncounted(process.pid) + process.faults.minor - minor);
  }

  uncounted(pid: number): number {
    return this.left.get(pid) ?? 0;
  }
}

/** Lines that are in only one of the two maps. The kernel's count of inodes begins elsewhere. */
function regionsApart(regions: readonly RegionView[], recorded: string, before: string): string[] {
  const identities = new Map<string, string>();
  for (const [, id = "", name = ""] of (before + recorded).matchAll(/^\S+ \S+ \S+ (\S+ \d+) +(\/.*)$/gm))
    identities.set(name, id);
  const lines = (text: string) =>
    new Set(
      text
        .trimEnd()
        .replaceAll(/ 00:01 \d+ +/g, " 00:01 ")
        .split("\n"),
    );
  const ours = lines(mapsText(regions, (name) => identities.get(name)));
  const theirs = lines(recorded);
  return [
    ...[...theirs].filter((line) => !ours.has(line)).map((line) => `no region ${line}`),
    ...[...ours].filter((line) => !theirs.has(line)).map((line) => `a region ${line}`),
  ];
}

function addressesOf(maps: string): [start: bigint, end: bigint][] {
  return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) /gm)].map(([, start, end]) => [
    BigInt(`0x${start}`),
    BigInt(`0x${end}`),
  ]);
}

/** Differing fields of smaps, for regions that the log made and that contain nothing of the recorder. */
function measuresApart(
  regions: readonly RegionView[],
  recorded: string,
  own: readonly [start: bigint, end: bigint][],
): string[] {
  const theirs = fieldsOf(recorded);
  const made = regions.filter(
    ({ call, start, end }) => call > 0 && !own.some(([from, to]) => from < end && start < to),
  );
  const ours = fieldsOf(smapsText(made));
  return [...ours].flatMap(([region, fields]) => {
    const known = theirs.get(region);
    if (known === undefined) return [];
    return [...fields]
      .filter(([field, value]) => !NOT_SHOWN.has(field) && known.get(field) !== value)
      .map(([field, value]) => `${region} has ${field} ${known.get(field)}, not ${value}`);
  });
}

/** By a region's addresses, its fields. */
function fieldsOf(smaps: string): Map<string, Map<string, string>> {
  const regions = new Map<string, Map<string, string>>();
  let fields = new Map<string, string>();
  for (const line of smaps.split("\n")) {
    const [, region] = /^([0-9a-f]+-[0-9a-f]+) /.exec(line) ?? [];
    const [, name = "", value = ""] = /^(\w+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (region !== undefined) {
      fields = new Map();
      regions.set(region, fields);
    } else if (name !== "") {
      fields.set(name, value);
    }
  }
  return regions;
}
