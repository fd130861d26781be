/** The outcome of a simulation as it is stored and sent: a line of a journal, a result in a queue. */
import * as v from "valibot";
import type { SimulationOutcome } from "../simulate/simulate.js";

/** A whole number that counts something. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const timeline = v.object({ requests: v.array(count), misses: v.array(count) });

/** Refuses counts that contradict each other, as those of a damaged line. */
export const outcome = v.pipe(
  v.looseObject({
    requests: count,
    hits: count,
    misses: count,
    evictions: count,
    residence: count,
    writebacks: count,
    seconds: v.pipe(v.number(), v.minValue(0)),
    timeline: v.exactOptional(timeline),
  }),
  v.check(({ requests, hits, misses }) => requests === hits + misses),
) satisfies v.GenericSchema<unknown, SimulationOutcome>;
