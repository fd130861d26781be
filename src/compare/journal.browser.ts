/** The file of `--resume`: not available in a browser. */
import { UsageError } from "../errors.js";
import type * as Node from "./journal.node.js";

export const openJournal: typeof Node.openJournal = async () => {
  throw new UsageError("resume names a file, and a browser has none", "leave it out");
};
