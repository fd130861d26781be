/**
 * Calls of a log that open, receive, copy and close descriptors, or change the names of files. From: open(2), dup(2),
 * fcntl(2), unlink(2), rename(2), chdir(2), cmsg(3).
 */
import * as linux from "../../../../assembly/abi/linux.js";
import type { CallRow, ServerOf } from "../../../trace/calls/table.js";
import type { OpenMode } from "../../system/open-file.js";
import {
  type Argument,
  descriptorOf,
  firstNameOf,
  flagsOf,
  nameOf,
  numberOf,
  shownPath,
  textOf,
} from "../parse/argument.js";
import type { CallEntry } from "../parse/entry.js";
import type { Descriptors } from "./descriptors.js";

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
/** The commands of fcntl by number (strace -X raw). */
const COMMANDS: ReadonlyMap<bigint | undefined, string> = new Map([
  [0n, "F_DUPFD"],
  [2n, "F_SETFD"],
  [4n, "F_SETFL"],
  [1030n, "F_DUPFD_CLOEXEC"],
]);
const RENAME_EXCHANGE = BigInt(linux.RENAME_EXCHANGE);
const MODES: readonly OpenMode[] = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_RDWR"];

interface Opening {
  readonly descriptors: Descriptors;
  readonly row: CallRow;
  readonly args: readonly Argument[];
  /** Undefined if the call failed or the log has no result. */
  readonly result: bigint | undefined;
  /** The result as a descriptor; negative if there is none. */
  readonly fd: number;
}

const SERVERS: Record<ServerOf<"descriptor">, (opening: Opening) => void> = {
  open: (opening) => open(opening, pathAt(opening, undefined, opening.args[0]), opening.args[1]),
  openat: (opening) => open(opening, pathAt(opening, opening.args[0], opening.args[1]), opening.args[2]),
  creat: (opening) => openAs(opening, pathAt(opening, undefined, opening.args[0]), 1n | O_CREAT | O_TRUNC),
  shmOpen: (opening) =>
    openAs(opening, sharedPath(textOf(opening.args[0])), flagsOf(opening.args[1]) | O_CLOEXEC),
  memfdCreate,
  duplicate,
  fcntl,
  close: ({ descriptors, args: [fd] }) => descriptors.close(descriptorOf(fd)),
  closeRange,
  socket,
  pipe: (opening) => openPair(opening, opening.args[0], MODES),
  socketpair: (opening) => openPair(opening, opening.args[3], []),
  unmappable: (opening) => {
    const { descriptors, fd } = opening;
    if (fd >= 0) descriptors.open(fd, unmappable(descriptors, "O_RDWR"), closesOnExec(opening));
  },
  unknownFile: ({ descriptors, fd }) => {
    if (fd >= 0) descriptors.forget(fd);
  },
  receive: (opening) => {
    if (opening.result !== undefined)
      for (const argument of opening.args) receive(opening.descriptors, argument);
  },
  unlink: (opening) => unlink(opening, pathAt(opening, undefined, opening.args[0])),
  unlinkat: (opening) => unlink(opening, pathAt(opening, opening.args[0], opening.args[1])),
  rename: (opening) => {
    const [from, to] = opening.args;
    rename(opening, pathAt(opening, undefined, from), pathAt(opening, undefined, to), undefined);
  },
  renameat: (opening) => {
    const [fromDirectory, from, toDirectory, to, flags] = opening.args;
    rename(opening, pathAt(opening, fromDirectory, from), pathAt(opening, toDirectory, to), flags);
  },
  chdir: (opening) => enter(opening, pathAt(opening, undefined, opening.args[0])),
  fchdir: (opening) => enter(opening, directoryOf(opening.descriptors, opening.args[0])),
};

