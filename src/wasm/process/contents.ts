/** The known contents of a process's memory: see assembly/process/inspect/peek.ts. */
import type { SystemHandle } from "./handle.js";

export class KernelContents {
  constructor(
    private readonly system: SystemHandle,
    private readonly asid: number,
  ) {}

  /** `count` bytes at `va`; zeros where they are unknown. */
  peek(va: bigint, count: number): Uint8Array {
    const at = this.system.scratchFor(count);
    this.peekTo(at, va, count);
    return this.system.bytesAt(at, count);
  }

  /** The value of at most 8 bytes at `va`; undefined if a byte is unknown. */
  value(va: bigint, count: number): bigint | undefined {
    const { kernel } = this.system;
    const at = this.system.scratchFor(8);
    kernel.view().setBigUint64(at, 0n, true);
    return this.peekTo(at, va, count) ? kernel.view().getBigUint64(at, true) : undefined;
  }

  /** Copies bytes to kernel memory at `to`. Returns whether all of them are known. */
  private peekTo(to: number, va: bigint, count: number): boolean {
    const { kernel, address } = this.system;
    return kernel.exports.peekBytes(address, this.asid, va, count, to) !== 0;
  }

  /** Stores bytes at `va` without a reference; false if a part is not mapped. */
  poke(va: bigint, bytes: Uint8Array): boolean {
    const { kernel, address } = this.system;
    const at = this.system.scratchFor(bytes.length);
    kernel.bytes(at, bytes.length).set(bytes);
    const isMapped = kernel.exports.pokeBytes(address, this.asid, va, bytes.length, at) !== 0;
    this.system.mustHaveMemory();
    return isMapped;
  }

  /** Stores `value` in each of `count` bytes that lies on a page with known contents. */
  overwrite(va: bigint, count: bigint, value: number): void {
    this.system.kernel.exports.overwriteBytes(this.system.address, this.asid, va, count, value);
  }
}
