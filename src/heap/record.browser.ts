/** Recording of a program: not available in a browser. */
import { UsageError } from "../errors.js";
import type * as Node from "./record.node.js";

export const recordHeap: typeof Node.recordHeap = async () => {
  throw new UsageError("a browser runs no programs", "record the log in Node");
};