/** The whole path, which may begin in the directory that a descriptor is open to; undefined if the log lacks it. */
function pathAt(
  { descriptors }: Opening,
  directory: Argument | undefined,
  path: Argument | undefined,
): string | undefined {
  const text = textOf(path);
  if (text === undefined) return undefined;
  return descriptors.pathOf(text, directory === undefined ? undefined : directoryOf(descriptors, directory));
}

/** The directory of a descriptor; undefined for AT_FDCWD, and if it is unknown. */
function directoryOf(descriptors: Descriptors, directory: Argument | undefined): string | undefined {
  const known = descriptors.find(descriptorOf(directory));
  return shownPath(directory) ?? (typeof known === "object" ? (known.file?.path ?? known.path) : undefined);
}

function unlink({ descriptors, result }: Opening, path: string | undefined): void {
  if (result !== undefined && path !== undefined) descriptors.files.unlink(path);
}

function rename(
  { descriptors: { files }, result }: Opening,
  from: string | undefined,
  to: string | undefined,
  flags: Argument | undefined,
): void {
  if (result === undefined || from === undefined || to === undefined) return;
  if ((flagsOf(flags) & RENAME_EXCHANGE) === 0n) files.rename(from, to);
  else files.exchange(from, to);
}

function enter({ descriptors, result }: Opening, directory: string | undefined): void {
  if (result !== undefined && directory !== undefined) descriptors.enter(directory);
}

/** Descriptors that come in control messages of type SCM_RIGHTS, anywhere in the argument. */
function receive(descriptors: Descriptors, argument: Argument): void {
  if (argument.kind === "list") for (const item of argument.items) receive(descriptors, item);
  if (argument.kind !== "struct") return;
  const { fields } = argument;
  const data = fields.get("cmsg_data");
  if (nameOf(fields.get("cmsg_type")) !== "SCM_RIGHTS" || data?.kind !== "list") {
    for (const field of fields.values()) receive(descriptors, field);
    return;
  }
  for (const received of data.items) {
    const path = shownPath(received);
    if (path === undefined) descriptors.forget(descriptorOf(received));
    else descriptors.open(descriptorOf(received), receivedFile(descriptors, path), false);
  }
}

/** Records a call that opens, copies or closes descriptors. */
export function noteOpening(descriptors: Descriptors, { row, args, expected }: CallEntry): void {
  const result = expected?.kind === "value" ? expected.value : undefined;
  const fd = result === undefined ? -1 : Number(BigInt.asIntN(32, result));
  SERVERS[row.server as ServerOf<"descriptor">]({ descriptors, row, args, result, fd });
}

/** True if the call's own flags have O_CLOEXEC. */
function closesOnExec({ row, args }: Opening): boolean {
  const at = row.parameters.findIndex(({ name }) => name === "flags");
  return (flagsOf(args[at]) & O_CLOEXEC) !== 0n;
}

/** A copy of a descriptor, or a connection, which is of the kind of the socket that it arrived at. */
function duplicate(opening: Opening): void {
  const { descriptors, fd, args } = opening;
  if (fd >= 0) descriptors.duplicate(descriptorOf(args[0]), fd, closesOnExec(opening));
}

/** The directory in which the C library keeps shm_open's files. */
function sharedPath(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `/dev/shm/${name.replace(/^\/+/, "")}`;
}

/** If the log does not have the flags, everything is allowed. */
function open(opening: Opening, path: string | undefined, flags: Argument | undefined) {
  const how = flags?.kind === "struct" ? flags.fields.get("flags") : flags;
  openAs(opening, path, how === undefined ? 2n : flagsOf(how));
}

