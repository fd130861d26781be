/**
 * An open file description (open(2)): the argument of mmap, which the mapping keeps. Two adjacent mappings merge only
 * if they have the same description.
 */
import {
  DENIED_DRIVER,
  DENIED_MAP,
  DENIED_READ,
  DENIED_WRITE,
  OPENED_DENIED_SHIFT,
  OPENED_NUMBER_SHIFT,
} from "../../../assembly/abi/call.js";
import { UsageError } from "../../errors.js";

/** Access mode. */
export type OpenMode = "O_RDONLY" | "O_WRONLY" | "O_RDWR";

/** The name of a file, which may be renamed while it is open. */
export interface FileName {
  path: string;
}

/** An open file that `mmap` maps. */
export interface OpenFile {
  /** Undefined for a pipe, a socket, a directory …, which cannot be mapped. */
  readonly path: string | undefined;
  /** `O_RDONLY`, `O_WRONLY` or `O_RDWR`. */
  readonly mode: OpenMode;
  /** Identifies the opening; 0 for files that are mapped by path. */
  readonly number: number;
  /** Further denials of its mappings, `DENIED_…`; default 0. */
  readonly denied?: number;
}

/** Its private mappings are anonymous memory that keeps its name, its shared ones are shared anonymous memory. */
export const ZERO_DEVICE = "/dev/zero";

/**
 * Files whose drivers have no mmap. Most of /proc and /sys are such; a program's own file, the memory of PCI devices and
 * the kernel's types can be mapped.
 */
const UNMAPPABLE = /^\/(dev\/(null|full|u?random|tty\w*|console|ptmx|kmsg|pts\/\d+)$|proc\/|sys\/)/;
const MAPPABLE =
  /^\/(proc\/.*\/(exe|fd\/\d+|map_files\/.*|resource\d+\w*)|sys\/(.*\/resource\d+(_wc)?|kernel\/btf\/.*))$/;

/** Files of /proc that neither a process nor sysctl made (proc_create in fs/proc/inode.c). */
const OF_DRIVERS = /^\/proc\/(?!mounts$|(self|thread-self|\d+)\/(?!(task\/\d+\/)?net\/)|sys\/)/;

/** The mappings that are denied for the file with this path, `DENIED_…`, in addition to those of files that cannot be mapped. */
export function deniedBy(path: string): number {
  return !isMappable(path) && OF_DRIVERS.test(path) ? DENIED_DRIVER : 0;
}

/** True if mmap may succeed on the file with this path; otherwise its error is ENODEV, or EIO. */
export function isMappable(path: string): boolean {
  return !UNMAPPABLE.test(path) || MAPPABLE.test(path);
}

/** True if mappings of the file share its contents, an object of the kernel. */
export function isObject(path: string): boolean {
  return path !== ZERO_DEVICE && isMappable(path);
}

const DENIED: Readonly<Record<OpenMode, number>> = {
  O_RDONLY: DENIED_WRITE,
  O_WRONLY: DENIED_READ,
  O_RDWR: 0,
};

/** Numbers wrap around. By then a mapping of the older opening is assumed not to be adjacent. */
const MOST_OPENINGS = 2 ** 26 - 1;

/** The file with its opening's number. Throws `UsageError` for an invalid mode. */
export function openFile(name: FileName | undefined, mode: OpenMode, opening: number, denied = 0): OpenFile {
  if (!Object.hasOwn(DENIED, mode))
    throw new UsageError(
      `"${mode}" does not say how to open a file`,
      `give one of ${Object.keys(DENIED).join(", ")}`,
    );
  return {
    get path() {
      return name?.path;
    },
    mode,
    number: ((opening - 1) % MOST_OPENINGS) + 1,
    denied,
  };
}

/** The arguments of the kernel's mmap: the object, 0 if it cannot be mapped, and the opening. */
export function openedBits({ path, mode, number, denied = 0 }: OpenFile, object: number): bigint {
  const allDenied = DENIED[mode] | denied | (path === undefined ? DENIED_MAP : 0);
  return (
    BigInt(object) |
    (BigInt(allDenied) << BigInt(OPENED_DENIED_SHIFT)) |
    (BigInt(number) << BigInt(OPENED_NUMBER_SHIFT))
  );
}
