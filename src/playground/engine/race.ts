/** Policies step by step on the same requests, in the worker. */
import { compareSteps, type SteppedRow, UsageError } from "pagewalk";
import { open } from "./sources.js";

export interface RaceJob {
  readonly requests: string;
  readonly policies: readonly string[];
  readonly frames: string;
}

/** A row for each policy, with every step of it. */
export async function race({ requests, policies, frames }: RaceJob): Promise<readonly SteppedRow[]> {
  if (requests.trim() === "") {
    throw new UsageError("there is no request", "type page numbers, such as 7 0 1 2", "requests");
  }
  const trace = await open({ kind: "requests", text: requests }, false);
  try {
    const { results } = await compareSteps(trace, { policies: [...policies], frames });
    return results;
  } finally {
    await trace.close();
  }
}
