/** Files and standard output as sinks, in Node. */
import { rmSync } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";
import { cleanUpOnExit } from "../platform/cleanup.node.js";
import { fileError } from "./file-errors.js";
import { copyOf } from "./streams.js";
import type { ByteSink } from "./writer.js";

/** A file, or standard output for `-`. */
export async function pathSink(path: string | URL): Promise<ByteSink> {
  return path === "-" ? standardOutput() : fileSink(path);
}

/**
 * A file that is written as `NAME.RANDOM.partial` beside it and renamed when it is complete, so an incomplete file never
 * has the final name. The partial file is always a new file: an existing file or symbolic link of that name is not
 * opened. A device or a pipe is written directly.
 */
export async function fileSink(path: string | URL): Promise<ByteSink> {
  const name = path instanceof URL ? fileURLToPath(path) : path;
  const there = await stat(name).catch(() => undefined);
  if (there?.isDirectory()) throw new InputError("is a directory", "give the name of a file", name);
  const special = there !== undefined && !there.isFile();
  const { randomBytes } = await import("node:crypto");
  const partial = special ? undefined : `${name}.${randomBytes(8).toString("hex")}.partial`;
  // Registered before the file exists, because a signal may come at any time after that.
  const cleanup = cleanUpOnExit(() => {
    if (partial !== undefined) rmSync(partial, { force: true });
  });
  const handle = await (partial === undefined ? open(name, "w") : open(partial, "wx")).catch(
    (error: unknown) => {
      cleanup.cancel();
      throw fileError(error, name, "write");
    },
  );
  return new FileSink(handle, name, partial, cleanup);
}

class FileSink implements ByteSink {
  private ended = false;

  constructor(
    private readonly handle: FileHandle,
    readonly name: string,
    private readonly partial: string | undefined,
    private readonly cleanup: { cancel(): void },
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    await this.attempt(async () => {
      for (let at = 0; at < chunk.length; ) {
        at += (await this.handle.write(chunk, at, chunk.length - at)).bytesWritten;
      }
    });
  }

  async finish(): Promise<void> {
    if (this.ended) return;
    await this.attempt(async () => {
      await this.handle.close();
      if (this.partial !== undefined) await rename(this.partial, this.name);
    });
    this.end();
  }

  async abort(): Promise<void> {
    if (this.ended) return;
    this.end();
    await this.handle.close().catch(() => undefined);
    if (this.partial !== undefined) await rm(this.partial, { force: true });
  }

  private end(): void {
    this.ended = true;
    this.cleanup.cancel();
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      throw fileError(error, this.name, "write");
    }
  }
}

function standardOutput(): ByteSink {
  const name = "<stdout>";
  process.stdout.once("error", () => {}); // the failed write reports it
  return {
    name,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        process.stdout.write(copyOf(chunk), (error) => {
          if (error) reject(fileError(error, name, "write"));
          else resolve();
        });
      }),
    finish: async () => {},
    abort: async () => {},
  };
}
