/**
 * The signature of a policy or an allocator, from its line of the kernel's registry. The grammar is in
 * assembly/policy/registry.ts and assembly/heap/registry.ts: `name:key=default(least..most),key=word(word|word);note`.
 */

export interface Parameter {
  name: string;
  /** For words, the index in their list. */
  default: number;
  least: number;
  most: number;
  isWhole: boolean;
  /** The allowed words, if the parameter is not a number. */
  words?: readonly string[];
}

export interface Signature {
  name: string;
  parameters: readonly Parameter[];
  notes: readonly string[];
}

/** Parses a line of a registry. */
export function parseSignature(line: string): Signature {
  const [call = "", ...notes] = line.split(";");
  const colon = call.indexOf(":");
  const name = colon < 0 ? call : call.slice(0, colon);
  const list = colon < 0 ? "" : call.slice(colon + 1);
  const parameters = [...list.matchAll(/([\w-]+)=([^(]+)\(([^)]+)\)/g)].map(
    ([, key = "", value = "", range = ""]) =>
      range.includes("..") ? numberParameter(key, value, range) : wordParameter(key, value, range.split("|")),
  );
  return { name, parameters, notes };
}

function numberParameter(name: string, value: string, range: string): Parameter {
  const [least, most] = range.split("..");
  return {
    name,
    default: Number(value),
    least: Number(least),
    most: Number(most),
    isWhole: !value.includes("."),
  };
}

function wordParameter(name: string, word: string, words: readonly string[]): Parameter {
  return { name, default: words.indexOf(word), least: 0, most: words.length - 1, isWhole: true, words };
}

/** `name:key=value,key=value` with the defaults of the parameters, as it can be typed. */
export function signatureText({ name, parameters }: Pick<Signature, "name" | "parameters">): string {
  const settings = parameters.map((one) => `${one.name}=${one.words?.[one.default] ?? one.default}`);
  return settings.length === 0 ? name : `${name}:${settings.join(",")}`;
}
