/** The policies of the kernel's registry, read from their signatures: `name:key=default(least..most),…;future`. */
import type { Kernel } from "./kernel.js";

export interface PolicySignature {
  readonly name: string;
  readonly parameters: readonly { key: string; value: number; least: number; most: number }[];
  /** It needs a first pass over the trace. */
  readonly needsFuture: boolean;
}

export function policySignatures(kernel: Kernel): PolicySignature[] {
  const signatures: PolicySignature[] = [];
  for (let number = 0; ; number++) {
    const address = kernel.exports.policySignature(number) >>> 0;
    if (address === 0) return signatures;
    signatures.push(parse(readString(kernel, address)));
  }
}

/** A string of AssemblyScript's: UTF-16, its length in bytes just before it. */
function readString(kernel: Kernel, address: number): string {
  const bytes = kernel.view().getUint32(address - 4, true);
  return new TextDecoder("utf-16le").decode(kernel.bytes(address, bytes));
}

function parse(signature: string): PolicySignature {
  const [head = "", ...marks] = signature.split(";");
  const [name = "", list] = head.split(":");
  const parameters = [...(list ?? "").matchAll(/(\w+)=([\d.]+)\(([\d.]+?)\.\.([\d.]+)\)/g)].map(
    ([, key = "", value, least, most]) => ({
      key,
      value: Number(value),
      least: Number(least),
      most: Number(most),
    }),
  );
  return { name, parameters, needsFuture: marks.includes("future") };
}
