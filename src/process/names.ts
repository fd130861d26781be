/** Linux's names for numbers, as used in logs: flags, advice, signals, limits. */
import * as linux from "../../assembly/abi/linux.js";
import { SIGNAL_NAMES } from "../trace/calls/signals.js";

/** Constants of calls that have no bearing on memory, as x86 has them. */
const OF_OTHER_CALLS = {
  SOCK_CLOEXEC: 0x80000,
  EFD_CLOEXEC: 0x80000,
  EPOLL_CLOEXEC: 0x80000,
  TFD_CLOEXEC: 0x80000,
  SFD_CLOEXEC: 0x80000,
  IN_CLOEXEC: 0x80000,
  MFD_CLOEXEC: 1,
  FD_CLOEXEC: 1,
  CLOSE_RANGE_CLOEXEC: 4,
};

/** Flags that change nothing in the model: of memory without an MMU, and of protections of other architectures. */
const WITHOUT_EFFECT = { MAP_UNINITIALIZED: 0, PROT_SEM: 0, PROT_SAO: 0, PROT_BTI: 0, PROT_MTE: 0 };

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
      Object.entries(linux).filter(([name]) =>
        /^(PROT|MAP|MREMAP|MLOCK|MCL|MS|MADV|RLIMIT|O|FALLOC|CLONE|IPC|SHM|RENAME|SEEK)_/.test(name),
      ),
    ),
    MAP_FILE: 0,
    MAP_ANON: linux.MAP_ANONYMOUS,
    MAP_HUGE_2MB: 21 << linux.MAP_HUGE_SHIFT,
    RLIM_INFINITY: -1,
    RLIM64_INFINITY: -1,
    _SC_PAGESIZE: 30,
    _SC_PAGE_SIZE: 30,
    AT_PAGESZ: 6,
    AT_FDCWD: linux.AT_FDCWD,
    ...OF_MALLOPT,
    ...OF_OTHER_CALLS,
    ...WITHOUT_EFFECT,
  }).map(([name, value]) => [name, BigInt.asUintN(64, BigInt(value))]),
);

export function signalName(number: number): string {
  return SIGNAL_NAMES[number - 1] ?? `signal ${number}`;
}

/** `SEGV_MAPERR` for SIGSEGV's code 1; undefined if there is none. */
export function signalCode(number: number, code: number): string | undefined {
  if (code === linux.SI_KERNEL) return "SI_KERNEL";
  if (number === linux.SIGABRT) return "SI_TKILL"; // abort(3) sends it to the thread
  if (number === linux.SIGSEGV) return code === linux.SEGV_MAPERR ? "SEGV_MAPERR" : "SEGV_ACCERR";
  return number === linux.SIGBUS && code === linux.BUS_ADRERR ? "BUS_ADRERR" : undefined;
}
