/**
 * The calls that a log may have, one row each. A row has the call's names and arguments as in C, and the function that
 * serves it, by its name in `src/process/log/calls/`. From: the manual pages of the calls.
 *
 *   store(address, [length], [value]): ok            brackets: the argument may be absent
 *   read(fd, out, length, …)                         …: the other arguments are not used, and none are checked
 *   setrlimit(resource, {limits})                    braces: a structure that the log must show
 *   mprotect(address, length, prot: PROT)            a number whose names begin with PROT_ (`names.ts`)
 *
 * These names of arguments have a meaning:
 *
 *   out, in        a buffer that the kernel writes or reads; the result is the number of bytes
 *   block, freed   a block of the heap; one that the call frees or moves
 *   stored         `[0x5555555592e0]`: where the call stores the block that it returns
 *   length, count  of calls that return a block: its bytes are the product
 *   flags          of calls that open files: may have O_CLOEXEC
 *
 * Results are numbers unless the row gives another kind: an `address`; a `block`, which may be NULL; `ok`, that is
 * success or a signal; `data`, the value that a load reads; a `struct`.
 */

type Result = "number" | "address" | "block" | "ok" | "data" | "struct";

interface Notes {
  /** The architectures that have the call; default: all. */
  readonly abi?: "32-bit";
  /** Recordings under valgrind have the call, with these arguments: those that valgrind prints as C has them. */
  readonly valgrind?: true;
}

type Line = readonly [signature: string, server: string, notes?: Notes];

const VALGRIND = { valgrind: true } as const;
const NARROW = { abi: "32-bit" } as const;

/** Calls that change the regions of a process or read its settings. `kernel`: the simulated kernel has the same call. */
const MEMORY = [
  ["brk(address): address", "brk", VALGRIND],
  ["sbrk(increment): address", "sbrk"],
  ["mmap(address, length, prot: PROT, flags: MAP, [fd], [offset]): address", "mmap", VALGRIND],
  ["old_mmap(address, length, prot: PROT, flags: MAP, [fd], [offset]): address", "mmap", NARROW],
  ["mmap2(address, length, prot: PROT, flags: MAP, [fd], [pages]): address", "mmap", NARROW],
  ["munmap(address, length)", "kernel", VALGRIND],
  ["mprotect(address, length, prot: PROT)", "kernel", VALGRIND],
  ["pkey_mprotect(address, length, prot: PROT, key)", "pkeyMprotect"],
  ["mremap(address, length, length, [flags: MREMAP], [address]): address", "mremap", VALGRIND],
  ["madvise(address, length, advice: MADV)", "kernel", VALGRIND],
  ["mlock(address, length)", "kernel", VALGRIND],
  ["mlock2(address, length, flags: MLOCK)", "kernel", VALGRIND],
  ["munlock(address, length)", "kernel", VALGRIND],
  ["mlockall(flags: MCL)", "kernel", VALGRIND],
  ["munlockall()", "kernel", VALGRIND],
  ["msync(address, length, flags: MS)", "kernel", VALGRIND],
  ["mincore(address, length, [vector])", "mincore"],
  ["mseal|syscall_0x1ce(address, length, flags, …)", "mseal"],
  ["shmget(key, length, flags, …)", "shmget"],
  ["shmat(segment, address, flags, …): address", "shmat"],
  ["shmdt(address, …)", "shmdt"],
  ["shmctl(segment, command, [status], …)", "shmctl"],
  ["io_setup(count, context, …)", "ioSetup"],
  ["io_destroy(context, …)", "ioDestroy"],
  ["prctl(option, …)", "prctl"],
  ["getpagesize()", "getpagesize"],
  ["sysconf(name)", "sysconf"],
  ["getauxval(type)", "getauxval"],
  ["getrlimit(resource, [limits])", "getrlimit"],
  ["setrlimit(resource, {limits})", "setrlimit"],
  ["prlimit|prlimit64(pid, resource, [{limits}], [old])", "prlimit"],
  ["signal(number, handler)", "setHandler"],
  ["sigaction(number, action, [old])", "setHandler"],
  ["rt_sigaction(number, action, [old], [size])", "setHandler"],
  ["sigaltstack(stack, [old])", "setAlternateStack"],
] as const satisfies readonly Line[];

/** Pagewalk's own: accesses to memory, which may cause a signal, and the stack. */
const ACCESSES = [
  ["load(address, [length]): data", "touch"],
  ["store(address, [length], [value]): ok", "touch"],
  ["modify(address, [length]): ok", "touch"],
  ["fetch(address, [length]): ok", "touch"],
  ["alloca(length): address", "alloca"],
  ["enter([length]): ok", "enter"],
  ["leave()", "leave"],
] as const satisfies readonly Line[];

