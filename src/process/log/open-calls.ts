/** Calls of a log that open, copy and close descriptors. From: open(2), dup(2), fcntl(2). */
import * as linux from "../../../assembly/abi/linux.js";
import type { OpenMode } from "../system/open-file.js";
import { type Argument, evaluate } from "./call-syntax.js";
import type { Descriptors } from "./run-files.js";

const O_ACCMODE = BigInt(linux.O_ACCMODE);
const O_CREAT = BigInt(linux.O_CREAT);
const O_EXCL = BigInt(linux.O_EXCL);
const O_TRUNC = BigInt(linux.O_TRUNC);
const O_APPEND = BigInt(linux.O_APPEND);
const O_DIRECTORY = BigInt(linux.O_DIRECTORY);
const O_CLOEXEC = BigInt(linux.O_CLOEXEC);
const O_PATH = BigInt(linux.O_PATH);
const O_TMPFILE = BigInt(linux.O_TMPFILE);
const MFD_CLOEXEC = 1n;
const FD_CLOEXEC = 1n;
const CLOSE_RANGE_CLOEXEC = 4n;
const MODES: readonly OpenMode[] = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_RDWR"];

/** Calls that open files that cannot be mapped, and the argument with O_CLOEXEC; -1: none. */
const UNMAPPABLE: ReadonlyMap<string, number> = new Map([
  ["eventfd", -1],
  ["eventfd2", 1],
  ["epoll_create", -1],
  ["epoll_create1", 0],
  ["timerfd_create", 1],
  ["signalfd", -1],
  ["signalfd4", 3],
  ["inotify_init", -1],
  ["inotify_init1", 0],
  ["pidfd_open", -1],
]);

/** Calls that open files of unknown kind. */
const UNKNOWN = new Set([
  "io_uring_setup",
  "perf_event_open",
  "memfd_secret",
  "userfaultfd",
  "pidfd_getfd",
  "bpf",
  "open_by_handle_at",
]);

/**
 * Records a call that opens or closes descriptors; returns whether it is one. `result` is undefined if the call failed
 * or the log has no result.
 */
export function noteOpening(
  descriptors: Descriptors,
  name: string,
  args: readonly Argument[],
  result: bigint | undefined,
): boolean {
  const fd = result === undefined ? -1 : Number(BigInt.asIntN(32, result));
  switch (name) {
    case "open":
      open(descriptors, fd, textOf(args[0]), args[1]);
      return true;
    case "shm_open":
      openAs(descriptors, fd, sharedPath(textOf(args[0])), bitsOf(args[1]) | O_CLOEXEC);
      return true;
    case "creat":
      openAs(descriptors, fd, textOf(args[0]), 1n | O_CREAT | O_TRUNC);
      return true;
    case "openat":
    case "openat2":
      open(descriptors, fd, textOf(args[1]), args[2]);
      return true;
    case "memfd_create":
      if (fd >= 0) openMemory(descriptors, fd, textOf(args[0]) ?? "", args[1]);
      return true;
    case "dup":
    case "dup2":
    case "dup3":
      if (fd >= 0) descriptors.duplicate(fdOf(args[0]), fd, (bitsOf(args[2]) & O_CLOEXEC) !== 0n);
      return true;
    case "fcntl":
    case "fcntl64":
      return control(descriptors, fd, args);
    case "close":
      descriptors.close(fdOf(args[0]));
      return true;
    case "close_range":
      closeRange(descriptors, args, result);
      return true;
    case "socket":
      if (fd >= 0) openSocket(descriptors, fd, args);
      return true;
    case "accept":
    case "accept4":
      // Of the kind of the socket it arrived at.
      if (fd >= 0) descriptors.duplicate(fdOf(args[0]), fd, (bitsOf(args[3]) & O_CLOEXEC) !== 0n);
      return true;
    case "pipe":
    case "pipe2":
    case "socketpair":
      openPair(descriptors, name, args, result);
      return true;
    default:
      return openOther(descriptors, name, args, fd);
  }
}

/** The directory in which the C library keeps shm_open's files. */
function sharedPath(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `/dev/shm/${name.replace(/^\/+/, "")}`;
}

/** If the log does not have the flags, everything is allowed. */
function open(descriptors: Descriptors, fd: number, path: string | undefined, flags: Argument | undefined) {
  const how = flags?.kind === "struct" ? flags.fields.get("flags") : flags;
  openAs(descriptors, fd, path, how === undefined ? 2n : bitsOf(how));
}

