/**
 * Calls of i386 whose arguments lie in memory, and numbers that stand for several calls. The recorder for QEMU copies
 * these words; here they become the call's own arguments. From: old_mmap(2) in arch/x86/kernel/sys_ia32.c, socketcall(2),
 * ipc(2); include/uapi/linux/net.h and ipc.h.
 *
 *   mmap (90)         [0] -> six words
 *   socketcall (102)  [0] which call, [1] -> its words
 *   ipc (117)         [0] which call, [1] [2] [3] its numbers, [4] its pointer; shmat stores its result at [3]
 */
import type { Words } from "./pointed.js";

const MMAP = 90;
const SOCKETCALL = 102;
const IPC = 117;
const MOST_WORDS = 6;

const SOCKET_CALLS: Readonly<Record<number, string>> = {
  1: "socket",
  5: "accept",
  8: "socketpair",
  9: "send",
  10: "recv",
  11: "sendto",
  12: "recvfrom",
  17: "recvmsg",
  18: "accept4",
  19: "recvmmsg",
};

/** Of the arguments of `ipc`, those that are the call's. */
const IPC_CALLS: Readonly<Record<number, readonly [name: string, ...places: number[]]>> = {
  21: ["shmat", 1, 4, 2],
  22: ["shmdt", 4],
  23: ["shmget", 1, 2, 3],
  24: ["shmctl", 1, 2, 4],
};

/** Their rules for the plugin of QEMU, by processor. */
export const PACKED_RULES: Readonly<Record<string, string>> = {
  i386: `+${MMAP}.b0:${4 * MOST_WORDS}+${SOCKETCALL}.b1:${4 * MOST_WORDS}+${IPC}.B3:4`,
};

export function isPacked(cpu: string, number: number): boolean {
  return cpu === "i386" && (number === MMAP || number === SOCKETCALL || number === IPC);
}

export interface UnpackedCall {
  readonly name: string;
  readonly args: readonly bigint[];
}

/**
 * The call behind one of these numbers; undefined if its words could not be read, or it is none of the table. `words`: those
 * behind an argument.
 */
export function unpacked(
  number: number,
  args: readonly bigint[],
  words: (argument: number) => Words | undefined,
): UnpackedCall | undefined {
  if (number === IPC) return unpackedIpc(args);
  const name = number === MMAP ? "mmap" : SOCKET_CALLS[Number(args[0])];
  const list = words(number === MMAP ? 0 : 1);
  if (name === undefined || list === undefined) return undefined;
  return { name, args: Array.from({ length: MOST_WORDS }, (_, n) => list.word(n)) };
}

/** The upper half of the first argument is a version. */
function unpackedIpc([which = 0n, ...rest]: readonly bigint[]): UnpackedCall | undefined {
  const [name, ...places] = IPC_CALLS[Number(which & 0xffffn)] ?? [];
  if (name === undefined) return undefined;
  return { name, args: places.map((place) => rest[place - 1] ?? 0n) };
}

/** The result of a call that stores it in memory; undefined if it is what the number returns. */
export function storedResult(
  name: string,
  words: (argument: number) => Words | undefined,
): bigint | undefined {
  return name === "shmat" ? words(3)?.word(0) : undefined;
}
