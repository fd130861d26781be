/**
 * A file as it was opened, open(2)'s open file description: what mmap is given, and what its mapping remembers. Two
 * mappings side by side become one only where both were made by the same opening.
 */
import {
  DENIED_MAP,
  DENIED_READ,
  DENIED_WRITE,
  OPENED_DENIED_SHIFT,
  OPENED_NUMBER_SHIFT,
} from "../../assembly/abi/call.js";
import { UsageError } from "../errors.js";

/** For what it is open. */
export type OpenMode = "O_RDONLY" | "O_WRONLY" | "O_RDWR";

export interface OpenFile {
  /** Undefined: a pipe, a socket, a directory …, which cannot be mapped. */
  readonly path: string | undefined;
  readonly mode: OpenMode;
  /** Tells one opening from another; 0 is that of files which are mapped by their path alone. */
  readonly number: number;
}

const DENIED: Readonly<Record<OpenMode, number>> = {
  O_RDONLY: DENIED_WRITE,
  O_WRONLY: DENIED_READ,
  O_RDWR: 0,
};

/** Numbers begin again after so many: what was opened that long ago is not mapped beside by chance. */
const MOST_OPENINGS = 2 ** 29 - 1;

/** The file as it was opened for the how manyth time. Throws `UsageError` for a mode that is none. */
export function openFile(path: string | undefined, mode: OpenMode, opening: number): OpenFile {
  if (!Object.hasOwn(DENIED, mode))
    throw new UsageError(
      `"${mode}" does not say how to open a file`,
      `give one of ${Object.keys(DENIED).join(", ")}`,
    );
  return { path, mode, number: ((opening - 1) % MOST_OPENINGS) + 1 };
}

/** What the kernel's mmap is told: the object, 0 for what cannot be mapped, and how it was opened. */
export function openedBits({ path, mode, number }: OpenFile, object: number): bigint {
  const denied = DENIED[mode] | (path === undefined ? DENIED_MAP : 0);
  return (
    BigInt(object) |
    (BigInt(denied) << BigInt(OPENED_DENIED_SHIFT)) |
    (BigInt(number) << BigInt(OPENED_NUMBER_SHIFT))
  );
}
