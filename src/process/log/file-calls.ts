/**
 * Calls of a log that change a file or show its state: its length, its holes, what was written. The length is known
 * after a call that creates the file or shows its length. From: truncate(2), fallocate(2), write(2), lseek(2),
 * fsync(2).
 */

import * as linux from "../../../assembly/abi/linux.js";
import type { Process } from "../process.js";
import type { OpenFile } from "../system/open-file.js";
import type { Call } from "./call.js";
import type { Argument } from "./call-syntax.js";

import { CLOSED, type Description } from "./run-files.js";

const FALLOC_FL_KEEP_SIZE = BigInt(linux.FALLOC_FL_KEEP_SIZE);
const FALLOC_FL_PUNCH_HOLE = BigInt(linux.FALLOC_FL_PUNCH_HOLE);
const FALLOC_FL_ZERO_RANGE = BigInt(linux.FALLOC_FL_ZERO_RANGE);
const FALLOC_KNOWN = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;

/** Values of st_mode of files that can never be mapped. Sockets are absent: some can be mapped. */
const UNMAPPABLE = new Set(["S_IFDIR", "S_IFIFO"]);

/** The outcome of such a call: its value, or its error; undefined if the call has no bearing on memory here. */
export type FileAnswer = bigint | "EBADF" | "EINVAL" | undefined;

/** `bits` returns an argument as 64 bits. */
export function fileCall(process: Process, call: Call, bits: (n: number) => bigint): FileAnswer {
  switch (call.name) {
    case "ftruncate":
    case "ftruncate64":
      return truncate(process, call, bits(1));
    case "truncate":
    case "truncate64":
      return truncatePath(process, call, bits(1));
    default:
      return hasFailed(call) ? undefined : otherCall(process, call, bits);
  }
}

/** A recorded failure changed nothing, whatever its reason. */
function hasFailed({ expected }: Call): boolean {
  return expected?.kind === "error";
}

function otherCall(process: Process, call: Call, bits: (n: number) => bigint): FileAnswer {
  switch (call.name) {
    case "fallocate":
      return allocate(process, call, bits(1), bits(2), bits(3));
    case "posix_fallocate":
      return allocate(process, call, 0n, numberAt(call, 1), numberAt(call, 2));
    case "fsync":
    case "fdatasync":
      return flush(process, call);
    case "write":
    case "writev":
      return write(process, call);
    case "pwrite":
    case "pwrite64":
    case "pwritev":
      return writeAt(process, call, numberAt(call, 3));
    case "read":
    case "readv":
      return read(process, call);
    case "pread":
    case "pread64":
    case "preadv":
      return readAt(process, call, numberAt(call, 3));
    case "lseek":
      return seek(call);
    case "fstat":
    case "fstat64":
      return learn(process, call, call.args[1]);
    case "newfstatat":
    case "fstatat64":
      return isText(call.args[1], "") ? learn(process, call, call.args[2]) : undefined;
    default:
      return undefined;
  }
}

/** The open file of the first argument, and its path if it has one. */
function target({ args, descriptors }: Call): {
  file: OpenFile | string | undefined;
  path: string | undefined;
} {
  const [fd] = args;
  const file =
    fd?.kind === "number" ? descriptors.file(Number(BigInt.asIntN(32, fd.value)), fd.path) : undefined;
  return { file, path: typeof file === "string" ? file : file?.path };
}

function descriptionOf({ args, descriptors }: Call): Description | undefined {
  const [fd] = args;
  const known = fd?.kind === "number" ? descriptors.find(Number(BigInt.asIntN(32, fd.value))) : undefined;
  return known === CLOSED ? undefined : known;
}

/** An argument of a call whose arguments may be invalid, since most such calls have no bearing on memory. */
function numberAt({ args }: Call, n: number): bigint | undefined {
  const argument = args[n];
  return argument?.kind === "number" ? argument.value : undefined;
}

/** The recorded result; undefined if there is none. */
function answered({ expected }: Call): bigint | undefined {
  return expected?.kind === "value" ? BigInt.asIntN(64, expected.value) : undefined;
}

function truncate({ system }: Process, call: Call, sizeBytes: bigint): FileAnswer {
  const { file, path } = target(call);
  if (file === undefined) return "EBADF";
  const isWritable = typeof file === "string" || file.mode !== "O_RDONLY";
  if (BigInt.asIntN(64, sizeBytes) < 0n || path === undefined || !isWritable) return "EINVAL";
  if (hasFailed(call)) return undefined;
  system.resizeFile(path, sizeBytes);
  return 0n;
}

