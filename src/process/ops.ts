/** The calls that the kernel serves, by their names. */
import * as abi from "../../assembly/abi-process.js";

export const OPS = {
  brk: abi.OP_BRK,
  mmap: abi.OP_MMAP,
  munmap: abi.OP_MUNMAP,
  mprotect: abi.OP_MPROTECT,
  mremap: abi.OP_MREMAP,
  madvise: abi.OP_MADVISE,
  mlock: abi.OP_MLOCK,
  mlock2: abi.OP_MLOCK2,
  munlock: abi.OP_MUNLOCK,
  mlockall: abi.OP_MLOCKALL,
  munlockall: abi.OP_MUNLOCKALL,
  mincore: abi.OP_MINCORE,
  msync: abi.OP_MSYNC,
  setrlimit: abi.OP_SETRLIMIT,
} as const;

export type CallName = keyof typeof OPS;
