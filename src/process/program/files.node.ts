/** Reads programs from the local file system, in Node: for execve, and to resolve links. */
import { realpathSync } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { FoundFile, ReadProgram } from "./programs.js";

/** Bytes to read: a program's headers are at its beginning. */
const HEADER_BYTES = 1 << 20;

/** Folders whose links and devices describe the process that reads them, not that of a log. */
const OWN = /^\/(proc|dev)\//;

/** Reads programs below `root`; relative paths start at the working directory. Unreadable files count as missing. */
export function programsBelow(root: string): ReadProgram {
  return async (wanted) => {
    if (OWN.test(normalize(wanted))) return undefined;
    try {
      const real = await realpath(root === "/" ? wanted : join(root, wanted));
      // Reading a device or a pipe may not end.
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

/**
 * Resolves links, as maps show files. Returns the path itself if there is no such file, and below /proc, whose links
 * describe the process that reads them.
 */
export function pathsBelow(root: string): (path: string) => string {
  return (wanted) => {
    try {
      return root === "/" && !wanted.startsWith("/proc/") ? realpathSync(wanted) : wanted;
    } catch {
      return wanted;
    }
  };
}