function openAs(descriptors: Descriptors, fd: number, name: string | undefined, flags: bigint): void {
  if (fd < 0) return;
  if (name === undefined) {
    descriptors.forget(fd);
    return;
  }
  const path = descriptors.pathOf(name);
  const has = (flag: bigint) => (flags & flag) !== 0n;
  const mode = MODES[Number(flags & O_ACCMODE)] as OpenMode;
  const { files } = descriptors;
  if (has(O_PATH)) {
    descriptors.open(fd, { file: undefined, position: undefined, appends: false }, has(O_CLOEXEC));
    return;
  }
  const isUnnamed = (flags & O_TMPFILE) === O_TMPFILE;
  if (has(O_CREAT) && has(O_EXCL) && !isUnnamed) files.create(path);
  else if (has(O_TRUNC)) files.resize(path, 0n);
  const isFolder = has(O_DIRECTORY) && !isUnnamed;
  const file = files.open(isFolder ? undefined : isUnnamed ? files.unnamed(`${path}/#`) : path, mode);
  descriptors.open(fd, { file, position: 0n, appends: has(O_APPEND) }, has(O_CLOEXEC));
}

function openMemory(descriptors: Descriptors, fd: number, name: string, flags: Argument | undefined): void {
  const { files } = descriptors;
  const file = files.open(files.unnamed(`/memfd:${name}`), "O_RDWR");
  descriptors.open(fd, { file, position: 0n, appends: false }, (bitsOf(flags) & MFD_CLOEXEC) !== 0n);
}

/** The commands of fcntl that copy a descriptor or change its flags. */
function control(descriptors: Descriptors, fd: number, args: readonly Argument[]): boolean {
  const from = fdOf(args[0]);
  switch (nameOf(args[1])) {
    case "F_DUPFD":
    case "F_DUPFD_CLOEXEC":
      if (fd >= 0) descriptors.duplicate(from, fd, nameOf(args[1]) === "F_DUPFD_CLOEXEC");
      return true;
    case "F_SETFD":
      if (fd >= 0) descriptors.markRange(from, from, (bitsOf(args[2]) & FD_CLOEXEC) !== 0n);
      return true;
    case "F_SETFL": {
      const known = descriptors.find(from);
      if (fd >= 0 && typeof known === "object") known.appends = (bitsOf(args[2]) & O_APPEND) !== 0n;
      return true;
    }
    default:
      return false;
  }
}

function closeRange(descriptors: Descriptors, args: readonly Argument[], result: bigint | undefined): void {
  if (result === undefined) return;
  const last = Number(BigInt.asUintN(32, bitsOf(args[1])));
  if ((bitsOf(args[2]) & CLOSE_RANGE_CLOEXEC) !== 0n) descriptors.markRange(fdOf(args[0]), last, true);
  else descriptors.closeRange(fdOf(args[0]), last);
}

/** TCP sockets can be mapped (tcp_mmap in net/ipv4/tcp.c), and unusual sockets may be. */
function openSocket(descriptors: Descriptors, fd: number, args: readonly Argument[]): void {
  const [domain, type] = args;
  const isLocal = /^[AP]F_(UNIX|LOCAL|NETLINK)$/.test(nameOf(domain) ?? "");
  const isDatagram =
    /^[AP]F_INET6?$/.test(nameOf(domain) ?? "") && /^SOCK_(DGRAM|RAW)$/.test(nameOf(type) ?? "");
  if (isLocal || isDatagram)
    descriptors.open(fd, unmappable(descriptors, "O_RDWR"), (bitsOf(type) & O_CLOEXEC) !== 0n);
  else descriptors.forget(fd);
}

function openPair(
  descriptors: Descriptors,
  name: string,
  args: readonly Argument[],
  result: bigint | undefined,
): void {
  const isPipe = name !== "socketpair";
  const pair = args[isPipe ? 0 : 3];
  if (result === undefined || pair?.kind !== "list") return;
  const closesOnExec = (bitsOf(args[1]) & O_CLOEXEC) !== 0n;
  for (const [n, end] of pair.items.entries()) {
    const mode = isPipe ? (MODES[n] as OpenMode) : "O_RDWR";
    descriptors.open(fdOf(end), unmappable(descriptors, mode), closesOnExec);
  }
}

function openOther(descriptors: Descriptors, name: string, args: readonly Argument[], fd: number): boolean {
  const at = UNMAPPABLE.get(name);
  if (at === undefined && !UNKNOWN.has(name)) return false;
  if (fd < 0) return true;
  if (at === undefined) descriptors.forget(fd);
  else descriptors.open(fd, unmappable(descriptors, "O_RDWR"), (bitsOf(args[at]) & O_CLOEXEC) !== 0n);
  return true;
}

function unmappable({ files }: Descriptors, mode: OpenMode) {
  return { file: files.open(undefined, mode), position: undefined, appends: false };
}

function textOf(argument: Argument | undefined): string | undefined {
  return argument?.kind === "text" ? argument.text : undefined;
}

function fdOf(argument: Argument | undefined): number {
  return argument?.kind === "number" ? Number(BigInt.asIntN(32, argument.value)) : -1;
}

/** Unknown names do not matter here. */
function bitsOf(argument: Argument | undefined): bigint {
  if (argument?.kind === "number") return argument.value;
  return argument?.kind === "expression" ? (evaluate(argument.terms, () => 0n) ?? 0n) : 0n;
}

/** The name that the argument consists of. */
function nameOf(argument: Argument | undefined): string | undefined {
  return argument?.kind === "expression" ? String(argument.terms[0]?.value) : undefined;
}
