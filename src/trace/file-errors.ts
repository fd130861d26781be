/** Describes system errors of files, with a remedy. */
import { InputError, PagewalkError } from "../errors.js";

const SENTENCES: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
  ENOENT: ["no such file or directory", "check the path"],
  ENOTDIR: ["a part of the path is not a directory", "check the path"],
  EISDIR: ["is a directory", "give a file"],
  EACCES: ["permission denied", "change its permissions or choose another file"],
  EPERM: ["operation not permitted", "change its permissions or choose another file"],
  EROFS: ["the file system is read-only", "write somewhere else"],
  EFBIG: ["larger than a file may be here", "raise the limit (ulimit -f) or write somewhere else"],
  EDQUOT: ["the quota of the disk is used up", "free some or write somewhere else"],
  ENOSPC: ["no space left on the device", "free some or write somewhere else"],
  EMFILE: ["too many open files", "raise the limit (ulimit -n)"],
  ENAMETOOLONG: ["the name is too long", "check the path"],
  ELOOP: ["symbolic links lead in a circle", "check the path"],
  EPIPE: ["the reader of the output went away", "keep it running until the end"],
};

/** An `InputError` for a failed system call; other errors are returned unchanged. */
export function fileError(error: unknown, name: string, attempt: "read" | "write"): unknown {
  if (error instanceof PagewalkError) return error;
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  const [problem, remedy] = SENTENCES[error.code] ?? [`cannot ${attempt} (${error.code})`, "check the file"];
  return new InputError(problem, remedy, name, { cause: error });
}
