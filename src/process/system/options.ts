/** The options of a system. */
import * as v from "valibot";
import { systemOptions } from "../../options/process.js";
import { entriesOf, type OptionsOf } from "../../options/row.js";
import { type Costs, costsSchema } from "../costs.js";

export const systemEntries = {
  ...entriesOf(systemOptions),
  costs: v.optional(costsSchema),
  history: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(1_000_000)), 0),
};

export const systemSchema = v.strictObject(systemEntries);

/** Options of a system: of its machine, its memory, and its Linux. */
export interface SystemOptions extends Omit<OptionsOf<typeof systemOptions>, "costs"> {
  /** Costs in cycles: some of them, with defaults for the others, or text such as `walkStep=20,majorFault=1000000`. */
  costs?: string | Partial<Costs> | undefined;
  /** Number of steps that can be taken back, from 0 to 1,000,000; default: 0. */
  history?: number | undefined;
}
