/** The stored bytes of files and of standard input, and stored copies of streams, in Node. */
import type { FileHandle } from "node:fs/promises";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, UsageError } from "../errors.js";
import { temporaryFolder } from "../platform/temporary.node.js";
import { fileError } from "./file-errors.js";
import type { ByteSource, RandomAccess } from "./source.js";
import { type StoredInput, StreamInput } from "./stored-input.js";
import { chunksOfSource } from "./streams.js";

const READ_BYTES = 262144;
/** The first read, which is the only one where a format is detected or blocks are read by their index. */
const FIRST_BYTES = 65536;

/** A file, or standard input for `-`. */
export async function pathInput(path: string | URL, name: string | undefined): Promise<StoredInput> {
  return path === "-" ? standardInput(name ?? "<stdin>") : fileInput(path, name);
}

async function fileInput(path: string | URL, name: string | undefined): Promise<StoredInput> {
  if (path instanceof URL && path.protocol !== "file:") {
    throw new UsageError(`${path.href} is neither a file nor on the web`, "give a file: or https: URL");
  }
  const file = path instanceof URL ? fileURLToPath(path) : path;
  const shown = name ?? file;
  const found = await stat(file).catch((error: unknown) => {
    throw fileError(error, shown, "read");
  });
  if (found.isDirectory()) {
    throw new InputError("is a directory", "give a file that holds a trace", shown);
  }
  // A pipe or a device can be read only once.
  if (!found.isFile()) return new StreamInput(wholeFile(file, shown), shown);
  return new FileInput(file, shown, found.size);
}

function standardInput(name: string): StoredInput {
  if (process.stdin.isTTY) {
    throw new UsageError("standard input is a terminal", "pipe a trace into it or name a file");
  }
  return new StreamInput(process.stdin, name);
}

async function* wholeFile(path: string, name: string): AsyncGenerator<Uint8Array> {
  const source = await openFile(path, name);
  try {
    yield* chunksOfSource(source);
  } finally {
    await source.close();
  }
}

async function openFile(path: string, name: string): Promise<FileSource> {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw fileError(error, name, "read");
  });
  return new FileSource(handle, name, (await handle.stat()).size);
}

class FileInput implements StoredInput {
  readonly rewindable = true;

  constructor(
    readonly transferable: string,
    readonly name: string,
    readonly sizeBytes: number,
  ) {}

  open(): Promise<ByteSource> {
    return openFile(this.transferable, this.name);
  }

  async dispose(): Promise<void> {}
}

/** From the second chunk on, reads one chunk ahead, so that disk and kernel work in parallel. */
class FileSource implements ByteSource {
  bytesRead = 0;
  readonly random: RandomAccess;
  private readonly buffers = [new Uint8Array(READ_BYTES), new Uint8Array(READ_BYTES)] as const;
  private turn: 0 | 1 = 0;
  private ahead: Promise<number> | undefined;
  private closed = false;

  constructor(
    private readonly handle: FileHandle,
    readonly name: string,
    sizeBytes: number,
  ) {
    this.random = { sizeBytes, read: (offset, length, memory) => this.readAt(offset, length, memory) };
  }

  async next(): Promise<Uint8Array | undefined> {
    const isFirst = this.bytesRead === 0;
    const buffer = this.buffers[this.turn];
    this.ahead ??= this.readInto(isFirst ? buffer.subarray(0, FIRST_BYTES) : buffer);
    const length = await this.ahead;
    this.ahead = undefined;
    if (length === 0) return undefined;
    this.turn = this.turn === 0 ? 1 : 0;
    if (!isFirst) this.ahead = this.readInto(this.buffers[this.turn]);
    this.bytesRead += length;
    return buffer.subarray(0, length);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.ahead?.catch(() => undefined);
    await this.handle.close();
  }

  /** The result is used at the next call of `next`, if there is one; only that call reports a failure. */
  private readInto(buffer: Uint8Array): Promise<number> {
    const reading = this.handle.read(buffer, 0, buffer.length, null).then(
      ({ bytesRead }) => bytesRead,
      (error: unknown) => {
        throw fileError(error, this.name, "read");
      },
    );
    reading.catch(() => undefined);
    return reading;
  }

  private async readAt(
    offset: number,
    length: number,
    memory?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const isAmple = memory !== undefined && memory.length >= length;
    const bytes = isAmple ? memory.subarray(0, length) : new Uint8Array(length);
    let got = 0;
    while (got < length) {
      const { bytesRead } = await this.handle.read(bytes, got, length - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return bytes.subarray(0, got);
  }
}

/** Copies the source into a temporary file, removed by `dispose` or when the process ends. */
export async function spoolInput(
  source: ByteSource,
  onBytes?: (bytes: number) => void,
): Promise<StoredInput> {
  const folder = await temporaryFolder();
  const dispose = () => folder.remove();
  try {
    const path = join(folder.path, "trace");
    const file = await open(path, "w");
    try {
      for await (const chunk of chunksOfSource(source)) {
        await file.writeFile(chunk);
        onBytes?.(chunk.length);
      }
    } finally {
      await file.close();
    }
    const spooled = await fileInput(path, source.name);
    return Object.assign(spooled, { dispose });
  } catch (error) {
    await dispose();
    throw error;
  } finally {
    await source.close();
  }
}
