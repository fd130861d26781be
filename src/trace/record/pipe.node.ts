/**
 * A pipe that another program writes to in small pieces and that is read in large ones. Node only.
 *
 * Node connects children by sockets and wakes up for each write. A named pipe joins the writes in pages of the
 * system, and a timer reads all that is there. The name is removed as soon as both ends are open.
 */
import { execFile } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { InputError } from "../../errors.js";
import { temporaryFolder } from "../../platform/temporary.node.js";

/** Linux gives a pipe 64 KiB. */
const PIPE_BYTES = 65536;
/** Milliseconds between two reads, unless the first one found the pipe nearly full. */
const PAUSE_MILLISECONDS = 1;

export class Pipe {
  private readerIsOpen = true;
  private writerIsOpen = true;

  private constructor(
    private readonly reader: number,
    /** The descriptor of the end that is written to. */
    readonly writer: number,
  ) {}

  static async create(): Promise<Pipe> {
    const folder = await temporaryFolder();
    try {
      const path = join(folder.path, "pipe");
      await promisify(execFile)("mkfifo", ["-m", "600", path]).catch((cause: unknown) => {
        throw refusal(path, cause);
      });
      // The reader opens first: without one, opening the other end would wait.
      const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return new Pipe(reader, openSync(path, constants.O_WRONLY));
    } finally {
      await folder.remove();
    }
  }

  /** Closes this process's copy of the end that is written to, when a child has its own. */
  closeWriter(): void {
    if (this.writerIsOpen) closeSync(this.writer);
    this.writerIsOpen = false;
  }

  /**
   * The bytes up to the end, each chunk valid until the next. The end is there when no process can write any more, or
   * when the pipe is empty and `isWritten` is false: other processes may have inherited the descriptor. Closes the pipe.
   */
  async *chunks(isWritten: () => boolean): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(PIPE_BYTES);
    try {
      for (;;) {
        const mayFollow = isWritten();
        const length = this.read(buffer);
        if (length === 0 || (length === undefined && !mayFollow)) return;
        if (length !== undefined) yield buffer.subarray(0, length);
        if (length === undefined || length < PIPE_BYTES / 2) await delay(PAUSE_MILLISECONDS);
      }
    } finally {
      this.close();
    }
  }

  /** Safe to call twice. */
  close(): void {
    this.closeWriter();
    if (this.readerIsOpen) closeSync(this.reader);
    this.readerIsOpen = false;
  }

  /** The number of bytes that were read, 0 at the end; undefined if there are none yet. */
  private read(buffer: Uint8Array): number | undefined {
    try {
      return readSync(this.reader, buffer, 0, buffer.length, null);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
      throw error;
    }
  }
}

function refusal(path: string, cause: unknown): InputError {
  const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  return isMissing
    ? new InputError("mkfifo is not installed", "install it (coreutils or busybox)", undefined, { cause })
    : new InputError(
        "a named pipe cannot be made",
        "set TMPDIR to a folder of a file system that has them",
        path,
        { cause },
      );
}
