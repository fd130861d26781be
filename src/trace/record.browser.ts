/** Recording of a program: not available in a browser. */
import { UsageError } from "../errors.js";
import type * as Node from "./record.node.js";

export const recordTrace: typeof Node.recordTrace = async () => {
  throw new UsageError("a browser runs no programs", "record the trace in Node");
};
