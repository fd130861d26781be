/** The kernel's registry of replacement policies. */
import { POLICY_NUMBERS } from "../../assembly/abi.js";
import type { Kernel } from "./kernel.js";

/** Every policy's number and signature; the grammar is in assembly/policy/registry.ts. */
export function policySignatures(kernel: Kernel): { id: number; signature: string }[] {
  const signatures: { id: number; signature: string }[] = [];
  for (let id = 0; id < POLICY_NUMBERS; id++) {
    const address = kernel.exports.policySignature(id) >>> 0;
    if (address !== 0) signatures.push({ id, signature: kernelString(kernel, address) });
  }
  return signatures;
}

/** A string as AssemblyScript lays it out: UTF-16, its length in bytes before the first. */
function kernelString(kernel: Kernel, address: number): string {
  const length = kernel.view().getUint32(address - 4, true);
  return new TextDecoder("utf-16le").decode(kernel.bytes(address, length));
}
