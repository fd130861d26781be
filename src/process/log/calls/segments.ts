/**
 * Calls of a log that map memory of the kernel's own making: segments of System V shared memory, rings of asynchronous
 * input and output. Segments are known by the numbers that shmget returned. From: shmget(2), shmop(2), io_setup(2);
 * ipc/shm.c and fs/aio.c of Linux 6.18. Differences: limits such as shmmax are not modelled; segments of explicit huge
 * pages (SHM_HUGETLB) are passed over.
 */
import { DENIED_EXEC, DENIED_EXPAND } from "../../../../assembly/abi/call.js";
import * as linux from "../../../../assembly/abi/linux.js";
import type { Answer } from "../../answers.js";
import type { Process } from "../../process.js";
import type { System } from "../../system.js";
import { type Argument, bracketed, numberOf } from "../parse/argument.js";
import type { Call, Context, Outcome } from "./call.js";
import { adoptMapping } from "./memory.js";
import { bits } from "./operands.js";
import { answered, failed, plain } from "./outcomes.js";

const READ_WRITE = BigInt(linux.PROT_READ | linux.PROT_WRITE);
const SHARED = BigInt(linux.MAP_SHARED);
/** Commands of shmctl that concern one segment. */
const OF_SEGMENTS: ReadonlySet<number> = new Set([
  linux.IPC_RMID,
  linux.IPC_SET,
  linux.IPC_STAT,
  linux.SHM_LOCK,
  linux.SHM_UNLOCK,
]);

/** A segment, once the log shows its number. */
export function shmget({ process: { system } }: Context, call: Call): undefined {
  const id = recordedValue(call);
  if (id === undefined || (bits(call, 2) & BigInt(linux.SHM_HUGETLB)) !== 0n) return;
  const [key, bytes] = [bits(call, 0), bits(call, 1)];
  const known = system.files.segment(id);
  const isSame =
    known?.startsWith(`/SYSV${keyText(key)} `) === true && key !== 0n && !system.files.isRemovedSegment(id);
  if (!isSame) system.files.createSegment(id, keyText(key), bytes);
}

/** 8 hexadecimal digits. */
function keyText(key: bigint): string {
  return BigInt.asUintN(32, key).toString(16).padStart(8, "0");
}

/** Removes a segment, or shows one that is older than the log. Undefined if the segment is unknown. */
export function shmctl({ process: { system } }: Context, call: Call): Outcome | undefined {
  if (call.expected?.kind === "error" && call.expected.name !== "EINVAL") return undefined;
  const id = BigInt.asIntN(32, bits(call, 0));
  const command = Number(bits(call, 1)) & ~linux.IPC_64;
  const isSuccess = call.expected === undefined || call.expected.kind === "value";
  if (command === linux.IPC_STAT && isSuccess) learnSegment(system, id, call.args[2]);
  const path = system.files.segment(id);
  if (path === undefined || !OF_SEGMENTS.has(command)) return undefined;
  if (isGone(system, id, path)) return failed(call, "EINVAL");
  if (command === linux.IPC_RMID) system.files.removeSegment(id);
  return plain(call, [id, BigInt(command)], 0n);
}

function learnSegment({ files }: System, id: bigint, status: Argument | undefined): void {
  if (status?.kind !== "struct" || files.segment(id) !== undefined) return;
  const bytes = numberOf(status.fields.get("shm_segsz"));
  const owner = status.fields.get("shm_perm");
  const key = owner?.kind === "struct" ? numberOf(owner.fields.get("key")) : undefined;
  if (bytes !== undefined) files.createSegment(id, keyText(key ?? 0n), bytes);
}

/** True if the segment was removed and has no mapping any more. */
function isGone({ files, processes }: System, id: bigint, path: string): boolean {
  if (!files.isRemovedSegment(id)) return false;
  const object = files.object(path);
  const isMapped = (process: Process) =>
    process.isAlive && process.rawRegions().some((region) => region.object === object);
  return ![...processes.values()].some(isMapped);
}