function truncatePath({ system }: Process, call: Call, sizeBytes: bigint): FileAnswer {
  const { args, descriptors } = call;
  const [path] = args;
  if (path?.kind !== "text") return undefined;
  if (BigInt.asIntN(64, sizeBytes) < 0n) return "EINVAL";
  if (hasFailed(call)) return undefined;
  system.resizeFile(descriptors.pathOf(path.text), sizeBytes);
  return 0n;
}

function allocate(
  { system }: Process,
  call: Call,
  mode: bigint,
  from: bigint | undefined,
  bytes: bigint | undefined,
): FileAnswer {
  const { path } = target(call);
  if (path === undefined || from === undefined || bytes === undefined) return undefined;
  if ((mode & ~FALLOC_KNOWN) !== 0n) return undefined;
  const size = system.files.size(path);
  if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) !== 0n)
    system.operate(() => system.files.punch(path, from, bytes));
  if ((mode & FALLOC_FL_KEEP_SIZE) === 0n && size !== undefined && from + bytes > size)
    system.resizeFile(path, from + bytes);
  return 0n;
}

function flush({ system }: Process, call: Call): FileAnswer {
  const { path } = target(call);
  if (path === undefined) return undefined;
  system.operate(() => system.files.flush(path));
  return 0n;
}

/** Writes at the file position, or at the end, and moves the position. */
function write(process: Process, call: Call): FileAnswer {
  const { path } = target(call);
  const description = descriptionOf(call);
  const bytes = written(call);
  if (path === undefined || description === undefined || bytes === undefined) return undefined;
  if (description.appends) description.position = process.system.files.size(path);
  const { position } = description;
  if (position === undefined) return undefined;
  process.writeFile(path, position, bytes);
  description.position = position + bytes;
  return bytes;
}

function writeAt(process: Process, call: Call, from: bigint | undefined): FileAnswer {
  const { path } = target(call);
  const bytes = written(call);
  if (path === undefined || from === undefined || bytes === undefined) return undefined;
  process.writeFile(path, from, bytes);
  return bytes;
}

/** Bytes written: the recorded result, or else the requested size. */
function written(call: Call): bigint | undefined {
  const bytes = call.args[2];
  const isVector = call.name.endsWith("v");
  return answered(call) ?? (!isVector && bytes?.kind === "number" ? bytes.value : undefined);
}

/** Reads at the file position and moves it. */
function read(process: Process, call: Call): undefined {
  const description = descriptionOf(call);
  if (description?.position === undefined) return undefined;
  const bytes = answered(call);
  readAt(process, call, description.position);
  description.position = bytes === undefined ? undefined : description.position + bytes;
  return undefined;
}

function readAt({ system }: Process, call: Call, from: bigint | undefined): undefined {
  const { path } = target(call);
  const bytes = answered(call);
  if (path !== undefined && from !== undefined && bytes !== undefined && bytes > 0n)
    system.operate(() => system.files.read(path, from, bytes));
  return undefined;
}

function seek(call: Call): undefined {
  const description = descriptionOf(call);
  if (description !== undefined) description.position = answered(call);
  return undefined;
}

/** The result of fstat: the length of a file, or that it cannot be mapped. */
function learn({ system }: Process, call: Call, status: Argument | undefined): undefined {
  const { file, path } = target(call);
  const [fd] = call.args;
  const { st_mode: mode, st_size: size } =
    status?.kind === "struct" ? Object.fromEntries(status.fields) : ({} as Record<string, Argument>);
  const type = mode?.kind === "expression" ? String(mode.terms[0]?.value) : "";
  if (path !== undefined && type === "S_IFREG" && size?.kind === "number")
    system.resizeFile(path, size.value);
  if (!UNMAPPABLE.has(type) || fd?.kind !== "number" || path === undefined) return undefined;
  const how = typeof file === "object" ? file.mode : "O_RDWR";
  call.descriptors.replace(Number(BigInt.asIntN(32, fd.value)), system.files.open(undefined, how));
  return undefined;
}

function isText(argument: Argument | undefined, text: string): boolean {
  return argument?.kind === "text" && argument.text === text;
}
