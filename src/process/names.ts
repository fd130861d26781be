/** Linux's names for numbers, as used in logs: flags, advice, signals, limits. */
import * as linux from "../../assembly/abi/linux.js";
import {
  BUS_ADRERR,
  MAP_ANONYMOUS,
  MAP_HUGE_SHIFT,
  SEGV_MAPERR,
  SI_KERNEL,
  SIGABRT,
  SIGBUS,
  SIGKILL,
  SIGSEGV,
} from "../../assembly/abi/linux.js";

/**
 * Flags of open and fcntl, with x86's values; other architectures number some differently, but their logs have names.
 */
const OF_FILES = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0x40,
  O_EXCL: 0x80,
  O_TRUNC: 0x200,
  O_APPEND: 0x400,
  O_DIRECTORY: 0x10000,
  O_CLOEXEC: 0x80000,
  O_PATH: 0x200000,
  O_TMPFILE: 0x410000,
  SOCK_CLOEXEC: 0x80000,
  EFD_CLOEXEC: 0x80000,
  EPOLL_CLOEXEC: 0x80000,
  TFD_CLOEXEC: 0x80000,
  SFD_CLOEXEC: 0x80000,
  IN_CLOEXEC: 0x80000,
  MFD_CLOEXEC: 1,
  FD_CLOEXEC: 1,
  CLOSE_RANGE_CLOEXEC: 4,
  FALLOC_FL_KEEP_SIZE: 1,
  FALLOC_FL_PUNCH_HOLE: 2,
  FALLOC_FL_ZERO_RANGE: 0x10,
};

/** mallopt(3)'s parameters: malloc.h of glibc 2.36. */
const OF_MALLOPT = {
  M_MXFAST: 1,
  M_TRIM_THRESHOLD: -1,
  M_TOP_PAD: -2,
  M_MMAP_THRESHOLD: -3,
  M_MMAP_MAX: -4,
  M_CHECK_ACTION: -5,
  M_PERTURB: -6,
  M_ARENA_TEST: -7,
  M_ARENA_MAX: -8,
};

/** Every symbolic constant that a call's argument may have. */
export const CONSTANTS: ReadonlyMap<string, bigint> = new Map(
  Object.entries({
    ...Object.fromEntries(
      Object.entries(linux).filter(([name]) => /^(PROT|MAP|MREMAP|MLOCK|MCL|MS|MADV|RLIMIT)_/.test(name)),
    ),
    PROT_NONE: 0,
    MAP_FILE: 0,
    MAP_ANON: MAP_ANONYMOUS,
    MAP_HUGE_2MB: 21 << MAP_HUGE_SHIFT,
    RLIMIT_CPU: 0,
    RLIMIT_FSIZE: 1,
    RLIMIT_CORE: 4,
    RLIMIT_NOFILE: 7,
    RLIMIT_LOCKS: 10,
    RLIM_INFINITY: -1,
    RLIM64_INFINITY: -1,
    _SC_PAGESIZE: 30,
    _SC_PAGE_SIZE: 30,
    AT_PAGESZ: 6,
    CLONE_VM: 0x100,
    CLONE_FS: 0x200,
    CLONE_FILES: 0x400,
    CLONE_SIGHAND: 0x800,
    CLONE_VFORK: 0x4000,
    CLONE_THREAD: 0x10000,
    AT_FDCWD: -100,
    ...OF_MALLOPT,
    ...OF_FILES,
  }).map(([name, value]) => [name, BigInt.asUintN(64, BigInt(value))]),
);

const SIGNALS: ReadonlyMap<number, string> = new Map([
  [SIGABRT, "SIGABRT"],
  [SIGBUS, "SIGBUS"],
  [SIGKILL, "SIGKILL"],
  [SIGSEGV, "SIGSEGV"],
]);

export function signalName(number: number): string {
  return SIGNALS.get(number) ?? `signal ${number}`;
}

/** `SEGV_MAPERR` for SIGSEGV's code 1; undefined if there is none. */
export function signalCode(number: number, code: number): string | undefined {
  if (code === SI_KERNEL) return "SI_KERNEL";
  if (number === SIGABRT) return "SI_TKILL"; // abort(3) sends it to the thread
  if (number === SIGSEGV) return code === SEGV_MAPERR ? "SEGV_MAPERR" : "SEGV_ACCERR";
  return number === SIGBUS && code === BUS_ADRERR ? "BUS_ADRERR" : undefined;
}
