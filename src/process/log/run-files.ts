/**
 * A log's file descriptors: what each is open on, as far as calls of the log opened, copied and closed them. Copies share
 * one description (open(2)), and so do those that a child inherits: how the file is open, and where it is read and
 * written next.
 */
import type { Files } from "../files.js";
import type { OpenFile } from "../open-file.js";

export interface Description {
  /** Undefined: opened with O_PATH, as good as not at all for all that is done to contents. */
  readonly file: OpenFile | undefined;
  /** Bytes; undefined where that is not known. */
  position: bigint | undefined;
  /** Each write goes to the end (O_APPEND). */
  appends: boolean;
}

interface Descriptor {
  readonly description: Description;
  readonly closesOnExec: boolean;
}

/** Of a descriptor that the log shows closed. */
export const CLOSED = "closed";
/** Names end so in maps, and in what strace -y shows. */
const GONE = / \(deleted\)(#\d+)?$/;

/** What strace -yy shows of what cannot be mapped. */
const UNMAPPABLE =
  /^(pipe:|(UDP|UNIX|NETLINK|RAW)[\w-]*:|anon_inode:(inotify|\[(eventpoll|eventfd|timerfd|signalfd|pidfd)))/;

export class Descriptors {
  private readonly table = new Map<number, Descriptor | typeof CLOSED>();

  constructor(
    readonly files: Files,
    private readonly realPath: (path: string) => string = (path) => path,
  ) {}

  copy(): Descriptors {
    const copy = new Descriptors(this.files, this.realPath);
    for (const [fd, descriptor] of this.table) copy.table.set(fd, descriptor);
    return copy;
  }

  /** As the next program finds them. */
  executed(): Descriptors {
    const left = this.copy();
    for (const [fd, descriptor] of left.table)
      if (descriptor !== CLOSED && descriptor.closesOnExec) left.table.set(fd, CLOSED);
    return left;
  }

  /** What it is open on; undefined where it was opened before the log began, or by a call that the log has not. */
  find(fd: number): Description | typeof CLOSED | undefined {
    const descriptor = this.table.get(fd);
    return descriptor === undefined || descriptor === CLOSED ? descriptor : descriptor.description;
  }

  open(fd: number, description: Description, closesOnExec: boolean): void {
    this.table.set(fd, { description, closesOnExec });
  }

  /** It is open on something else than was thought. */
  replace(fd: number, file: OpenFile): void {
    const had = this.table.get(fd);
    const closesOnExec = had !== undefined && had !== CLOSED && had.closesOnExec;
    this.open(fd, { file, position: undefined, appends: false }, closesOnExec);
  }

  /** `to` is a copy of `from` from now on. */
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

  /** Whether the next program is to find them closed. */
  markRange(first: number, last: number, closesOnExec: boolean): void {
    for (const [fd, descriptor] of this.table)
      if (fd >= first && fd <= last && descriptor !== CLOSED)
        this.open(fd, descriptor.description, closesOnExec);
  }

  /** It is open on something that is not known. */
  forget(fd: number): void {
    this.table.delete(fd);
  }

  /** Where a path leads that may be a link: maps show the file itself. */
  pathOf(path: string): string {
    return this.realPath(path);
  }

  /**
   * What a descriptor is open on, where something is done to contents: a file as it was opened, a path where that is all
   * that is known; undefined: on nothing. `shown`: what the log has beside it (strace -y).
   */
  file(fd: number, shown: string | undefined): OpenFile | string | undefined {
    const known = this.find(fd);
    const isOpen = known !== undefined && known !== CLOSED;
    if (isOpen && (shown === undefined || isCalled(known.file, shown))) return known.file;
    if (shown !== undefined) return UNMAPPABLE.test(shown) ? this.files.open(undefined, "O_RDWR") : shown;
    // What was opened before the log began is a file of its own.
    return known === CLOSED || fd < 0 ? undefined : `fd:${fd}`;
  }
}

/** May strace show the file so? Of what is no file it shows one thing or another. */
function isCalled(file: OpenFile | undefined, shown: string): boolean {
  if (file?.path === undefined) return !shown.startsWith("/") || file === undefined;
  return file.path.replace(GONE, "") === shown.replace(GONE, "");
}
