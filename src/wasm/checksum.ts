/** CRC-32 of bytes outside the kernel's memory, computed by the platform if it can, else by the kernel. */
import { type Crc32, platformCrc32 } from "./crc32.node.js";
import type { Kernel } from "./kernel.js";

const SCRATCH_BYTES = 65536;

export class Checksum {
  private constructor(private readonly crc32: Crc32) {}

  static async create(kernel: Kernel): Promise<Checksum> {
    const crc32 = await platformCrc32();
    if (crc32 !== undefined) return new Checksum(crc32);
    const scratch = kernel.allocate(SCRATCH_BYTES);
    return new Checksum((bytes, before) => {
      let crc = before;
      for (let at = 0; at < bytes.length; at += SCRATCH_BYTES) {
        const piece = bytes.subarray(at, at + SCRATCH_BYTES);
        kernel.bytes(scratch, piece.length).set(piece);
        crc = kernel.exports.crc32(crc, scratch, piece.length) >>> 0;
      }
      return crc;
    });
  }

  /** The checksum of the parts in sequence. */
  of(...parts: readonly Uint8Array[]): number {
    let crc = 0;
    for (const part of parts) crc = this.crc32(part, crc);
    return crc;
  }
}
