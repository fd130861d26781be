/** Serves calls by the functions that their rows name. */
import { InputError, UsageError } from "../../../errors.js";
import type { Family, ServerOf } from "../../../trace/calls/table.js";
import * as accesses from "./accesses.js";
import type { Answer, Call, Context, Outcome } from "./call.js";
import * as figures from "./figures.js";
import * as files from "./files.js";
import * as heap from "./heap.js";
import * as limits from "./limits.js";
import * as memory from "./memory.js";
import { checkArchitecture, checkCount } from "./operands.js";
import * as segments from "./segments.js";
import * as settings from "./settings.js";
import * as signals from "./signals.js";

/** Calls on descriptors and of tasks are served in the order of the log, even where they overlap: see `opening.ts`. */
type Answered = Exclude<Family, "descriptor" | "task">;

const ANSWERS: Record<ServerOf<Answered>, Answer> = {
  ...memory,
  ...accesses,
  ...limits,
  ...segments,
  ...settings,
  ...signals,
  ...files,
  ...heap,
  ...figures,
  nothing: () => undefined,
};

/** Undefined if the call has no bearing on memory. Throws `InputError` for invalid arguments. */
export function answer(context: Context, call: Call): Outcome | undefined {
  checkCount(call);
  checkArchitecture(context.process, call);
  try {
    return ANSWERS[call.row.server as ServerOf<Answered>](context, call);
  } catch (error) {
    if (error instanceof UsageError)
      throw new InputError(error.words.problem, error.words.remedy, call.place);
    throw error;
  }
}
