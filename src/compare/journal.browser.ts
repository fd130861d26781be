/** The file of `--resume`: a browser has none. */
import { UsageError } from "../errors.js";
import type * as Node from "./journal.node.js";

export const openJournal: typeof Node.openJournal = async () => {
  throw new UsageError("resume names a file, and a browser has none", "leave it out");
};