/** Calls of the C library's allocator; `thread_exit` is Pagewalk's, `__malloc_donate` musl's dynamic linker's. */
const HEAP = [
  ["malloc(length): block", "allocator"],
  ["calloc(count, length): block", "allocator"],
  ["realloc(freed, length): block", "allocator"],
  ["reallocarray(freed, count, length): block", "allocator"],
  ["free(freed)", "allocator"],
  ["memalign(alignment, length): block", "allocator"],
  ["posix_memalign(stored, alignment, length): block", "allocator"],
  ["aligned_alloc(alignment, length): block", "allocator"],
  ["valloc(length): block", "allocator"],
  ["pvalloc(length): block", "allocator"],
  ["malloc_usable_size(block)", "allocator"],
  ["malloc_trim(pad)", "allocator"],
  ["mallopt(parameter, value)", "allocator"],
  ["thread_exit()", "allocator"],
  ["__malloc_donate(start, end)", "allocator"],
] as const satisfies readonly Line[];

/** Calls for the allocator's statistics. ltrace does not know their types and writes four arguments for each. */
const FIGURES = [
  ["mallinfo([_], [_], [_], [_]): struct", "figures"],
  ["mallinfo2([_], [_], [_], [_]): struct", "figures"],
  ["malloc_stats([_], [_], [_], [_])", "figures"],
  ["malloc_info(options, [stream], [_], [_])", "figures"],
] as const satisfies readonly Line[];

/** Calls that change a file or show its state. */
const FILES = [
  ["ftruncate(fd, length)", "ftruncate", VALGRIND],
  ["truncate(path, length)", "truncate"],
  ["ftruncate64(fd, length, …)", "ftruncate"],
  ["truncate64(path, length, …)", "truncate"],
  ["fallocate(fd, mode, offset, length)", "fallocate"],
  ["posix_fallocate(fd, offset, length, …)", "posixFallocate"],
  ["fsync|fdatasync(fd, …)", "fsync"],
  ["write(fd, in, length, …)", "write", VALGRIND],
  ["writev(fd, vector, count, …)", "write"],
  ["pwrite|pwrite64(fd, in, length, offset, …)", "pwrite", VALGRIND],
  ["pwritev(fd, vector, count, offset, …)", "pwrite"],
  ["read(fd, out, length, …)", "read", VALGRIND],
  ["readv(fd, vector, count, …)", "read"],
  ["pread|pread64(fd, out, length, offset, …)", "pread", VALGRIND],
  ["preadv(fd, vector, count, offset, …)", "pread"],
  ["lseek(fd, offset, whence: SEEK, …)", "lseek", VALGRIND],
  ["_llseek(fd, high, low, position, whence: SEEK, …)", "llseek"],
  ["fstat|fstat64(fd, status, …)", "fstat"],
  ["newfstatat|fstatat64(fd, path, status, …)", "fstatat"],
] as const satisfies readonly Line[];

/** Calls that open, receive, copy and close descriptors, and those that change the names of files. */
const DESCRIPTORS = [
  ["open(path, flags: O, [mode], …)", "open", VALGRIND],
  ["openat(fd, path, flags: O, [mode], …)", "openat", VALGRIND],
  ["openat2(fd, path, how, size, …)", "openat"],
  ["creat(path, mode, …)", "creat"],
  ["shm_open(path, flags, mode, …)", "shmOpen"],
  ["memfd_create(name, flags, …)", "memfdCreate"],
  ["dup(fd, …)", "duplicate", VALGRIND],
  ["dup2(fd, fd, …)", "duplicate", VALGRIND],
  ["dup3(fd, fd, flags: O, …)", "duplicate", VALGRIND],
  ["fcntl|fcntl64(fd, command, value, …)", "fcntl"],
  ["close(fd, …)", "close", VALGRIND],
  ["close_range(fd, fd, flags, …)", "closeRange"],
  ["socket(domain, type, protocol, …)", "socket"],
  ["socketpair(domain, type, protocol, pair, …)", "socketpair"],
  ["accept(fd, …)", "duplicate"],
  ["accept4(fd, address, length, flags, …)", "duplicate"],
  ["pipe(pair, …)", "pipe"],
  ["pipe2(pair, flags, …)", "pipe"],
  ["eventfd(count, …)", "unmappable"],
  ["eventfd2(count, flags, …)", "unmappable"],
  ["epoll_create(size, …)", "unmappable"],
  ["epoll_create1(flags, …)", "unmappable"],
  ["timerfd_create(clock, flags, …)", "unmappable"],
  ["signalfd(fd, mask, size, …)", "unmappable"],
  ["signalfd4(fd, mask, size, flags, …)", "unmappable"],
  ["recvmsg|recvmmsg(fd, message, …)", "receive"],
  ["unlink(path, …)", "unlink"],
  ["unlinkat(fd, path, flags, …)", "unlinkat"],
  ["rename(path, path, …)", "rename"],
  ["renameat|renameat2(fd, path, fd, path, flags, …)", "renameat"],
  ["chdir(path, …)", "chdir"],
  ["fchdir(fd, …)", "fchdir"],
  ["inotify_init(…)", "unmappable"],
  ["inotify_init1(flags, …)", "unmappable"],
  ["pidfd_open(pid, …)", "unmappable"],
  [
    "io_uring_setup|perf_event_open|memfd_secret|userfaultfd|pidfd_getfd|bpf|open_by_handle_at(…)",
    "unknownFile",
  ],
] as const satisfies readonly Line[];

