/** Calls of a run in words. */
import { formatCounted } from "../../report/numbers.js";
import type { LoggedCall } from "../engine/outline.js";

/** `0x7ffff7fbb000`; a dash for calls that the model gives no answer to, such as exit. */
export function resultOf({ answered }: LoggedCall): string {
  return answered?.answer ?? "–";
}

/** Describes the effects of the call, in a sentence. */
export function effectsOf(call: LoggedCall): string {
  const { answered, minor, major, signal } = call;
  const parts = [
    answered === undefined ? "no answer" : `answer ${signal ?? answered.answer}`,
    ...(answered?.matched === true ? ["as the log has it"] : []),
    ...(answered?.matched === false ? [`the log has ${answered.recorded}`] : []),
    ...(minor === 0 ? [] : [formatCounted(minor, "minor fault")]),
    ...(major === 0 ? [] : [formatCounted(major, "major fault")]),
    ...(signal !== undefined && answered === undefined ? [signal] : []),
  ];
  return parts.join("; ");
}
