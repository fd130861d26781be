/** Recording of a program: not available in a browser. */
import { UsageError } from "../../errors.js";
import type * as Node from "./record.node.js";

function refused(): UsageError {
  return new UsageError("a browser runs no programs", "record the trace in Node");
}

export const recordTrace: typeof Node.recordTrace = async () => {
  throw refused();
};

export const recordedTrace: typeof Node.recordedTrace = async () => {
  throw refused();
};
