/** XXH64 of bytes outside the kernel's memory; see assembly/core/xxh64.ts. */
import { type Kernel, outOfMemory } from "./kernel.js";

const SCRATCH_BYTES = 131072;

export class KernelXxh64 {
  private readonly state: number;
  private readonly scratch: number;

  constructor(private readonly kernel: Kernel) {
    this.state = kernel.exports.createXxh64() >>> 0;
    if (this.state === 0) throw outOfMemory();
    this.scratch = kernel.allocate(SCRATCH_BYTES);
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SCRATCH_BYTES) {
      const piece = bytes.subarray(at, at + SCRATCH_BYTES);
      this.kernel.bytes(this.scratch, piece.length).set(piece);
      this.kernel.exports.addXxh64(this.state, this.scratch, piece.length);
    }
  }

  /** The lower half of the hash. No more bytes may be added after it. */
  take(): number {
    return this.kernel.exports.takeXxh64(this.state) >>> 0;
  }
}
