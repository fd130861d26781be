/** The identity of simulations: not available in a browser. */
import { UsageError } from "../errors.js";
import type * as Node from "./identity.node.js";

export const identityOf: typeof Node.identityOf = async () => {
  throw new UsageError("resume, shard and queue are not available in a browser", "leave them out");
};
