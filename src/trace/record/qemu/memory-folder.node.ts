/** The folder in which the memory of a recording lies. Node only. */
import { readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { SharedMemory } from "./shared-memory.node.js";

const SHARED_FOLDER = "/dev/shm";
const LEAST_ROOM = 2 ** 28;
/** A reader in another container looks dead from here, but it writes to its memory while it lives. */
const ABANDONED_MILLISECONDS = 3_600_000;

/** A folder in memory, if there is one with room. What killed recordings have left there is removed. */
export async function memoryFolder(): Promise<string | undefined> {
  await removeAbandoned();
  const { bavail, bsize } = await statfs(SHARED_FOLDER).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= LEAST_ROOM ? SHARED_FOLDER : undefined;
}

/** A program that outlives its reader removes the memory itself; one that was killed with it does not. */
async function removeAbandoned(): Promise<void> {
  const names = await readdir(SHARED_FOLDER).catch(() => []);
  for (const name of names.filter((one) => one.startsWith("pagewalk-"))) {
    const folder = join(SHARED_FOLDER, name);
    const file = join(folder, "memory");
    const found = await stat(file).catch(() => undefined);
    if (found === undefined || found.uid !== process.getuid?.()) continue;
    const isOld = Date.now() - found.mtimeMs > ABANDONED_MILLISECONDS;
    if (isOld && !SharedMemory.hasReader(file)) await rm(folder, { recursive: true, force: true });
  }
}
