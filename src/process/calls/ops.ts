/** Names of the calls and references that the kernel serves. */

import {
  OP_BRK,
  OP_MADVISE,
  OP_MINCORE,
  OP_MLOCK,
  OP_MLOCK2,
  OP_MLOCKALL,
  OP_MMAP,
  OP_MPROTECT,
  OP_MREMAP,
  OP_MSEAL,
  OP_MSYNC,
  OP_MUNLOCK,
  OP_MUNLOCKALL,
  OP_MUNMAP,
  OP_SETRLIMIT,
} from "../../../assembly/abi/call.js";
import { REFERENCE_KINDS } from "../../../assembly/abi/names.js";
import { UsageError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import type { ReferenceKind } from "../../trace/losses.js";
import { mustBeBits, shown } from "../arguments.js";

export const OPS = {
  brk: OP_BRK,
  mmap: OP_MMAP,
  munmap: OP_MUNMAP,
  mprotect: OP_MPROTECT,
  mremap: OP_MREMAP,
  madvise: OP_MADVISE,
  mlock: OP_MLOCK,
  mlock2: OP_MLOCK2,
  munlock: OP_MUNLOCK,
  mlockall: OP_MLOCKALL,
  munlockall: OP_MUNLOCKALL,
  mincore: OP_MINCORE,
  msync: OP_MSYNC,
  mseal: OP_MSEAL,
  setrlimit: OP_SETRLIMIT,
} as const;

const LIST = 'give calls as ["munmap", [address, bytes]]';

export type CallName = keyof typeof OPS;

/** The kernel's number for the call. Throws `UsageError`. */
export function opOf(name: CallName): number {
  const op: unknown = OPS[name];
  if (typeof op === "number") return op;
  const names = Object.keys(OPS);
  throw new UsageError(
    `there is no call ${shown(name)}`,
    `did you mean ${nearest(String(name), names)}? There are ${names.join(", ")}`,
  );
}

type NamedCall = readonly [name: CallName, args: readonly bigint[]];

/** Replaces names of calls by numbers. Throws `UsageError` with the position of an unknown one. */
export function numbered(calls: readonly NamedCall[]): [op: number, args: readonly bigint[]][] {
  if (!Array.isArray(calls)) throw new UsageError(`${shown(calls)} is not a list of calls`, LIST, "callMany");
  return calls.map((call: NamedCall, n) => {
    try {
      if (!Array.isArray(call)) throw new UsageError(`${shown(call)} is not a call`, LIST);
      const [name, args] = call as NamedCall;
      const op = opOf(name);
      mustBeBits(args, name);
      return [op, args];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const within = error.place === undefined ? "" : `, ${error.place}`;
      throw new UsageError(error.words.problem, error.words.remedy, `call ${n + 1} of callMany${within}`);
    }
  });
}

/** Throws `UsageError`. */
export function kindOf(kind: ReferenceKind): number {
  const number = REFERENCE_KINDS.indexOf(kind);
  if (number >= 0) return number;
  throw new UsageError(
    `there is no reference ${shown(kind)}`,
    `there are ${REFERENCE_KINDS.join(", ")}`,
    "touchMany",
  );
}
