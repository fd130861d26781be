/** The kernel's registry of replacement policies. */
import type { Kernel } from "./kernel.js";

/** Every policy's signature by its number; the grammar is in assembly/policy/registry.ts. */
export function policySignatures(kernel: Kernel): string[] {
  const signatures: string[] = [];
  for (;;) {
    const address = kernel.exports.policySignature(signatures.length) >>> 0;
    if (address === 0) return signatures;
    signatures.push(kernelString(kernel, address));
  }
}

/** A string as AssemblyScript lays it out: UTF-16, its length in bytes before the first. */
function kernelString(kernel: Kernel, address: number): string {
  const length = kernel.view().getUint32(address - 4, true);
  return new TextDecoder("utf-16le").decode(kernel.bytes(address, length));
}
