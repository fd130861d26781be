/** Calls that change the regions of a process. From: brk(2), mmap(2), mremap(2), mincore(2), sysconf(3). */

import * as linux from "../../../../assembly/abi/linux.js";
import { SPACE_BRK } from "../../../../assembly/abi/process.js";
import type { Answer } from "../../answers.js";
import type { CallName } from "../../calls/ops.js";
import type { Process } from "../../process.js";
import { shownPath } from "../parse/argument.js";
import type { Call, Context, Outcome } from "./call.js";
import { CLOSED } from "./descriptors.js";
import { searchAsRecorded } from "./map-32bit.js";
import { allBits, bits } from "./operands.js";
import { answered, failed, plain } from "./outcomes.js";

const MAP_FIXED = BigInt(linux.MAP_FIXED);
const MAP_FIXED_NOREPLACE = BigInt(linux.MAP_FIXED_NOREPLACE);
const MAP_ANONYMOUS = BigInt(linux.MAP_ANONYMOUS);
const MAP_32BIT = BigInt(linux.MAP_32BIT);
const MREMAP_MAYMOVE = BigInt(linux.MREMAP_MAYMOVE);
const MREMAP_TO = MREMAP_MAYMOVE | BigInt(linux.MREMAP_FIXED);
const SC_PAGESIZE = 30n;
const AT_PAGESZ = 6n;
/** The unit of the offset of mmap2. */
const MMAP2_UNIT = 4096n;

/** Passes the arguments to the simulated kernel as they are. */
export function kernel({ process }: Context, call: Call): Outcome {
  return passed(process, call);
}

function passed(process: Process, call: Call, adopt?: Outcome["adopt"]): Outcome {
  const args = allBits(call);
  return answered(call, args, process.call(call.name as CallName, args, call.line), adopt);
}

export function brk({ process, starts }: Context, call: Call): Outcome {
  starts.learnBreak(process, call.expected, call.follow);
  starts.giveBreak(process);
  return passed(process, call, adoptBreak);
}

export function sbrk({ process, starts }: Context, call: Call): Outcome {
  starts.learnBreak(process, call.expected, call.follow);
  starts.giveBreak(process);
  const args = [bits(call, 0)];
  return answered(call, args, process.sbrk(BigInt.asIntN(64, args[0] as bigint), call.line));
}

function adoptBreak(process: Process, _: Outcome, recorded: bigint | undefined): void {
  if (recorded === undefined || process.call("brk", [recorded]).value === recorded) return;
  process.space.kernel.setField(SPACE_BRK, recorded);
}

export function mmap(context: Context, call: Call): Outcome {
  const { process } = context;
  const args = mapArguments(process, call);
  const placed =
    call.follow && call.expected?.kind === "value" ? placedExactly(process, args, call.line) : undefined;
  if (placed !== undefined) return answered(call, args, placed, adoptMapping);
  const answer = searchAsRecorded(context, call, args, () => process.call("mmap", args, call.line));
  return answered(call, args, answer, adoptMapping);
}

/** Linux does not take every hint: huge pages may not fit there. Undefined if the address is in use. */
function placedExactly(process: Process, args: readonly bigint[], line: number): Answer | undefined {
  const [address = 0n, bytes = 0n, protection = 0n, flags = 0n, ...file] = args;
  const answer = process.call(
    "mmap",
    [address, bytes, protection, flags | MAP_FIXED_NOREPLACE, ...file],
    line,
  );
  return answer.error === "EEXIST" ? undefined : answer;
}

/** The arguments of mmap as the kernel takes them, with the file as an object. */
export function mapArguments(process: Process, call: Call): bigint[] {
  const args = [0, 1, 2, 3].map((n) => bits(call, n));
  const [hint, bytes, protection, wanted] = args as [bigint, bigint, bigint, bigint];
  const recorded = call.follow && call.expected?.kind === "value" ? call.expected.value : undefined;
  const flags = recorded === undefined ? wanted : wanted & ~MAP_32BIT; // which only places it
  const address = (flags & MAP_FIXED) === 0n ? (recorded ?? hint) : hint;
  const isAnonymous = (flags & MAP_ANONYMOUS) !== 0n;
  const fd = isAnonymous || call.args.length < 5 ? -1 : Number(BigInt.asIntN(32, bits(call, 4)));
  const unit = call.row.parameters[5]?.name === "pages" ? MMAP2_UNIT : 1n;
  const offset = call.args.length < 6 ? 0n : bits(call, 5) * unit;
  const opened = isAnonymous ? 0n : openedBits(process, call, fd);
  return [address, bytes, protection, flags, opened, BigInt.asUintN(64, offset)];
}

