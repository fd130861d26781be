/** The files of a system by path: their length, and the effect of calls on them. Their contents are not modelled. */
import { OBJECT_FILE, OBJECT_SHMEM } from "../../../assembly/abi/process.js";
import type { KernelObjects } from "../../wasm/process/objects.js";
import { type OpenFile, type OpenMode, openedBits, openFile } from "./open-file.js";

/** Files of tmpfs. */
const IN_MEMORY = /^\/(memfd:|dev\/shm\/)/;
/** Deleted files may share a name; a hidden number tells them apart. */
const DELETED = /( \(deleted\))#\d+$/;
/** The largest size of a file. */
const UNKNOWN_SIZE = 1n << 52n;

export interface FilesState {
  readonly objects: readonly (readonly [path: string, object: number])[];
  readonly opened: number;
  readonly deleted: number;
}

export class Files {
  private readonly numbers = new Map<string, number>();
  /** Counters of openings and of deleted files. */
  private opened = 0;
  private deleted = 0;

  constructor(private readonly objects: KernelObjects) {}

  /** The object of a file, created when it is first mentioned. `sizeBytes` is unknown by default. */
  object(path: string, sizeBytes = UNKNOWN_SIZE): number {
    let object = this.numbers.get(path);
    if (object === undefined) {
      object = this.objects.create(IN_MEMORY.test(path) ? OBJECT_SHMEM : OBJECT_FILE, sizeBytes);
      this.numbers.set(path, object);
    }
    return object;
  }

  /** The inode of an object without a path; 0 for files. */
  inode(object: number): number {
    return this.objects.inode(object);
  }

  /** The path of an object, as maps show it; undefined for shared anonymous memory. */
  pathOf(object: number): string | undefined {
    for (const [path, number] of this.numbers) if (number === object) return path.replace(DELETED, "$1");
    return undefined;
  }

  /** Opens a file, or without a path an object that cannot be mapped. Throws `UsageError` for an invalid mode. */
  open(path: string | undefined, mode: OpenMode): OpenFile {
    return openFile(path, mode, ++this.opened);
  }

  /** Creates an empty file without a name; maps show it as deleted. */
  unnamed(name: string): string {
    const path = `${name} (deleted)#${this.deleted++}`;
    this.object(path, 0n);
    return path;
  }

  /** Creates an empty file. An older one with the same path loses its name. */
  create(path: string): void {
    const before = this.numbers.get(path);
    this.numbers.delete(path);
    if (before !== undefined) this.numbers.set(`${path} (deleted)#${this.deleted++}`, before);
    this.object(path, 0n);
  }

  /** The kernel's object of a path or an open file; 0: none. */
  bits(file: string | OpenFile | undefined): bigint {
    if (file === undefined) return 0n;
    if (typeof file === "string") return BigInt(this.object(file));
    return openedBits(file, file.path === undefined ? 0 : this.object(file.path));
  }

  /** Bytes; undefined if unknown. */
  size(path: string): bigint | undefined {
    const size = this.objects.size(this.object(path));
    return size === UNKNOWN_SIZE ? undefined : size;
  }

  /** Sets the length of the file; pages behind the new end are unmapped. */
  resize(path: string, sizeBytes: bigint): void {
    const size = sizeBytes < UNKNOWN_SIZE ? sizeBytes : UNKNOWN_SIZE;
    this.objects.resize(this.object(path, size), size);
  }

  /** Punches a hole: pages wholly inside it leave memory. */
  punch(path: string, from: bigint, bytes: bigint): void {
    if (from < UNKNOWN_SIZE)
      this.objects.punch(this.object(path), from, bytes < UNKNOWN_SIZE ? bytes : UNKNOWN_SIZE);
  }

  /** The process writes bytes at the offset; the file grows as needed. */
  write(asid: number, path: string, from: bigint, bytes: bigint): void {
    if (from + bytes < UNKNOWN_SIZE) this.objects.write(asid, this.object(path), from, bytes);
  }

  /** A process read these bytes, so their pages are in memory. */
  read(path: string, from: bigint, bytes: bigint): void {
    this.objects.read(this.object(path), from, bytes);
  }

  /** Writes dirty pages to the file. */
  flush(path: string): void {
    this.objects.flush(this.object(path));
  }

  state(): FilesState {
    return { objects: [...this.numbers], opened: this.opened, deleted: this.deleted };
  }

  assume({ objects, opened, deleted }: FilesState): void {
    this.numbers.clear();
    for (const [path, object] of objects) this.numbers.set(path, object);
    this.opened = opened;
    this.deleted = deleted;
  }
}
