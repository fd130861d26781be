/**
 * Calls of a log that change a file or show its state: its length, its holes, what was written. The length is known
 * after a call that creates the file or shows its length. From: truncate(2), fallocate(2), write(2), lseek(2),
 * fsync(2).
 */

import * as linux from "../../../../assembly/abi/linux.js";
import type { Process } from "../../process.js";
import type { OpenFile } from "../../system/open-file.js";
import {
  type Argument,
  bracketed,
  descriptorOf,
  firstNameOf,
  numberOf,
  shownPath,
  textOf,
} from "../parse/argument.js";
import type { Answer, Call, Context, Outcome } from "./call.js";
import { CLOSED, type Description } from "./descriptors.js";
import { bits } from "./operands.js";
import { failed, plain } from "./outcomes.js";

const FALLOC_FL_KEEP_SIZE = BigInt(linux.FALLOC_FL_KEEP_SIZE);
const FALLOC_FL_PUNCH_HOLE = BigInt(linux.FALLOC_FL_PUNCH_HOLE);
const FALLOC_FL_ZERO_RANGE = BigInt(linux.FALLOC_FL_ZERO_RANGE);
const FALLOC_KNOWN = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;

/** Values of st_mode of files that can never be mapped. Sockets are absent: some can be mapped. */
const UNMAPPABLE = new Set(["S_IFDIR", "S_IFIFO"]);

export function ftruncate({ process: { system } }: Context, call: Call): Outcome | undefined {
  const sizeBytes = bits(call, 1);
  const { file, path } = target(call);
  if (file === undefined) return failed(call, "EBADF");
  const isWritable = typeof file === "string" || file.mode !== "O_RDONLY";
  if (isNegative(sizeBytes) || path === undefined || !isWritable) return failed(call, "EINVAL");
  if (hasFailed(call)) return undefined;
  system.resizeFile(path, sizeBytes);
  return plain(call, [], 0n);
}

export function truncate({ process: { system } }: Context, call: Call): Outcome | undefined {
  const sizeBytes = bits(call, 1);
  const path = textOf(call.args[0]);
  if (path === undefined) return undefined;
  if (isNegative(sizeBytes)) return failed(call, "EINVAL");
  if (hasFailed(call)) return undefined;
  system.resizeFile(call.descriptors.pathOf(path), sizeBytes);
  return plain(call, [], 0n);
}

function isNegative(value: bigint): boolean {
  return BigInt.asIntN(64, value) < 0n;
}

export const fallocate = unlessFailed(({ process }, call) =>
  allocate(process, call, bits(call, 1), bits(call, 2), bits(call, 3)),
);

export const posixFallocate = unlessFailed(({ process }, call) =>
  allocate(process, call, 0n, numberAt(call, 1), numberAt(call, 2)),
);

function allocate(
  { system }: Process,
  call: Call,
  mode: bigint,
  from: bigint | undefined,
  bytes: bigint | undefined,
): Outcome | undefined {
  const { path } = target(call);
  if (path === undefined || from === undefined || bytes === undefined) return undefined;
  if ((mode & ~FALLOC_KNOWN) !== 0n) return undefined;
  const size = system.files.size(path);
  if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) !== 0n)
    system.operate(() => system.files.punch(path, from, bytes));
  if ((mode & FALLOC_FL_KEEP_SIZE) === 0n && size !== undefined && from + bytes > size)
    system.resizeFile(path, from + bytes);
  return plain(call, [], 0n);
}

export const fsync = unlessFailed(({ process: { system } }, call) => {
  const { path } = target(call);
  if (path === undefined) return undefined;
  system.operate(() => system.files.flush(path));
  return plain(call, [], 0n);
});

/** Writes at the file position, or at the end, and moves the position. */
export const write = unlessFailed(({ process }, call) => {
  const { path } = target(call);
  const description = descriptionOf(call);
  const bytes = written(call);
  if (path === undefined || description === undefined || bytes === undefined) return undefined;
  if (description.appends) description.position = process.system.files.size(path);
  const { position } = description;
  if (position === undefined) return undefined;
  process.writeFile(path, position, bytes);
  description.position = position + bytes;
  return plain(call, [], bytes);
});

export const pwrite = unlessFailed(({ process }, call) => {
  const { path } = target(call);
  const from = numberAt(call, 3);
  const bytes = written(call);
  if (path === undefined || from === undefined || bytes === undefined) return undefined;
  process.writeFile(path, from, bytes);
  return plain(call, [], bytes);
});

