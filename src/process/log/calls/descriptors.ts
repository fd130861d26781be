/**
 * The file descriptors of a log, as its calls open, copy and close them. Copies share one description (open(2)), as do
 * descriptors that a child inherits: the mode and the file position.
 */
import type { Files } from "../../system/files.js";
import type { OpenFile } from "../../system/open-file.js";

export interface Description {
  /** Undefined for O_PATH, which allows no access to contents. */
  readonly file: OpenFile | undefined;
  /** The path, if the opened file has no contents: by O_PATH, or a directory. */
  readonly path?: string | undefined;
  /** Bytes; undefined if unknown. */
  position: bigint | undefined;
  /** Each write appends (O_APPEND). */
  appends: boolean;
}

interface Descriptor {
  readonly description: Description;
  readonly closesOnExec: boolean;
}

/** State of a descriptor that the log shows closed. */
export const CLOSED = "closed";
/** Suffix of deleted files in maps and in the output of strace -y. */
const GONE = / \(deleted\)(#\d+)?$/;

/** Descriptions by strace -yy of files that cannot be mapped. */
const UNMAPPABLE =
  /^(pipe:|(UDP|UNIX|NETLINK|RAW)[\w-]*:|anon_inode:(inotify|\[(eventpoll|eventfd|timerfd|signalfd|pidfd)))/;

export class Descriptors {
  /** Undefined: open, but what it is open to is unknown. */
  private readonly table = new Map<number, Descriptor | typeof CLOSED | undefined>();
  /** The directory in which relative paths begin; empty while it is unknown. */
  private directory = "";
  /** The log has calls that open files. */
  private isTraced = false;

  constructor(
    readonly files: Files,
    private readonly realPath: (path: string) => string = (path) => path,
  ) {}

  copy(): Descriptors {
    const copy = new Descriptors(this.files, this.realPath);
    copy.directory = this.directory;
    copy.isTraced = this.isTraced;
    for (const [fd, descriptor] of this.table) copy.table.set(fd, descriptor);
    return copy;
  }

  /** The descriptors after execve. */
  executed(): Descriptors {
    const left = this.copy();
    for (const [fd, descriptor] of left.table)
      if (typeof descriptor === "object" && descriptor.closesOnExec) left.table.set(fd, CLOSED);
    return left;
  }

  /** The open file; undefined if it was opened before the log began, or by a call that is not in the log. */
  find(fd: number): Description | typeof CLOSED | undefined {
    const descriptor = this.table.get(fd);
    return descriptor === undefined || descriptor === CLOSED ? descriptor : descriptor.description;
  }

  /** True if the log would show how the descriptor was opened, and does not. The standard streams are inherited. */
  isNeverOpened(fd: number): boolean {
    return this.isTraced && fd > 2 && !this.table.has(fd);
  }

  open(fd: number, description: Description, closesOnExec: boolean): void {
    this.isTraced = true;
    this.table.set(fd, { description, closesOnExec });
  }

  /** Replaces the file of a descriptor after the log has shown another one. */
  replace(fd: number, file: OpenFile): void {
    const had = this.table.get(fd);
    const closesOnExec = typeof had === "object" && had.closesOnExec;
    this.open(fd, { file, position: undefined, appends: false }, closesOnExec);
  }

  /** `to` becomes a copy of `from`. */
  duplicate(from: number, to: number, closesOnExec: boolean): void {
    const descriptor = this.table.get(from);
    if (from === to) return;
    if (descriptor === undefined || descriptor === CLOSED) this.forget(to);
    else this.open(to, descriptor.description, closesOnExec);
  }

  close(fd: number): void {
    this.table.set(fd, CLOSED);
  }

  closeRange(first: number, last: number): void {
    for (const [fd] of this.table) if (fd >= first && fd <= last) this.close(fd);
  }

  /** Sets whether execve closes these descriptors. */
  markRange(first: number, last: number, closesOnExec: boolean): void {
    for (const [fd, descriptor] of this.table)
      if (fd >= first && fd <= last && typeof descriptor === "object")
        this.open(fd, descriptor.description, closesOnExec);
  }

  /** The descriptor is open, but its file is unknown. */
  forget(fd: number): void {
    this.table.set(fd, undefined);
  }

  /**
   * The whole path, with links resolved: maps show the file itself. A relative one begins in the directory `from`, by
   * default the process's own.
   */
  pathOf(path: string, from = this.directory): string {
    const whole = path.startsWith("/") || from === "" ? path : joined(from, path);
    return whole.startsWith("/proc/") ? whole : this.realPath(whole);
  }

  /** The process goes to another directory. */
  enter(directory: string): void {
    this.directory = this.pathOf(directory);
  }

  /**
   * The file of a descriptor for an access to contents: the open file, or a path if only that is known; undefined if
   * there is none. `shown` is the text beside the descriptor in the log (strace -y).
   */
  file(fd: number, shown: string | undefined): OpenFile | string | undefined {
    const known = this.find(fd);
    const isOpen = known !== undefined && known !== CLOSED;
    if (isOpen && (shown === undefined || isCalled(known.file, shown))) return known.file;
    if (shown !== undefined) return UNMAPPABLE.test(shown) ? this.files.open(undefined, "O_RDWR") : shown;
    // A descriptor opened before the log began has a file of its own.
    return known === CLOSED || fd < 0 ? undefined : `fd:${fd}`;
  }
}

/** The path within the directory, without `.` and `..`. */
function joined(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${directory}/${path}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `${directory.startsWith("/") ? "/" : ""}${parts.join("/")}`;
}

/** True if strace may show this text for the file. Objects that are no files have several forms. */
function isCalled(file: OpenFile | undefined, shown: string): boolean {
  if (file?.path === undefined) return !shown.startsWith("/") || file === undefined;
  return file.path.replace(GONE, "") === shown.replace(GONE, "");
}
