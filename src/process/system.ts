/** A system that runs processes. */
import { validate } from "../options/validate.js";
import { Process } from "./process.js";
import { type SystemOptions, systemSchema } from "./system/options.js";
import { makeParts } from "./system/parts.js";
import { type Checkpoint, SharedSystem } from "./system/shared-system.js";

export type { SystemOptions };
/** A copy of a system's state, to which the system can return. */
export type SystemState = Checkpoint<Process>;

/** A machine with an operating system: processes share its memory, swap, files and shared memory. */
export class System extends SharedSystem<Process> {
  /** Throws `UsageError` for invalid options, `OutOfMemoryError` if Wasm's 4 GiB are not enough. */
  static async create(options: SystemOptions = {}): Promise<System> {
    const checked = validate("System", systemSchema, options);
    const system = new System(
      await makeParts(checked),
      (shared, pid, space) => new Process(shared, pid, space),
    );
    system.keepHistory(checked.history);
    return system;
  }
}
