/** Strings in kernel memory. */
import type { Kernel } from "./kernel.js";

/** A string in AssemblyScript's layout: UTF-16, preceded by its length in bytes. */
export function kernelString(kernel: Kernel, address: number): string {
  const length = kernel.view().getUint32(address - 4, true);
  return new TextDecoder("utf-16le").decode(kernel.bytes(address, length));
}

/** The signatures of a registry by their numbers; `signature` gives a string's address, 0 past the last. */
export function kernelSignatures(kernel: Kernel, signature: (id: number) => number): string[] {
  const signatures: string[] = [];
  for (;;) {
    const address = signature(signatures.length) >>> 0;
    if (address === 0) return signatures;
    signatures.push(kernelString(kernel, address));
  }
}