/** Calls that create, replace and end processes and threads; `region` is Pagewalk's: what the next execve begins with. */
const TASKS = [
  ["fork()", "fork"],
  ["vfork()", "fork"],
  ["clone(flags, [stack], [parent], [tls], [child])", "fork"],
  ["clone3({arguments}, [size])", "fork"],
  ["execve(path, arguments, environment)", "exec"],
  ["execveat(fd, path, arguments, environment, flags)", "exec"],
  ["region(address, end, permissions, offset, [name])", "region"],
  ["exit(status)", "exit"],
  ["_exit(status)", "exit"],
  ["exit_group(status)", "exit", VALGRIND],
] as const satisfies readonly Line[];

/** Calls that the model skips, except for the bytes that they copy to or from the memory of the process. */
const COPYING = [
  ["recv(fd, out, length, …)", "nothing"],
  ["recvfrom(fd, out, length, …)", "nothing", VALGRIND],
  ["getdents(fd, out, length, …)", "nothing"],
  ["getdents64(fd, out, length, …)", "nothing", VALGRIND],
  ["getrandom(out, length, flags, …)", "nothing", VALGRIND],
  ["getcwd(out, length, …)", "getcwd", VALGRIND],
  ["readlink(path, out, length, …)", "nothing", VALGRIND],
  ["readlinkat(fd, path, out, length, …)", "nothing"],
  ["send(fd, in, length, …)", "nothing"],
  ["sendto(fd, in, length, …)", "nothing", VALGRIND],
] as const satisfies readonly Line[];

/** Calls that change memory or its regions in ways that are not modelled. They are skipped with a warning. */
const UNMODELLED = [
  ["remap_file_pages(…)", "nothing"],
  ["process_madvise(…)", "nothing"],
  ["process_vm_writev(…)", "nothing"],
  ["migrate_pages(…)", "nothing"],
  ["map_shadow_stack(…)", "nothing"],
  ["process_mrelease(…)", "nothing"],
] as const satisfies readonly Line[];

const TABLE = {
  memory: MEMORY,
  access: ACCESSES,
  heap: HEAP,
  figures: FIGURES,
  file: FILES,
  descriptor: DESCRIPTORS,
  task: TASKS,
  other: COPYING,
  unmodelled: UNMODELLED,
} as const;

export type Family = keyof typeof TABLE;
/** The functions that serve the calls of these families. */
export type ServerOf<F extends Family> = (typeof TABLE)[F][number][1];

export interface Parameter {
  readonly name: string;
  readonly isOptional: boolean;
  /** A structure that the log must show. */
  readonly isStruct: boolean;
  /** The prefix of the names of its numbers: `PROT` of PROT_READ. Undefined if they have no names. */
  readonly prefix: string | undefined;
}

export interface CallRow {
  /** The names of the call. Calls with these names differ only in the name. */
  readonly names: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly result: Result;
  readonly family: Family;
  readonly server: string;
  /** Arguments that cannot be read are errors. In calls with `…` they are not. */
  readonly isChecked: boolean;
  readonly abi: "32-bit" | undefined;
  readonly hasValgrind: boolean;
}

const SIGNATURE = /^([\w|]+)\((.*)\)(?:: (\w+))?$/;

function rowOf(family: Family, [signature, server, notes = {}]: Line): CallRow {
  const [, names = "", list = "", result = "number"] = SIGNATURE.exec(signature) ?? [];
  const parameters = list.split(", ").filter((text) => text !== "" && text !== "…");
  return {
    names: names.split("|"),
    parameters: parameters.map(parameterOf),
    result: result as Result,
    family,
    server,
    isChecked: !list.endsWith("…"),
    abi: notes.abi,
    hasValgrind: notes.valgrind === true,
  };
}

function parameterOf(text: string): Parameter {
  const [name = "", prefix] = text.replace(/[^\w:]/g, "").split(":");
  return { name, isOptional: text.startsWith("["), isStruct: text.includes("{"), prefix };
}

let rows: readonly CallRow[] | undefined;

/** Every row of the table. They are made when they are needed first, since every trace's format is compared with logs'. */
export function callRows(): readonly CallRow[] {
  rows ??= Object.entries(TABLE).flatMap(([family, lines]) =>
    lines.map((line: Line) => rowOf(family as Family, line)),
  );
  return rows;
}

let byName: ReadonlyMap<string, CallRow> | undefined;

/** All calls that are not in the table: those that do not affect memory, and misspelt ones. */
export const OTHER_CALL: CallRow = rowOf("other", ["other(…)", "nothing"]);

export function callRow(name: string): CallRow {
  byName ??= new Map(callRows().flatMap((row) => row.names.map((name) => [name, row] as const)));
  return byName.get(name) ?? OTHER_CALL;
}