/** Bytes written: the recorded result, or else the requested size, which vectors do not have. */
function written(call: Call): bigint | undefined {
  const hasLength = call.row.parameters[2]?.name === "length";
  return recordedBytes(call) ?? (hasLength ? numberAt(call, 2) : undefined);
}

/** Reads at the file position and moves it. */
export const read = unlessFailed(({ process }, call) => {
  const description = descriptionOf(call);
  if (description?.position === undefined) return undefined;
  const bytes = recordedBytes(call);
  readAt(process, call, description.position);
  description.position = bytes === undefined ? undefined : description.position + bytes;
  return undefined;
});

export const pread = unlessFailed(({ process }, call) => readAt(process, call, numberAt(call, 3)));

function readAt({ system }: Process, call: Call, from: bigint | undefined): undefined {
  const { path } = target(call);
  const bytes = recordedBytes(call);
  if (path !== undefined && from !== undefined && bytes !== undefined && bytes > 0n)
    system.operate(() => system.files.read(path, from, bytes));
  return undefined;
}

export const lseek = unlessFailed((_, call) => {
  const description = descriptionOf(call);
  if (description !== undefined) description.position = recordedBytes(call);
  return undefined;
});

/** lseek(2) of 32 bits. The log shows the position in brackets: `_llseek(3, 0, [4096], SEEK_CUR) = 0`. */
export const llseek = unlessFailed((_, call) => {
  const description = descriptionOf(call);
  const stored = call.args.map(bracketed).find((argument) => argument !== undefined);
  const position = numberOf(stored);
  if (description !== undefined && position !== undefined) description.position = position;
  return undefined;
});

export const fstat = unlessFailed(({ process }, call) => learn(process, call, call.args[1]));

/** With an empty path it is fstat. */
export const fstatat = unlessFailed(({ process }, call) =>
  textOf(call.args[1]) === "" ? learn(process, call, call.args[2]) : undefined,
);

/** The result of fstat: the length of a file, or that it cannot be mapped. */
function learn({ system }: Process, call: Call, status: Argument | undefined): undefined {
  const { file, path } = target(call);
  const [fd] = call.args;
  if (status?.kind !== "struct" || fd?.kind !== "number" || path === undefined) return undefined;
  const type = firstNameOf(status.fields.get("st_mode")) ?? "";
  const size = status.fields.get("st_size");
  if (type === "S_IFREG" && size?.kind === "number") system.resizeFile(path, size.value);
  if (!UNMAPPABLE.has(type)) return undefined;
  const how = typeof file === "object" ? file.mode : "O_RDWR";
  call.descriptors.replace(descriptorOf(fd), system.files.open(undefined, how));
  return undefined;
}

/** It shows the directory in which relative paths begin. */
export const getcwd = unlessFailed((_, { args: [directory], descriptors }) => {
  const path = textOf(directory);
  if (path?.startsWith("/")) descriptors.enter(path);
  return undefined;
});

/** A recorded failure changed nothing, whatever its reason. */
function unlessFailed(serve: Answer): Answer {
  return (context, call) => (hasFailed(call) ? undefined : serve(context, call));
}

function hasFailed({ expected }: Call): boolean {
  return expected?.kind === "error";
}

/** The open file of the first argument, and its path if it has one. */
function target({ args: [fd], descriptors }: Call): {
  file: OpenFile | string | undefined;
  path: string | undefined;
} {
  const file = fd?.kind === "number" ? descriptors.file(descriptorOf(fd), shownPath(fd)) : undefined;
  return { file, path: typeof file === "string" ? file : file?.path };
}

function descriptionOf({ args: [fd], descriptors }: Call): Description | undefined {
  const known = fd?.kind === "number" ? descriptors.find(descriptorOf(fd)) : undefined;
  return known === CLOSED ? undefined : known;
}

/** An argument of a call whose arguments may be invalid, since most such calls have no bearing on memory. */
function numberAt({ args }: Call, n: number): bigint | undefined {
  const argument = args[n];
  return argument?.kind === "number" ? argument.value : undefined;
}

/** The recorded result; undefined if there is none. */
function recordedBytes({ expected }: Call): bigint | undefined {
  return expected?.kind === "value" ? BigInt.asIntN(64, expected.value) : undefined;
}
