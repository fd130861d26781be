/** The objects that regions map, in kernel memory: files and shared memory, by number. */
import { outOfMemory } from "../kernel.js";
import type { SystemHandle } from "./handle.js";

export class KernelObjects {
  constructor(private readonly system: SystemHandle) {}

  /** `kind`: `OBJECT_…`. Returns the object's number. */
  create(kind: number, sizeBytes: bigint): number {
    const { kernel, address } = this.system;
    const object = kernel.exports.createObject(address, kind, sizeBytes) >>> 0;
    if (object === 0) throw outOfMemory();
    return object;
  }

  /** The inode of an object without a name; 0 for files. */
  inode(object: number): number {
    return this.system.kernel.exports.objectInode(this.system.address, object) >>> 0;
  }

  /** Bytes. */
  size(object: number): bigint {
    return BigInt.asUintN(64, this.system.kernel.exports.objectSize(this.system.address, object));
  }

  /** Pages behind the new end are unmapped. */
  resize(object: number, sizeBytes: bigint): void {
    this.system.kernel.exports.resizeObject(this.system.address, object, sizeBytes);
  }

  punch(object: number, from: bigint, bytes: bigint): void {
    this.system.kernel.exports.punchObject(this.system.address, object, from, bytes);
    this.system.mustHaveMemory();
  }

  /** Writes these bytes, as a call of process `asid`. */
  write(asid: number, object: number, from: bigint, bytes: bigint): void {
    this.system.kernel.exports.writeObject(this.system.address, asid, object, from, bytes);
    this.system.mustHaveMemory();
  }

  read(object: number, from: bigint, bytes: bigint): void {
    this.system.kernel.exports.readObject(this.system.address, object, from, bytes);
    this.system.mustHaveMemory();
  }

  /** Writes dirty pages to the file. */
  flush(object: number): void {
    this.system.kernel.exports.flushObject(this.system.address, object);
  }
}
