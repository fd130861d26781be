/**
 * An open file description (open(2)): the argument of mmap, which the mapping keeps. Two adjacent mappings merge only
 * if they have the same description.
 */
import {
  DENIED_MAP,
  DENIED_READ,
  DENIED_WRITE,
  OPENED_DENIED_SHIFT,
  OPENED_NUMBER_SHIFT,
} from "../../../assembly/abi/call.js";
import { UsageError } from "../../errors.js";

/** Access mode. */
export type OpenMode = "O_RDONLY" | "O_WRONLY" | "O_RDWR";

export interface OpenFile {
  /** Undefined for a pipe, a socket, a directory …, which cannot be mapped. */
  readonly path: string | undefined;
  readonly mode: OpenMode;
  /** Identifies the opening; 0 for files that are mapped by path. */
  readonly number: number;
}

const DENIED: Readonly<Record<OpenMode, number>> = {
  O_RDONLY: DENIED_WRITE,
  O_WRONLY: DENIED_READ,
  O_RDWR: 0,
};

/** Numbers wrap around. By then a mapping of the older opening is assumed not to be adjacent. */
const MOST_OPENINGS = 2 ** 29 - 1;

/** The file with its opening's number. Throws `UsageError` for an invalid mode. */
export function openFile(path: string | undefined, mode: OpenMode, opening: number): OpenFile {
  if (!Object.hasOwn(DENIED, mode))
    throw new UsageError(
      `"${mode}" does not say how to open a file`,
      `give one of ${Object.keys(DENIED).join(", ")}`,
    );
  return { path, mode, number: ((opening - 1) % MOST_OPENINGS) + 1 };
}

/** The arguments of the kernel's mmap: the object, 0 if it cannot be mapped, and the opening. */
export function openedBits({ path, mode, number }: OpenFile, object: number): bigint {
  const denied = DENIED[mode] | (path === undefined ? DENIED_MAP : 0);
  return (
    BigInt(object) |
    (BigInt(denied) << BigInt(OPENED_DENIED_SHIFT)) |
    (BigInt(number) << BigInt(OPENED_NUMBER_SHIFT))
  );
}
