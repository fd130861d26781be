/** CRC-32 of bytes that lie outside the kernel, computed in it. */
import type { Kernel } from "./kernel.js";

const SCRATCH_BYTES = 65536;

export class Checksum {
  private readonly scratch: number;

  constructor(private readonly kernel: Kernel) {
    this.scratch = kernel.allocate(SCRATCH_BYTES);
  }

  /** Of the parts, one after the other. */
  of(...parts: readonly Uint8Array[]): number {
    let crc = 0;
    for (const part of parts) {
      for (let at = 0; at < part.length; at += SCRATCH_BYTES) {
        const piece = part.subarray(at, at + SCRATCH_BYTES);
        this.kernel.bytes(this.scratch, piece.length).set(piece);
        crc = this.kernel.exports.crc32(crc, this.scratch, piece.length) >>> 0;
      }
    }
    return crc;
  }
}
