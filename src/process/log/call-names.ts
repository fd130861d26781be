/** Classes of calls: those about memory, those that create processes, and others. */
import { closest, distance } from "fastest-levenshtein";

/** Calls with numeric arguments, in the kernel's order: least and greatest number of arguments. */
export const PLAIN = {
  brk: [1, 1],
  munmap: [2, 2],
  mprotect: [3, 3],
  mremap: [3, 5],
  madvise: [3, 3],
  mlock: [2, 2],
  mlock2: [3, 3],
  munlock: [2, 2],
  mlockall: [1, 1],
  munlockall: [0, 0],
  msync: [3, 3],
} as const satisfies Readonly<Record<string, readonly [least: number, most: number]>>;

export type PlainName = keyof typeof PLAIN;

/** Calls with other arguments, calls of the C library, and Pagewalk's own. */
const OTHERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  mmap: [4, 6],
  mmap2: [4, 6],
  pkey_mprotect: [4, 4],
  mincore: [2, 3],
  ftruncate: [2, 2],
  truncate: [2, 2],
  fallocate: [4, 4],
  load: [1, 2],
  store: [1, 3],
  modify: [1, 2],
  fetch: [1, 2],
  alloca: [1, 1],
  enter: [0, 1],
  leave: [0, 0],
  sbrk: [1, 1],
  getpagesize: [0, 0],
  sysconf: [1, 1],
  getauxval: [1, 1],
  getrlimit: [1, 2],
  setrlimit: [2, 2],
  prlimit: [2, 4],
  prlimit64: [2, 4],
  signal: [2, 2],
  sigaction: [2, 3],
  rt_sigaction: [2, 4],
  sigaltstack: [1, 2],
};

/** Calls of the allocator. */
const HEAP: Readonly<Record<string, readonly [least: number, most: number]>> = {
  malloc: [1, 1],
  calloc: [2, 2],
  realloc: [2, 2],
  reallocarray: [3, 3],
  free: [1, 1],
  memalign: [2, 2],
  posix_memalign: [3, 3],
  aligned_alloc: [2, 2],
  valloc: [1, 1],
  pvalloc: [1, 1],
  malloc_usable_size: [1, 1],
  malloc_trim: [1, 1],
  mallopt: [2, 2],
  thread_exit: [0, 0],
  __malloc_donate: [2, 2],
};

/**
 * Calls that return the allocator's statistics. ltrace does not know their types and writes four arguments for each.
 */
const TELLING: Readonly<Record<string, readonly [least: number, most: number]>> = {
  mallinfo: [0, 4],
  mallinfo2: [0, 4],
  malloc_stats: [0, 4],
  malloc_info: [1, 4],
};

const ARGUMENTS: ReadonlyMap<string, readonly [least: number, most: number]> = new Map(
  Object.entries({ ...PLAIN, ...OTHERS, ...HEAP, ...TELLING }),
);

const FORKING = new Set(["fork", "vfork", "clone", "clone3"]);
const EXEC = new Set(["execve", "execveat"]);
const EXIT = new Set(["exit", "exit_group", "_exit"]);
const TASKS = new Set([...FORKING, ...EXEC, ...EXIT]);

/** Calls that access memory, and so may cause a signal. */
const TOUCHING = new Set(["load", "store", "modify", "fetch", "alloca", "enter"]);

/** Calls that change memory or its regions in ways that are not modelled. */
const UNMODELLED = new Set([
  "remap_file_pages",
  "shmat",
  "shmdt",
  "userfaultfd",
  "process_madvise",
  "process_vm_writev",
  "migrate_pages",
  "mseal",
  "map_shadow_stack",
  "process_mrelease",
]);

export function isPlain(name: string): name is PlainName {
  return Object.hasOwn(PLAIN, name);
}

/** Whether the call accesses memory. */
export function isTouching(name: string): boolean {
  return TOUCHING.has(name);
}

/** Whether the call creates a process or a thread. */
export function isForking(name: string): boolean {
  return FORKING.has(name);
}

/** Whether the call replaces the program of the process. */
export function isExec(name: string): boolean {
  return EXEC.has(name);
}

/** Whether the call ends a process or a thread. */
export function isExit(name: string): boolean {
  return EXIT.has(name);
}

export function isOfHeap(name: string): boolean {
  return Object.hasOwn(HEAP, name);
}

/** Whether the call asks the allocator for statistics. */
export function isTelling(name: string): boolean {
  return Object.hasOwn(TELLING, name);
}

export function isUnmodelled(name: string): boolean {
  return UNMODELLED.has(name);
}

/** Whether the call is about memory or processes, so that its arguments are checked. */
export function isOfMemory(name: string): boolean {
  return ARGUMENTS.has(name) || TASKS.has(name);
}

/** Number of arguments of the call; undefined if it is not known. */
export function argumentCount(name: string): readonly [least: number, most: number] | undefined {
  return ARGUMENTS.get(name);
}

/** Calls of Linux and of the C library whose names differ in a letter or two from the calls above. */
const OTHER_NAMES: ReadonlySet<string> = new Set(
  (
    "dup2 dup3 flock fsync sync stime lock lockf clock truncate truncate64 signalfd ulimit vlimit ugetrlimit openat2 " +
    "creat64 ftruncate64 callrpc cfree execl execle execlp execv execvp execvpe fexecve fclose pclose dlclose fdetach " +
    "fopen popen fgetc getc getrlimit64 setrlimit64 gsignal psignal ssignal hcreate modf modff modfl on_exit " +
    "openat64 openpty pread sscanf swscanf"
  ).split(" "),
);
/** The call that a misspelt name differs from in a letter or two; undefined if the name may be another call. */
export function meantBy(name: string): string | undefined {
  if (OTHER_NAMES.has(name)) return undefined;
  const ours = [...ARGUMENTS.keys(), ...TASKS];
  const likeliest = closest(name, ours);
  const edits = distance(name, likeliest);
  const isMeant = edits === 1 || (edits === 2 && (likeliest.length > 5 || isTwisted(name, likeliest)));
  return isMeant ? likeliest : undefined;
}

/** Whether both have the same letters. */
function isTwisted(one: string, other: string): boolean {
  return [...one].sort().join("") === [...other].sort().join("");
}
