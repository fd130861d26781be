/** Chunks outside memory, in Node: in a temporary file, which is removed when the process ends. */
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "../platform/temporary.node.js";
import type { ChunkStore } from "./chunk-store.js";

/** Bytes of chunks that are kept in memory before the rest goes to a file. */
export const KEPT_BYTES = 256 * 2 ** 20;

interface OpenFile {
  readonly handle: FileHandle;
  readonly folder: TemporaryFolder;
}

export class ChunkFile implements ChunkStore {
  count = 0;
  private size = 0;
  private file: OpenFile | undefined;

  constructor(private readonly chunkBytes: number) {}

  async append(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.file ??= await openTemporary();
    await writeAll(this.file.handle, chunk, this.size);
    this.size += chunk.length;
    this.count++;
  }

  async read(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const start = index * this.chunkBytes;
    const chunk = new Uint8Array(Math.min(this.chunkBytes, this.size - start));
    for (let at = 0; at < chunk.length; ) {
      const { bytesRead } = await this.handle.read(chunk, at, chunk.length - at, start + at);
      if (bytesRead === 0) throw new Error(`${this.file?.folder.path} was cut off by another program`);
      at += bytesRead;
    }
    return chunk;
  }

  async replace(index: number, chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    await writeAll(this.handle, chunk, index * this.chunkBytes);
  }

  async close(): Promise<void> {
    const file = this.file;
    this.file = undefined;
    if (file === undefined) return;
    await file.handle.close();
    await file.folder.remove();
  }

  private get handle(): FileHandle {
    if (this.file === undefined) throw new RangeError("no such chunk");
    return this.file.handle;
  }
}

async function openTemporary(): Promise<OpenFile> {
  const folder = await temporaryFolder();
  return { handle: await open(join(folder.path, "future"), "wx+"), folder };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}
