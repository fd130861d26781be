/** Programs from this machine's files, in Node: what execve reads, and where paths lead. */
import { realpathSync } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FoundFile, ReadProgram } from "./programs.js";

/** A program's headers are among its first bytes. */
const HEADER_BYTES = 1 << 20;

/** Reads programs below `root`; relative paths are from where the command runs. What cannot be read is not at hand. */
export function programsBelow(root: string): ReadProgram {
  return async (wanted) => {
    try {
      const real = await realpath(root === "/" ? wanted : join(root, wanted));
      // A device or a pipe would have no end.
      if (!(await stat(real)).isFile()) return undefined;
      return { path: root === "/" ? real : wanted, ...(await beginningOf(real)) };
    } catch {
      return undefined;
    }
  };
}

async function beginningOf(path: string): Promise<Pick<FoundFile, "bytes" | "sizeBytes">> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, HEADER_BYTES));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return { bytes: bytes.subarray(0, bytesRead), sizeBytes: size };
  } finally {
    await file.close();
  }
}

/** Where links lead, as maps show files; a path itself where there is no such file, and where it is another's in /proc. */
export function pathsBelow(root: string): (path: string) => string {
  return (wanted) => {
    try {
      return root === "/" && !wanted.startsWith("/proc/") ? realpathSync(wanted) : wanted;
    } catch {
      return wanted;
    }
  };
}
