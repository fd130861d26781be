/** Temporary folders. Node only. */
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUpOnExit } from "./cleanup.node.js";

export interface TemporaryFolder {
  readonly path: string;
  /** Removes the folder and its contents; safe to call twice. */
  remove(): Promise<void>;
}

/** Makes a folder that only this user can open, in `parent`. It is also removed when the process ends. */
export async function temporaryFolder(parent = tmpdir()): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(parent, "pagewalk-"));
  const cleanup = cleanUpOnExit(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    remove: async () => {
      await rm(path, { recursive: true, force: true });
      cleanup.cancel();
    },
  };
}
