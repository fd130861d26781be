/** Allocators by name, with parameters in the name: `first-fit:order=address`. */
import { type Chosen, choose, type Nouns, namesOf } from "../registry/choice.js";
import { type Parameter, parseSignature, type Signature } from "../registry/signature.js";
import { allocatorSignatures } from "../wasm/heap.js";
import { Kernel } from "../wasm/kernel.js";
import type { HeapEnvironment } from "./environment.js";
import { tunableParameters } from "./tunables.js";

export type AllocatorParameter = Parameter;

/** An allocator of the kernel. */
export type AllocatorInfo = Pick<Signature, "name" | "parameters">;

/** An allocator with its parameters set. */
export type AllocatorChoice = Chosen<AllocatorInfo>;

const NOUNS: Nouns = { one: "allocator", many: "allocators", full: "allocator" };

/** The allocators that `heap` runs by default: real ones first, then one of each kind. */
const USUAL: readonly string[] = [
  "glibc",
  "musl",
  "jemalloc",
  "mimalloc",
  "tcmalloc",
  "first-fit",
  "best-fit",
  "segregated",
  "buddy",
  "tlsf",
  "slab",
  "bump",
];

let known: Promise<readonly AllocatorInfo[]> | undefined;

/** Every allocator, in the kernel's order. */
export function allocators(): Promise<readonly AllocatorInfo[]> {
  known ??= Kernel.create().then((kernel) =>
    allocatorSignatures(kernel).map((line) => {
      const { name, parameters } = parseSignature(line);
      return { name, parameters };
    }),
  );
  return known;
}

/** The allocators that `names` selects: `all`, a comma-separated list or an array; default: the usual ones. */
export async function chooseAllocators(
  names: string | readonly string[] | undefined,
): Promise<AllocatorChoice[]> {
  const all = await allocators();
  const wanted = names ?? USUAL.filter((name) => all.some((one) => one.name === name));
  return namesOf(wanted, all, NOUNS).map((name) => choose(name, all, NOUNS));
}

/** The allocator's parameters on the log's machine. Parameters that the caller set are not changed. */
export function parametersIn(
  { info, parameters, given }: AllocatorChoice,
  { tunables, cores }: HeapEnvironment,
): readonly number[] {
  const there =
    info.name === "glibc" ? tunableParameters({ GLIBC_TUNABLES: tunables }) : new Map<string, number>();
  if (cores !== undefined) there.set("cores", cores);
  return info.parameters.map(({ name, least, most }, n) => {
    const value = given.has(name) ? undefined : there.get(name);
    return value === undefined ? (parameters[n] ?? 0) : Math.min(Math.max(value, least), most);
  });
}
