/** A policy's name, `lru` or `random:seed=7`, against the signatures that the kernel's registry has. */
import { closest } from "fastest-levenshtein";
import { UsageError } from "../errors.js";
import type { Kernel } from "../wasm/kernel.js";
import { policySignatures } from "../wasm/policies.js";

interface PolicySignature {
  readonly name: string;
  readonly parameters: readonly { key: string; value: number; least: number; most: number }[];
  /** It needs a first pass over the trace. */
  readonly needsFuture: boolean;
}

export interface NamedPolicy {
  readonly name: string;
  readonly number: number;
  /** Address of its parameters, an f64 each. */
  readonly parameters: number;
  readonly needsFuture: boolean;
}

export function policyByName(kernel: Kernel, text: string): NamedPolicy {
  const [name = "", ...given] = text.split(/[:,]/);
  const signatures = policySignatures(kernel).map(parse);
  const number = signatures.findIndex((signature) => signature.name === name);
  const signature = signatures[number];
  if (signature === undefined) {
    const names = signatures.map((known) => known.name);
    const remedy = `did you mean ${closest(name, names)}? There are ${names.join(", ")}`;
    throw new UsageError(`unknown policy "${name}"`, remedy, "--policy");
  }
  const values = signature.parameters.map((parameter) => parameter.value);
  for (const part of given) {
    const [key, value] = part.split("=");
    const index = signature.parameters.findIndex((parameter) => parameter.key === key);
    const parameter = signature.parameters[index];
    if (parameter === undefined) {
      const keys = signature.parameters.map((known) => known.key);
      const remedy = keys.length > 0 ? `it has ${keys.join(", ")}` : "it has none";
      throw new UsageError(`${name} has no parameter "${key}"`, remedy, "--policy");
    }
    const number = value === undefined || value === "" ? Number.NaN : Number(value);
    if (!(number >= parameter.least && number <= parameter.most)) {
      const remedy = `give ${parameter.least} to ${parameter.most}`;
      throw new UsageError(`${name}'s ${key} cannot be ${value}`, remedy, "--policy");
    }
    values[index] = number;
  }
  const parameters = kernel.allocate(Math.max(values.length, 1) * 8);
  const view = kernel.view();
  values.forEach((value, n) => {
    view.setFloat64(parameters + n * 8, value, true);
  });
  return { name, number, parameters, needsFuture: signature.needsFuture };
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
