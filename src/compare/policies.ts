/** Replacement policies by name, with parameters that ride in it: `2q:kin=0.25,kout=0.5`. */
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import { Kernel } from "../wasm/kernel.js";
import { policySignatures } from "../wasm/policies.js";

export interface PolicyParameter {
  name: string;
  default: number;
  least: number;
  most: number;
  isWhole: boolean;
}

/** A policy that there is. */
export interface PolicyInfo {
  name: string;
  parameters: readonly PolicyParameter[];
  /** It must know each request's next use, so the trace is read twice. */
  needsFuture: boolean;
  /** Its resident set grows and shrinks by itself, up to the frames that there are. */
  isVariable: boolean;
}

/** A policy with its parameters set. */
export interface PolicyChoice {
  /** As the caller wrote it, blanks and capitals aside. */
  name: string;
  id: number;
  parameters: readonly number[];
  needsFuture: boolean;
  isVariable: boolean;
}

/** Does `name` mean a file that has an own policy, rather than a policy of the kernel? */
export function isPath(name: string): boolean {
  return /[/\\]|\.m?js(:|$)/.test(name);
}

/** What `compare` looks at where nobody says: the usual ones, each line of research's best known, and the bound. */
export const DEFAULT_POLICIES = "fifo,lru,clock,2q,arc,lirs,tinylfu,s3-fifo,sieve,opt";

let known: Promise<readonly PolicyInfo[]> | undefined;

/** Every policy, in the kernel's order. */
export function policies(): Promise<readonly PolicyInfo[]> {
  known ??= Kernel.create().then((kernel) => policySignatures(kernel).map(parseSignature));
  return known;
}

/** Reads a line of the kernel's registry; its grammar is there. */
function parseSignature(signature: string): PolicyInfo {
  const [call = "", ...notes] = signature.split(";");
  const [name = "", list] = call.split(":");
  const parameters = [...(list ?? "").matchAll(/(\w+)=([^(]+)\(([^)]+?)\.\.([^)]+)\)/g)].map(
    ([, key = "", value, least, most]) => ({
      name: key,
      default: Number(value),
      least: Number(least),
      most: Number(most),
      isWhole: !value?.includes("."),
    }),
  );
  return { name, parameters, needsFuture: notes.includes("future"), isVariable: notes.includes("variable") };
}

/** The kernel's policies that `names` chooses: `all`, a comma-separated list or an array. Throws `UsageError`. */
export async function choosePolicies(names: string | readonly string[]): Promise<PolicyChoice[]> {
  const list = typeof names === "string" ? splitNames(names) : names;
  const all = await policies();
  const wanted = list.flatMap((name) => {
    const plain = name.trim().toLowerCase();
    return plain === "all" ? all.map((policy) => policy.name) : [plain];
  });
  if (wanted.length === 0) {
    throw new UsageError("no replacement policy is named", `name some of ${nameList(all)}, or all`);
  }
  return [...new Set(wanted)].map((name) => parsePolicy(name, all));
}

/** A comma ends a policy where what follows it is not a further `key=value`. */
export function splitNames(names: string): string[] {
  return names.split(/,(?!\s*[\w-]+\s*=)/).filter((name) => name.trim() !== "");
}

function parsePolicy(text: string, all: readonly PolicyInfo[]): PolicyChoice {
  if (isPath(text)) {
    const problem = `the own policy "${text}" runs outside of the kernel, which has to choose by itself here`;
    throw new UsageError(problem, "give it to compare --policies");
  }
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const id = all.findIndex((policy) => policy.name === name);
  const policy = all[id];
  if (policy === undefined) throw unknownPolicy(name, all);
  const given = colon < 0 ? new Map<string, number>() : parseParameters(text.slice(colon + 1), policy);
  const parameters = policy.parameters.map((parameter) => given.get(parameter.name) ?? parameter.default);
  const { needsFuture, isVariable } = policy;
  return { name: text, id, parameters, needsFuture, isVariable };
}

/** Reads `key=value,key=value`; what is not given is not there. Throws `UsageError`. */
export function parseParameters(
  list: string,
  policy: Pick<PolicyInfo, "name" | "parameters">,
  place?: string,
): Map<string, number> {
  const given = new Map<string, number>();
  for (const item of list.split(",")) {
    const [key = "", value = "", ...rest] = item.split("=").map((part) => part.trim());
    const parameter = policy.parameters.find(({ name }) => name === key);
    if (parameter === undefined) throw unknownParameter(key, policy, place);
    const number = value === "" || rest.length > 0 ? Number.NaN : Number(value);
    const fits = number >= parameter.least && number <= parameter.most;
    if (!fits || (parameter.isWhole && !Number.isInteger(number))) {
      throw new UsageError(
        `the parameter ${key} of ${policy.name} cannot be "${[value, ...rest].join("=")}"`,
        `give a ${parameter.isWhole ? "whole " : ""}number from ${parameter.least} to ${parameter.most}`,
        place,
      );
    }
    given.set(key, number);
  }
  return given;
}

function unknownPolicy(name: string, all: readonly PolicyInfo[]): UsageError {
  const names = all.map((policy) => policy.name);
  return new UsageError(
    `unknown replacement policy "${name}"`,
    `did you mean ${nearest(name, names)}? The policies are ${nameList(all)}`,
  );
}

function unknownParameter(
  key: string,
  policy: Pick<PolicyInfo, "name" | "parameters">,
  place: string | undefined,
): UsageError {
  const names = policy.parameters.map(({ name }) => name);
  const problem = `the policy ${policy.name} has no parameter "${key}"`;
  if (names.length === 0) return new UsageError(problem, "it takes none", place);
  return new UsageError(problem, `did you mean ${nearest(key, names)}? It takes ${names.join(", ")}`, place);
}

function nameList(all: readonly PolicyInfo[]): string {
  return all.map(({ name }) => name).join(", ");
}