/** Undefined for a segment that is older than the log and not shown by it: its size is unknown. */
export function shmat({ process }: Context, call: Call): Outcome | undefined {
  const { files } = process.system;
  const [number, hint, flags] = [0, 1, 2].map((n) => bits(call, n)) as [bigint, bigint, bigint];
  const id = BigInt.asIntN(32, number);
  const path = files.segment(id);
  if (path === undefined) return undefined;
  if (isGone(process.system, id, path)) return failed(call, "EINVAL");
  const has = (flag: number) => (flags & BigInt(flag)) !== 0n;
  const address = has(linux.SHM_RND) ? process.space.pageDown(hint) : hint;
  if (address % process.pageBytes !== 0n || (has(linux.SHM_REMAP) && address === 0n))
    return failed(call, "EINVAL");
  const recorded = call.follow ? recordedValue(call) : undefined;
  const fixed = has(linux.SHM_REMAP) ? linux.MAP_FIXED : linux.MAP_FIXED_NOREPLACE;
  const isReadOnly = has(linux.SHM_RDONLY);
  const protection = isReadOnly ? linux.PROT_READ : linux.PROT_READ | linux.PROT_WRITE;
  const args = [
    address === 0n ? (recorded ?? 0n) : address,
    files.size(path) ?? 0n,
    BigInt(protection | (has(linux.SHM_EXEC) ? linux.PROT_EXEC : 0)),
    BigInt(linux.MAP_SHARED | (address === 0n ? 0 : fixed)),
    files.bits(files.open(path, isReadOnly ? "O_RDONLY" : "O_RDWR")),
    0n,
  ];
  const answer = process.call("mmap", args, call.line);
  return answered(
    call,
    args,
    answer.error === "EEXIST" ? { value: -1n, error: "EINVAL" } : answer,
    adoptMapping,
  );
}

/** Unmaps what is left of a segment that was mapped at the address. */
export function shmdt({ process }: Context, call: Call): Outcome {
  const address = bits(call, 0);
  const { pageBytes, space } = process;
  let object: number | undefined;
  let answer: Answer = { value: -1n, error: "EINVAL" };
  if (address % pageBytes !== 0n) return answered(call, [address], answer);
  for (const region of process.rawRegions()) {
    const isPart = region.start >= address && (region.start - address) / pageBytes === region.pgoff;
    if (!isPart || (object ?? region.object) !== region.object) continue;
    if (object === undefined && !isSegment(space.files.pathOf(region.object))) continue;
    object = region.object;
    answer = process.call("munmap", [region.start, region.end - region.start], call.line);
    if (answer.error !== undefined) break;
  }
  return answered(call, [address], answer);
}

function isSegment(path: string | undefined): boolean {
  return path?.startsWith("/SYSV") === true;
}

/** Bytes of the ring's header, and of an event. */
const RING_BYTES = 32n;
/** A ring has room for so many events for each processor, at least. */
const EVENTS_EACH = 4n;
const MOST_EVENTS = 65536n;
const RING = "/[aio]";

/** The ring of the events that are to be read (aio_setup_ring). */
export function ioSetup({ process }: Context, call: Call): Outcome | undefined {
  if (call.expected?.kind === "error") return undefined;
  const requested = BigInt.asUintN(32, bits(call, 0));
  if (requested === 0n) return failed(call, "EINVAL");
  if (requested > MOST_EVENTS) return failed(call, "EAGAIN");
  const least = EVENTS_EACH * BigInt(process.system.cpus);
  const events = 2n * (requested > least ? requested : least) + 2n;
  const bytes = process.space.pageUp(RING_BYTES * (1n + events));
  const { files } = process.system;
  const file = files.open(files.unnamed(RING, bytes), "O_RDWR", DENIED_EXEC | DENIED_EXPAND);
  const stored = bracketed(call.args[1]);
  const context = stored?.kind === "number" ? stored.value : undefined;
  const hint = call.follow ? (context ?? 0n) : 0n;
  const args = [hint, bytes, READ_WRITE, SHARED, files.bits(file), 0n];
  const answer = process.call("mmap", args, call.line);
  if (answer.error !== undefined) return failed(call, answer.error);
  const outcome = { ...answered(call, args, answer), stored: answer.value, isAddress: true };
  if (context === undefined) return { ...outcome, ...plain(call, args, 0n), stored: answer.value };
  return { ...outcome, adopt: adoptMapping, expected: { kind: "value", value: context } };
}

export function ioDestroy({ process }: Context, call: Call): Outcome | undefined {
  if (call.expected?.kind === "error") return undefined;
  const context = bits(call, 0);
  const ring = process.rawRegions().find(({ start }) => start === context);
  const isRing = ring !== undefined && process.space.files.pathOf(ring.object)?.startsWith(RING);
  if (!isRing) return failed(call, "EINVAL");
  return answered(call, [context], process.call("munmap", [context, ring.end - ring.start], call.line));
}

function recordedValue({ expected }: Call): bigint | undefined {
  return expected?.kind === "value" ? expected.value : undefined;
}
