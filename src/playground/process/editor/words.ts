/** The words of call logs, from the tables of the library: calls, constants, signals. */
import * as linux from "../../../../assembly/abi/linux.js";
import { CONSTANTS, signalCode, signalName } from "../../../process/names.js";
import { type CallRow, callRow, callRows, OTHER_CALL } from "../../../trace/calls/table.js";

export { CONSTANTS };

/** The calls by name; of those that the model passes over only the ones that copy memory. */
export const CALLS: readonly { readonly name: string; readonly row: CallRow }[] = callRows()
  .filter(({ family }) => family !== "unmodelled")
  .flatMap((row) => row.names.map((name) => ({ name, row })));

export function rowOf(name: string): CallRow | undefined {
  const row = callRow(name);
  return row === OTHER_CALL ? undefined : row;
}

/** `(address, length, prot): address`, absent arguments in brackets. */
export function signatureOf({ parameters, result, isChecked }: CallRow): string {
  const names = parameters.map(({ name, isOptional }) => (isOptional ? `[${name}]` : name));
  return `(${[...names, ...(isChecked ? [] : ["…"])].join(", ")}): ${result}`;
}

const FAMILIES: Readonly<Record<CallRow["family"], string>> = {
  memory: "changes or asks for regions of the process",
  access: "Pagewalk’s own: the process accesses its memory or moves its stack",
  heap: "served by the allocator",
  figures: "figures of the allocator",
  file: "changes a file or shows its state",
  descriptor: "opens, copies or closes files",
  task: "creates, replaces or ends processes and threads",
  other: "copies to or from memory of the process",
  unmodelled: "is not modelled",
};

export function aboutCall({ family }: CallRow): string {
  return FAMILIES[family];
}

/** `SIGSEGV SEGV_MAPERR` and the others that an access may cause. */
export const SIGNALS: readonly string[] = (
  [
    [linux.SIGSEGV, linux.SEGV_MAPERR],
    [linux.SIGSEGV, linux.SEGV_ACCERR],
    [linux.SIGBUS, linux.BUS_ADRERR],
  ] as const
).map(([signal, code]) => `${signalName(signal)} ${signalCode(signal, code)}`);

/** The meanings of results: signal(7), sigaction(2), errno(3). */
export const RESULTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ok: "the access ended without a signal",
    NULL: "the address 0",
    SIGSEGV: "an access that memory does not allow",
    SIGBUS: "an access to a part of a mapping that has no memory",
    SIGABRT: "the process ended itself, as allocators do when they find a fault",
    SIGKILL: "the kernel ended the process",
    SEGV_MAPERR: "no region contains the address",
    SEGV_ACCERR: "the region’s protection does not allow the access",
    BUS_ADRERR: "the page is beyond the end of the file",
    EACCES: "permission denied",
    EAGAIN: "a limit is reached, or the resource is busy",
    EBADF: "not an open file descriptor",
    EEXIST: "it exists already",
    EFAULT: "an address that the process cannot access",
    EINVAL: "an argument is not valid",
    ENODEV: "the file cannot be mapped",
    ENOENT: "there is no such file",
    ENOMEM: "no memory, no addresses, or a limit is reached",
    EOVERFLOW: "the value is too large",
    EPERM: "not permitted",
  }),
);

/** The families of the flags of calls that take more than one kind. */
const FLAGS: Readonly<Record<string, string>> = {
  mmap: "MAP_",
  old_mmap: "MAP_",
  mmap2: "MAP_",
  mremap: "MREMAP_",
  mlock2: "MLOCK_",
  mlockall: "MCL_",
  msync: "MS_",
  open: "O_",
  openat: "O_",
  shm_open: "O_",
  clone: "CLONE_",
  shmget: "IPC_",
  shmat: "SHM_",
  renameat2: "RENAME_",
};

const BY_PARAMETER: Readonly<Record<string, string>> = {
  prot: "PROT_",
  advice: "MADV_",
  resource: "RLIMIT_",
  mode: "FALLOC_",
  parameter: "M_",
};

/** The beginning of the constants that the argument of the call takes; undefined if it takes none. */
export function constantsFor(call: string, argument: number): string | undefined {
  const name = rowOf(call)?.parameters[argument]?.name ?? "";
  return name === "flags" ? FLAGS[call] : BY_PARAMETER[name];
}
