/**
 * The initial regions of a program, as recorders write them before the execve that starts it:
 *
 *   [pid 12] region(0x400000, 0x401000, "r-xp", 0, "/bin/ls")
 *   [pid 12] execve("/bin/ls", ["ls"], 0x4000801000) = 0
 */
import { InputError } from "../../../errors.js";
import { followRegion, type MapsRegion } from "../../proc/maps.js";
import { numberOf, textOf } from "../parse/argument.js";
import type { CallEntry } from "../parse/entry.js";
import type { Task } from "./tasks.js";

const PERMISSIONS = /^[r-][w-][x-][ps]$/;
/** Limit on the regions of a program. Linux's default (vm.max_map_count) is as high. */
const MOST_REGIONS = 65_530;

export class AnnouncedRegions {
  private readonly regions = new Map<Task, MapsRegion[]>();

  /** Throws `InputError` if the region is not one of a maps file. */
  add(task: Task, entry: CallEntry, place: string): void {
    const announced = this.regions.get(task) ?? [];
    const region = regionOf(entry, place);
    if (announced.length === MOST_REGIONS)
      throw new InputError("the program has too many regions", "record it again", place);
    followRegion(announced.at(-1), region, place, task.memory.process.system.layout.pageBytes);
    announced.push(region);
    this.regions.set(task, announced);
  }

  /** Those of the task, which are then forgotten. */
  take(task: Task): readonly MapsRegion[] {
    const announced = this.regions.get(task) ?? [];
    this.regions.delete(task);
    return announced;
  }
}

function regionOf({ args, line }: CallEntry, place: string): MapsRegion {
  const [first, second, third, fourth, fifth] = args;
  const [start, end, offset] = [numberOf(first), numberOf(second), numberOf(fourth)];
  const permissions = textOf(third) ?? "";
  if (start === undefined || end === undefined || offset === undefined || !PERMISSIONS.test(permissions))
    throw new InputError(
      "this is not a region",
      'write region(0x400000, 0x401000, "r-xp", 0, "/bin/ls"), the last one for files',
      place,
    );
  return { start, end, permissions, offset, identity: "00:00 0", name: textOf(fifth) ?? "", line };
}
