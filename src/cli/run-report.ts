/** The data of `run --report`: what the machine did after each call, and the faults of each region. */
import { ActivityRecorder, type ProcessActivity } from "../machine/activity.js";
import type { RunResult } from "../process/log/run/result.js";
import type { RegionView } from "../process/proc/regions.js";
import type { System } from "../process/system.js";
import type { RunInput } from "../report/activity-data.js";
import { formatCount } from "../report/numbers.js";

/** Records a system that is made when its log is run. */
export class RunRecorder {
  private activity: ActivityRecorder | undefined;
  private calls = 0;

  /** Called before each call. */
  step(system: System): void {
    this.recorderOf(system).step(this.calls++);
  }

  finish(system: System) {
    return this.recorderOf(system).finish(this.calls);
  }

  private recorderOf(system: System): ActivityRecorder {
    const { machine, plan, tlbs } = system;
    this.activity ??= new ActivityRecorder("calls", plan.geometry.pageBytes, machine, tlbs, {
      faults: () => faultsOf(system.processes.values()),
      regions: () => residentBytes(system),
    });
    return this.activity;
  }
}

function faultsOf(processes: Iterable<{ faults: Faults }>): Faults {
  const sum = { minor: 0, major: 0 };
  for (const { faults } of processes) {
    sum.minor += faults.minor;
    sum.major += faults.major;
  }
  return sum;
}

type Faults = ReturnType<ProcessActivity["faults"]>;

/** Of all processes that are alive, by the regions' names. */
function residentBytes(system: System): Record<string, number> {
  const bytes: Record<string, number> = {};
  for (const process of system.processes.values()) {
    if (!process.isAlive) continue;
    for (const region of process.regions()) {
      if (region.rssBytes === 0) continue;
      const name = nameOf(region);
      bytes[name] = (bytes[name] ?? 0) + region.rssBytes;
    }
  }
  return bytes;
}

export function reportOf(result: RunResult, trace: string, recorder: RunRecorder | undefined): RunInput {
  const { system, processes, charges, process, calls, signals } = result;
  const { minor, major } = faultsOf(processes);
  return {
    trace,
    activity: (recorder ?? new RunRecorder()).finish(system),
    regions: processes.flatMap(({ maps }) =>
      maps.map((region) => ({
        name: `${nameOf(region)} ${region.permissions}`,
        minorFaults: region.minorFaults,
        majorFaults: region.majorFaults,
      })),
    ),
    facts: [
      ["calls", formatCount(calls)],
      ["processes", formatCount(processes.length)],
      ["page faults", `${formatCount(minor)} minor, ${formatCount(major)} major`],
      ["signals", formatCount(signals.length)],
      ["machine", system.plan.geometry.name],
    ],
    ...(charges !== undefined && {
      charges: {
        trace,
        charges,
        ...(process.heap !== undefined && { allocator: process.heap.allocator }),
      },
    }),
  };
}

/** A file's name without its folders, which would be cut on a narrow figure. */
function nameOf({ name }: RegionView): string {
  return name === "" ? "anonymous" : name.replace(/^.*\//, "");
}