/** The open file in the form that the kernel's mmap takes. */
function openedBits({ system }: Process, call: Call, fd: number): bigint {
  const { args, descriptors, expected } = call;
  if (isMissing(call, fd)) return 0n;
  const file = descriptors.file(fd, shownPath(args[4]));
  // The log maps a descriptor that it shows closed: calls that were not traced have opened it again.
  const isReopened = expected?.kind === "value" && descriptors.find(fd) === CLOSED;
  return system.files.bits(file ?? (isReopened ? `fd:${fd}` : undefined));
}

/** True if the descriptor was never opened: the log says so, or has all calls that open files, and not this one. */
function isMissing({ args, descriptors, expected }: Call, fd: number): boolean {
  if (descriptors.find(fd) !== undefined || shownPath(args[4]) !== undefined) return false;
  if (expected === undefined) return descriptors.isNeverOpened(fd);
  return expected.kind === "error" && expected.name === "EBADF";
}

/** Moves the mapping to its recorded place, or removes it if the recorded call failed. */
export function adoptMapping(
  process: Process,
  { args, value, error }: Outcome,
  recorded: bigint | undefined,
): void {
  const [, bytes = 0n, protection = 0n, flags = 0n, object = 0n, offset = 0n] = args;
  if (error === undefined && value !== recorded) process.call("munmap", [value, bytes]);
  if (recorded !== undefined)
    process.call("mmap", [recorded, bytes, protection, flags | MAP_FIXED, object, offset]);
}

export function mremap({ process }: Context, call: Call): Outcome {
  const args = moveArguments(call);
  return answered(call, args, process.call("mremap", args, call.line), adoptMove);
}

/** A region that may move goes where the log has it. */
function moveArguments(call: Call): bigint[] {
  const args = allBits(call);
  const [address = 0n, from = 0n, to = 0n, flags = 0n] = args;
  const mayMove = (flags & MREMAP_TO) === MREMAP_MAYMOVE;
  const recorded = call.follow && call.expected?.kind === "value" ? call.expected.value : address;
  return mayMove && recorded !== address ? [address, from, to, MREMAP_TO, recorded] : args;
}

function adoptMove(process: Process, { args, value, error }: Outcome, recorded: bigint | undefined): void {
  const [address = 0n, oldBytes = 0n, newBytes = 0n] = args;
  const got = error === undefined ? value : undefined;
  if (recorded !== undefined) {
    const from = got ?? address;
    process.call("mremap", [from, got === undefined ? oldBytes : newBytes, newBytes, MREMAP_TO, recorded]);
  } else if (got !== undefined && got !== address) {
    process.call("mremap", [got, newBytes, oldBytes, MREMAP_TO, address]);
  }
}

/** Without a key it is mprotect. Keys are not modelled. */
export function pkeyMprotect({ process }: Context, call: Call): Outcome {
  const args = [0, 1, 2].map((n) => bits(call, n));
  return answered(call, args, process.call("mprotect", args, call.line));
}

/**
 * A log does not show which pages were in memory. Where it shows the address of the vector and not that the call
 * succeeded, the vector must lie in writable memory.
 */
export function mincore({ process }: Context, call: Call): Outcome {
  const args = [bits(call, 0), bits(call, 1)] as const;
  const answer = process.call("mincore", [...args, 0n], call.line);
  const [, , vector] = call.args;
  const isChecked = answer.error === undefined && call.expected?.kind !== "value";
  if (!isChecked || vector?.kind !== "number") return answered(call, args, answer);
  const flags = (args[1] + process.pageBytes - 1n) / process.pageBytes;
  if (!isWritable(process, vector.value, flags)) return failed(call, "EFAULT");
  return answered(call, args, answer);
}

function isWritable(process: Process, address: bigint, bytes: bigint): boolean {
  let at = address;
  for (const { start, end, flags } of process.rawRegions())
    if (start <= at && at < end && (flags & linux.VM_WRITE) !== 0) at = end;
  return at >= address + bytes;
}

/** strace before 6.9 shows it as `syscall_0x1ce`, with six arguments. */
export function mseal({ process }: Context, call: Call): Outcome {
  const args = [0, 1, 2].map((n) => bits(call, n));
  return answered(call, args, process.call("mseal", args, call.line));
}

export function getpagesize({ process }: Context, call: Call): Outcome {
  return plain(call, [], process.pageBytes);
}

export function sysconf({ process }: Context, call: Call): Outcome | undefined {
  return bits(call, 0) === SC_PAGESIZE ? plain(call, [SC_PAGESIZE], process.pageBytes) : undefined;
}

export function getauxval({ process }: Context, call: Call): Outcome | undefined {
  return bits(call, 0) === AT_PAGESZ ? plain(call, [AT_PAGESZ], process.pageBytes) : undefined;
}
