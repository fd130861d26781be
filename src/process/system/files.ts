/** The files of a system by path: their length, and the effect of calls on them. Their contents are not modelled. */
import { OBJECT_FILE, OBJECT_SHMEM } from "../../../assembly/abi/process.js";
import type { KernelObjects } from "../../wasm/process/objects.js";
import {
  deniedBy,
  type FileName,
  isMappable,
  isObject,
  type OpenFile,
  type OpenMode,
  openedBits,
  openFile,
} from "./open-file.js";

/** Files of tmpfs, and segments of shared memory (shmget). */
const IN_MEMORY = /^\/(memfd:|dev\/shm\/|SYSV[0-9a-f]{8} )/;
/** Deleted files may share a name; a hidden number distinguishes them. */
const DELETED = /( \(deleted\))#\d+$/;
/** A segment of shared memory, with its number. */
const SEGMENT = /^\/SYSV[0-9a-f]{8} \(deleted\)#(\d+)$/;
/** The largest size of a file. */
const UNKNOWN_SIZE = 1n << 52n;

export interface FilesState {
  readonly objects: readonly (readonly [path: string, object: number])[];
  readonly names: readonly (readonly [path: string, name: FileName])[];
  readonly removed: readonly bigint[];
  readonly opened: number;
  readonly deleted: number;
}

export class Files {
  private readonly numbers = new Map<string, number>();
  /** The names of the files that were opened, by their present path. */
  private readonly names = new Map<string, FileName>();
  /** Segments of shared memory that end with their last mapping. */
  private readonly removed = new Set<bigint>();
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

  /**
   * Opens a file, or without a path an object that cannot be mapped. `denied`: further bits `DENIED_…`. Throws
   * `UsageError` for an invalid mode.
   */
  open(path: string | undefined, mode: OpenMode, denied = 0): OpenFile {
    const name = path === undefined || !isMappable(path) ? undefined : this.name(path);
    const own = path === undefined ? 0 : deniedBy(path);
    return openFile(name, mode, ++this.opened, denied | own);
  }

  private name(path: string): FileName {
    let name = this.names.get(path);
    if (name === undefined) {
      name = { path };
      this.names.set(path, name);
    }
    return name;
  }

  /** Creates a file without a name, empty by default; maps show it as deleted. */
  unnamed(name: string, sizeBytes = 0n): string {
    const path = `${name} (deleted)#${this.deleted++}`;
    this.object(path, sizeBytes);
    return path;
  }

  /** Creates an empty file. An older one with the same path loses its name. */
  create(path: string): void {
    this.unlink(path);
    this.object(path, 0n);
  }

  /** The file loses its name; maps and descriptors keep it as deleted. */
  unlink(path: string): void {
    this.move(path, `${path} (deleted)#${this.deleted++}`);
  }

  /** Renames a file, or a directory with all that is in it. A file that had the new name loses it. */
  rename(from: string, to: string): void {
    if (from === to) return;
    this.unlink(to);
    this.move(from, to);
    for (const path of new Set([...this.numbers.keys(), ...this.names.keys()]))
      if (path.startsWith(`${from}/`)) this.move(path, to + path.slice(from.length));
  }

  /** Two files change names (RENAME_EXCHANGE). */
  exchange(one: string, other: string): void {
    const between = `${one} (deleted)#${this.deleted++}`;
    this.move(one, between);
    this.move(other, one);
    this.move(between, other);
  }

  private move(from: string, to: string): void {
    const object = this.numbers.get(from);
    this.numbers.delete(from);
    if (object !== undefined) this.numbers.set(to, object);
    const name = this.names.get(from);
    this.names.delete(from);
    if (name === undefined) return;
    name.path = to;
    this.names.set(to, name);
  }

  /** The path of the object that a segment of shared memory (shmget) is; undefined if it is unknown. */
  segment(id: bigint): string | undefined {
    const digits = String(id);
    for (const path of this.numbers.keys()) if (SEGMENT.exec(path)?.[1] === digits) return path;
    return undefined;
  }

  /** Creates a segment of shared memory. `key`: 8 hexadecimal digits. An older one with its number is gone. */
  createSegment(id: bigint, key: string, sizeBytes: bigint): void {
    const path = `/SYSV${key} (deleted)#${id}`;
    this.removed.delete(id);
    const before = this.segment(id);
    if (before !== undefined) this.unlink(before);
    this.object(path, sizeBytes);
  }

  /** The segment ends with its last mapping (shmctl, IPC_RMID). */
  removeSegment(id: bigint): void {
    this.removed.add(id);
  }

  isRemovedSegment(id: bigint): boolean {
    return this.removed.has(id);
  }

  /** The kernel's object of a path or an open file; 0: none. */
  bits(file: string | OpenFile | undefined): bigint {
    if (file === undefined) return 0n;
    if (typeof file === "string")
      return isObject(file) ? BigInt(this.object(file)) : this.bits(this.open(file, "O_RDWR"));
    return openedBits(file, file.path === undefined || !isObject(file.path) ? 0 : this.object(file.path));
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
    const { opened, deleted } = this;
    return {
      objects: [...this.numbers],
      names: [...this.names],
      removed: [...this.removed],
      opened,
      deleted,
    };
  }

  assume({ objects, names, removed, opened, deleted }: FilesState): void {
    this.removed.clear();
    for (const id of removed) this.removed.add(id);
    this.numbers.clear();
    for (const [path, object] of objects) this.numbers.set(path, object);
    this.names.clear();
    for (const [path, name] of names) {
      name.path = path;
      this.names.set(path, name);
    }
    this.opened = opened;
    this.deleted = deleted;
  }
}
