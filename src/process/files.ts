/** The files of a system, by their paths: how long they are, and what calls do to them. Their contents are nobody's. */
import { OBJECT_FILE, OBJECT_SHMEM } from "../../assembly/abi/process.js";
import type { KernelSystem } from "../wasm/system.js";
import { type OpenFile, type OpenMode, openedBits, openFile } from "./open-file.js";

/** Files of tmpfs. */
const IN_MEMORY = /^\/(memfd:|dev\/shm\/)/;
/** Files that are gone may have one name; a number tells them apart, which nobody sees. */
const DELETED = /( \(deleted\))#\d+$/;
/** As large as files can be. */
const UNKNOWN_SIZE = 1n << 52n;

export interface FilesState {
  readonly objects: readonly (readonly [path: string, object: number])[];
  readonly opened: number;
  readonly deleted: number;
}

export class Files {
  private readonly objects = new Map<string, number>();
  /** Openings, and files that have lost their name, so far. */
  private opened = 0;
  private deleted = 0;

  constructor(private readonly kernel: KernelSystem) {}

  /** The object of a file, made at its first mention. `sizeBytes`: unknown unless said. */
  object(path: string, sizeBytes = UNKNOWN_SIZE): number {
    let object = this.objects.get(path);
    if (object === undefined) {
      object = this.kernel.createObject(IN_MEMORY.test(path) ? OBJECT_SHMEM : OBJECT_FILE, sizeBytes);
      this.objects.set(path, object);
    }
    return object;
  }

  /** The path of an object, as maps show it; undefined for shared anonymous memory. */
  pathOf(object: number): string | undefined {
    for (const [path, number] of this.objects) if (number === object) return path.replace(DELETED, "$1");
    return undefined;
  }

  /** Opens a file, or without a path what cannot be mapped. Throws `UsageError` for a mode that is none. */
  open(path: string | undefined, mode: OpenMode): OpenFile {
    return openFile(path, mode, ++this.opened);
  }

  /** A new, empty file without a name, which maps show so. */
  unnamed(name: string): string {
    const path = `${name} (deleted)#${this.deleted++}`;
    this.object(path, 0n);
    return path;
  }

  /** A new, empty file. Another one that had its path has none from now on. */
  create(path: string): void {
    const before = this.objects.get(path);
    this.objects.delete(path);
    if (before !== undefined) this.objects.set(`${path} (deleted)#${this.deleted++}`, before);
    this.object(path, 0n);
  }

  /** What the kernel's mmap is told of a file, a path or one that was opened; 0: there is none. */
  bits(file: string | OpenFile | undefined): bigint {
    if (file === undefined) return 0n;
    if (typeof file === "string") return BigInt(this.object(file));
    return openedBits(file, file.path === undefined ? 0 : this.object(file.path));
  }

  /** Bytes; undefined where that is not known. */
  size(path: string): bigint | undefined {
    const size = this.kernel.objectSize(this.object(path));
    return size === UNKNOWN_SIZE ? undefined : size;
  }

  /** The file is so long from now on: what is mapped behind its end goes. */
  resize(path: string, sizeBytes: bigint): void {
    const size = sizeBytes < UNKNOWN_SIZE ? sizeBytes : UNKNOWN_SIZE;
    this.kernel.resizeObject(this.object(path, size), size);
  }

  /** A hole: pages that lie in it as a whole leave memory. */
  punch(path: string, from: bigint, bytes: bigint): void {
    if (from < UNKNOWN_SIZE)
      this.kernel.punchObject(this.object(path), from, bytes < UNKNOWN_SIZE ? bytes : UNKNOWN_SIZE);
  }

  /** The process writes so many bytes from there on, and the file grows as far as that needs. */
  write(asid: number, path: string, from: bigint, bytes: bigint): void {
    if (from + bytes < UNKNOWN_SIZE) this.kernel.writeObject(asid, this.object(path), from, bytes);
  }

  /** Somebody has read so many bytes from there on: they are in memory. */
  read(path: string, from: bigint, bytes: bigint): void {
    this.kernel.readObject(this.object(path), from, bytes);
  }

  /** Pages that were stored to are written to the file. */
  flush(path: string): void {
    this.kernel.flushObject(this.object(path));
  }

  state(): FilesState {
    return { objects: [...this.objects], opened: this.opened, deleted: this.deleted };
  }

  assume({ objects, opened, deleted }: FilesState): void {
    this.objects.clear();
    for (const [path, object] of objects) this.objects.set(path, object);
    this.opened = opened;
    this.deleted = deleted;
  }
}
