/** The kernel's registry of replacement policies. */
import type { Kernel } from "./kernel.js";
import { kernelSignatures } from "./strings.js";

/** Every policy's signature by its number; the grammar is in assembly/policy/registry.ts. */
export function policySignatures(kernel: Kernel): string[] {
  return kernelSignatures(kernel, kernel.exports.policySignature);
}
