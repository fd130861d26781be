/** The kernel's zstd decompressor. The struct is `Zstd` in assembly/zstd/frames.ts. */
import {
  ZSTD_BAD_BLOCK,
  ZSTD_BAD_CHECKSUM,
  ZSTD_BAD_DICTIONARY,
  ZSTD_BAD_FRAME,
  ZSTD_BAD_LITERALS,
  ZSTD_BAD_MAGIC,
  ZSTD_BAD_MEMORY,
  ZSTD_BAD_SEQUENCES,
  ZSTD_BLOCK,
  ZSTD_END,
  ZSTD_ERROR,
  ZSTD_FAILED,
  ZSTD_FRAME_END,
  ZSTD_HUNGRY,
  ZSTD_INPUT,
  ZSTD_INPUT_BYTES,
  ZSTD_OUTPUT,
  ZSTD_OUTPUT_LENGTH,
} from "../../assembly/abi.js";
import { type Kernel, outOfMemory } from "./kernel.js";

const PROBLEMS: Readonly<Record<number, string>> = {
  [ZSTD_BAD_MAGIC]: "no frame where one is due",
  [ZSTD_BAD_FRAME]: "bad frame header",
  [ZSTD_BAD_DICTIONARY]: "it needs a dictionary",
  [ZSTD_BAD_BLOCK]: "bad block header",
  [ZSTD_BAD_LITERALS]: "bad literals",
  [ZSTD_BAD_SEQUENCES]: "bad sequences",
  [ZSTD_BAD_CHECKSUM]: "wrong checksum",
  [ZSTD_BAD_MEMORY]: "its window is larger than 1 GiB or than memory",
};

export class KernelZstd {
  private readonly state: number;
  private status: number = ZSTD_HUNGRY;

  constructor(private readonly kernel: Kernel) {
    this.state = kernel.exports.createZstd() >>> 0;
    if (this.state === 0) throw outOfMemory();
  }

  /** Puts in as much of `chunk` as there is room for, after `blocks` is exhausted; returns how many bytes. */
  put(chunk: Uint8Array): number {
    const end = this.field(ZSTD_END);
    const room = this.field(ZSTD_INPUT) + ZSTD_INPUT_BYTES - end;
    const taken = chunk.length <= room ? chunk : chunk.subarray(0, room);
    this.kernel.bytes(end, taken.length).set(taken);
    this.kernel.view().setUint32(this.state + ZSTD_END, end + taken.length, true);
    return taken.length;
  }

  /** The blocks that can be decompressed by now, each good until the next is asked for. */
  *blocks(): Generator<Uint8Array> {
    for (;;) {
      this.status = this.kernel.exports.decompressZstd(this.state);
      if (this.status === ZSTD_FAILED) throw new Error(PROBLEMS[this.field(ZSTD_ERROR)]);
      if (this.status !== ZSTD_BLOCK) return;
      yield this.kernel.bytes(this.field(ZSTD_OUTPUT), this.field(ZSTD_OUTPUT_LENGTH));
    }
  }

  /** May the input end here? */
  get isComplete(): boolean {
    return this.status === ZSTD_FRAME_END;
  }

  private field(offset: number): number {
    return this.kernel.view().getUint32(this.state + offset, true);
  }
}
