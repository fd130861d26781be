/** A queue: not available in a browser. */
import { UsageError } from "../errors.js";
import type * as Node from "./queue.node.js";

export const openQueue: typeof Node.openQueue = async () => {
  throw new UsageError("a browser cannot connect to the Redis of a queue", "leave queue out");
};
