/**
 * Calls by which the kernel copies to a process's memory or from it: the pages that it touches are the process's faults.
 * strace shows what was copied and not where, so that it matters for recordings, and for logs with raw arguments.
 */

import { OP_LOAD, OP_STORE } from "../../../assembly/abi/call.js";
import type { Process } from "../process.js";
import type { Call } from "./call.js";

/** Which argument is the buffer, and what is done to it; as many bytes as the call answers. */
const COPIES: ReadonlyMap<string, readonly [buffer: number, op: number]> = new Map([
  ["read", [1, OP_STORE]],
  ["pread", [1, OP_STORE]],
  ["pread64", [1, OP_STORE]],
  ["recv", [1, OP_STORE]],
  ["recvfrom", [1, OP_STORE]],
  ["getdents", [1, OP_STORE]],
  ["getdents64", [1, OP_STORE]],
  ["getrandom", [0, OP_STORE]],
  ["getcwd", [0, OP_STORE]],
  ["readlink", [1, OP_STORE]],
  ["readlinkat", [2, OP_STORE]],
  ["write", [1, OP_LOAD]],
  ["pwrite64", [1, OP_LOAD]],
  ["send", [1, OP_LOAD]],
  ["sendto", [1, OP_LOAD]],
]);
/** Linux copies no more at once (MAX_RW_COUNT). */
const MOST_COPIED = 0x7ffff000n;

/** Touches what the call copied. Whatever it could not reach it did not copy. */
export function copy(process: Process, { name, args, expected, line }: Call): void {
  const copied = COPIES.get(name);
  if (copied === undefined || expected?.kind !== "value" || !process.isAlive) return;
  const [at, op] = copied;
  const buffer = args[at];
  const bytes = BigInt.asIntN(64, expected.value);
  if (buffer?.kind !== "number" || bytes <= 0n || bytes > MOST_COPIED) return;
  process.system.operate(() => process.system.kernel.run(process.asid, op, [buffer.value, bytes], line));
}
