/** The options of a system. */
import * as v from "valibot";
import { systemOptions } from "../../options/process.js";
import { entriesOf } from "../../options/row.js";
import { costsSchema } from "../costs.js";

export const systemEntries = {
  ...entriesOf(systemOptions),
  /** Text, or an object of cycles. */
  costs: v.optional(costsSchema),
  /** Number of steps that can be taken back. */
  history: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(1_000_000)), 0),
};

export const systemSchema = v.strictObject(systemEntries);
export type SystemOptions = v.InferInput<typeof systemSchema>;
