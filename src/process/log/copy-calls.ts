/**
 * Calls that make the kernel copy to or from the memory of a process. The pages that it accesses are faults of the
 * process. strace shows the data but not the address, so this applies to recordings and to logs with raw arguments.
 */

import { OP_LOAD, OP_STORE } from "../../../assembly/abi/call.js";
import type { Process } from "../process.js";
import type { Call } from "./call.js";

/** The buffer's argument and the kind of access; the result is the number of bytes. */
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
/** The largest copy of Linux (MAX_RW_COUNT). */
const MOST_COPIED = 0x7ffff000n;

/** Accesses the copied bytes. Bytes that cannot be accessed were not copied, so they cause no signal. */
export function copy(process: Process, { name, args, expected, line }: Call): void {
  const copied = COPIES.get(name);
  if (copied === undefined || expected?.kind !== "value" || !process.isAlive) return;
  const [at, op] = copied;
  const buffer = args[at];
  const bytes = BigInt.asIntN(64, expected.value);
  if (buffer?.kind !== "number" || bytes <= 0n || bytes > MOST_COPIED) return;
  process.system.operate(() => process.space.kernel.run(op, [buffer.value, bytes], line));
}
