/** The options of a system, in addition to those of a machine. */
import * as v from "valibot";
import { machineEntries } from "../../machine/options.js";
import { costsSchema } from "../costs.js";
import { USUAL_ALLOCATOR } from "./allocator.js";
import { NEWEST_KERNEL } from "./kernel-version.js";

const size = v.union([v.string(), v.number()]);

export const systemEntries = {
  ...machineEntries,
  /** Limits of processes, such as `stack=8MiB,memlock=8MiB`; others have the usual defaults. */
  ulimit: v.optional(v.string(), ""),
  /**
   * Processes may lock without limit and map at any address (CAP_IPC_LOCK, CAP_SYS_RAWIO). Default: true, unless
   * `ulimit` names memlock.
   */
  privileged: v.optional(v.boolean()),
  /** `vm.overcommit_memory`: 0 heuristic, 1 always, 2 never. */
  overcommit: v.optional(v.picklist([0, 1, 2]), 0),
  /** Number of explicit huge pages (`vm.nr_hugepages`). */
  hugetlb: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0xffff)), 0),
  /** The version of Linux to model, 5.10 or later. */
  kernel: v.optional(v.string(), NEWEST_KERNEL),
  /** Whether files are in memory at the start. */
  pageCache: v.optional(v.picklist(["warm", "cold"]), "warm"),
  /** Seed of random addresses; without it they are as under `setarch -R`. */
  randomize: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  swap: v.optional(size),
  /** The allocator behind malloc: `glibc`, or another by name and parameters: `first-fit:order=address`. */
  allocator: v.optional(v.string(), USUAL_ALLOCATOR),
  /** Costs in cycles: `walkStep=30,majorFault=300000`. */
  costs: v.optional(costsSchema),
  /** Number of steps that can be taken back. */
  history: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(1_000_000)), 0),
};

export const systemSchema = v.strictObject(systemEntries);
export type SystemOptions = v.InferInput<typeof systemSchema>;
