/**
 * Calls of a process, one record each.
 */

// One call of a process. A `load`, `store` or `fetch` is one as well: the process touching memory.
//
//   0    4        8            56         64        72
//   ├ op ┼ signal ┼ arguments ─┼ result ──┼ address ┤    signal: number << 8 | code, 0: none; address: what it met
//    u32    u32      u64 × 6      i64        u64         result: as the kernel answers, -errno for an error
export const CALL_OP = 0;
export const CALL_SIGNAL = 4;
export const CALL_ARGUMENTS = 8;
export const CALL_RESULT = 56;
export const CALL_ADDRESS = 64;
export const CALL_BYTES = 72;

export const OP_BRK = 0; // address
export const OP_MMAP = 1; // address, bytes, protection, flags, object and how it was opened (OPENED_…), offset in bytes
export const OP_MUNMAP = 2; // address, bytes
export const OP_MPROTECT = 3; // address, bytes, protection
export const OP_MREMAP = 4; // address, old bytes, new bytes, flags, new address
export const OP_MADVISE = 5; // address, bytes, advice
export const OP_MLOCK = 6; // address, bytes
export const OP_MLOCK2 = 7; // address, bytes, flags
export const OP_MUNLOCK = 8; // address, bytes
export const OP_MLOCKALL = 9; // flags
export const OP_MUNLOCKALL = 10;
export const OP_MINCORE = 11; // address, bytes, kernel memory for a byte a page
export const OP_MSYNC = 12; // address, bytes, flags
export const OP_SETRLIMIT = 13; // resource, soft, hard
export const OP_MSEAL = 14; // address, bytes, flags
export const OP_LOAD = 15; // address, bytes: this and the following touch memory
export const OP_STORE = 16; // address, bytes
export const OP_FETCH = 17; // address, bytes
export const OP_MODIFY = 18; // address, bytes: a load and a store in one

// The object that mmap maps (0: none) and the mode of its descriptor.
//
//   0        32         38        64
//   ├ object ┼ denied ──┼ opening ┤     denied: what the descriptor does not allow, DENIED_…; opening: a number, the same
//     32 bits  6 bits     26 bits       for all copies of one descriptor; neighbours merge only where they agree in it
export const OPENED_DENIED_SHIFT = 32;
export const OPENED_NUMBER_SHIFT = 38;
export const DENIED_READ = 1;
export const DENIED_WRITE = 2;
/** A pipe, a directory …: open, and yet nothing that can be mapped. */
export const DENIED_MAP = 4;
/** The file system is mounted noexec: its mappings never get VM_MAYEXEC. */
export const DENIED_EXEC = 8;
/** Its mappings do not grow (VM_DONTEXPAND), as those of drivers' files. */
export const DENIED_EXPAND = 16;
/** A file of /proc that a driver made: its mmap is there, and fails with EIO. */
export const DENIED_DRIVER = 32;

/** Results of fork without a child: all numbers are in use; memory is out. */
export const FORK_NO_NUMBER = 0xffffffff;
export const FORK_NO_MEMORY = 0xfffffffe;
