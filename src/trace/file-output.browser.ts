/** Files as sinks: not available in a browser. */
import { UsageError } from "../errors.js";
import type * as Node from "./file-output.node.js";

export const pathSink: typeof Node.pathSink = async (path) => {
  throw new UsageError(`${path} is a path, and a browser has no files`, "give a WritableStream");
};
