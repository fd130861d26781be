/** Folders that are made with their parents. Node only. */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder, and the folders above it that are missing. Rejects with the system's error. Node's own `recursive` does
 * not end where the system answers ENOENT although the parent is there, as in /proc.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const error = await made(path, mode);
  if (error === undefined || (error.code === "EEXIST" && (await isFolder(path)))) return;
  const parent = dirname(path);
  if (error.code !== "ENOENT" || parent === path || (await isFolder(parent))) throw error;
  await makeFolder(parent, mode);
  await makeFolder(path, mode);
}

function made(path: string, mode: number): Promise<NodeJS.ErrnoException | undefined> {
  return mkdir(path, mode).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