function openAs({ descriptors, fd }: Opening, path: string | undefined, flags: bigint): void {
  if (fd < 0) return;
  if (path === undefined) {
    descriptors.forget(fd);
    return;
  }
  const has = (flag: bigint) => (flags & flag) !== 0n;
  const mode = MODES[Number(flags & O_ACCMODE)] as OpenMode;
  const { files } = descriptors;
  if (has(O_PATH)) {
    descriptors.open(fd, { file: undefined, path, position: undefined, appends: false }, has(O_CLOEXEC));
    return;
  }
  const isUnnamed = (flags & O_TMPFILE) === O_TMPFILE;
  if (has(O_CREAT) && has(O_EXCL) && !isUnnamed) files.create(path);
  else if (has(O_TRUNC)) files.resize(path, 0n);
  const isFolder = has(O_DIRECTORY) && !isUnnamed;
  const file = files.open(isFolder ? undefined : isUnnamed ? files.unnamed(`${path}/#`) : path, mode);
  descriptors.open(fd, { file, path, position: 0n, appends: has(O_APPEND) }, has(O_CLOEXEC));
}

function memfdCreate({ descriptors, fd, args: [name, flags] }: Opening): void {
  if (fd < 0) return;
  const { files } = descriptors;
  const file = files.open(files.unnamed(`/memfd:${textOf(name) ?? ""}`), "O_RDWR");
  descriptors.open(fd, { file, position: 0n, appends: false }, (flagsOf(flags) & MFD_CLOEXEC) !== 0n);
}

/** The commands of fcntl that copy a descriptor or change its flags. */
function fcntl({ descriptors, fd, args }: Opening): void {
  const from = descriptorOf(args[0]);
  const command = firstNameOf(args[1]) ?? COMMANDS.get(numberOf(args[1]));
  if (fd < 0) return;
  switch (command) {
    case "F_DUPFD":
    case "F_DUPFD_CLOEXEC":
      descriptors.duplicate(from, fd, command === "F_DUPFD_CLOEXEC");
      break;
    case "F_SETFD":
      descriptors.markRange(from, from, (flagsOf(args[2]) & FD_CLOEXEC) !== 0n);
      break;
    case "F_SETFL": {
      const known = descriptors.find(from);
      if (typeof known === "object") known.appends = (flagsOf(args[2]) & O_APPEND) !== 0n;
    }
  }
}

function closeRange({ descriptors, args: [from, to, flags], result }: Opening): void {
  if (result === undefined) return;
  const last = Number(BigInt.asUintN(32, flagsOf(to)));
  if ((flagsOf(flags) & CLOSE_RANGE_CLOEXEC) !== 0n) descriptors.markRange(descriptorOf(from), last, true);
  else descriptors.closeRange(descriptorOf(from), last);
}

/** TCP sockets can be mapped (tcp_mmap in net/ipv4/tcp.c), and unusual sockets may be. */
function socket(opening: Opening): void {
  const { descriptors, fd, args } = opening;
  if (fd < 0) return;
  const [domain = "", type = ""] = args.map(firstNameOf);
  const isLocal = /^[AP]F_(UNIX|LOCAL|NETLINK)$/.test(domain);
  const isDatagram = /^[AP]F_INET6?$/.test(domain) && /^SOCK_(DGRAM|RAW)$/.test(type);
  if (!isLocal && !isDatagram) descriptors.forget(fd);
  else descriptors.open(fd, unmappable(descriptors, "O_RDWR"), (flagsOf(args[1]) & O_CLOEXEC) !== 0n);
}

/** `modes`: of the two ends; default: for reading and writing. `args[1]` has the flags. */
function openPair(opening: Opening, pair: Argument | undefined, modes: readonly OpenMode[]): void {
  const { descriptors, args, result } = opening;
  if (result === undefined || pair?.kind !== "list") return;
  const isClosedOnExec = (flagsOf(args[1]) & O_CLOEXEC) !== 0n;
  for (const [n, end] of pair.items.entries())
    descriptors.open(descriptorOf(end), unmappable(descriptors, modes[n] ?? "O_RDWR"), isClosedOnExec);
}

function receivedFile({ files }: Descriptors, path: string) {
  return { file: files.open(path, "O_RDWR"), position: undefined, appends: false };
}

function unmappable({ files }: Descriptors, mode: OpenMode) {
  return { file: files.open(undefined, mode), position: undefined, appends: false };
}
