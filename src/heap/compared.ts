/** The allocators of a comparison: those of the kernel by name, own ones by file or as objects. */
import { type AllocatorChoice, allocators, chooseAllocators } from "../allocators/allocators.js";
import type { OwnChoice } from "../own/choice.js";
import { chooseCompared as chooseAny, chooseGiven, portableSource } from "../own/compared.js";
import { parametersOf } from "../own/definition.js";
import type { OwnSource } from "../own/load.js";
import { ALLOCATOR, type AllocatorDefinition } from "./own/definition.js";

/** An own allocator with parameters other than its defaults. */
export interface AllocatorUse {
  allocator: AllocatorDefinition;
  parameters: Readonly<Record<string, number>>;
}

/**
 * An allocator's name (`glibc`, `first-fit:order=address`), the path of a module that defines one (`./mine.js`,
 * `./mine.js:growth=4096`; a path has a slash, or ends with `.js` or `.mjs`), or a result of `defineAllocator`.
 */
export type AllocatorSpec = string | AllocatorDefinition | AllocatorUse;

export interface ComparedAllocator extends AllocatorChoice {
  /**
   * The definition, if it is not one of the kernel's; its `id` is then a negative number that is unique in the list.
   */
  readonly own?: OwnSource<AllocatorDefinition>;
}

/** The allocators that `specs` selects, each once; default: the usual ones. Throws `UsageError` and `InputError`. */
export async function chooseComparedAllocators(
  specs: string | readonly AllocatorSpec[] | undefined,
): Promise<ComparedAllocator[]> {
  if (specs === undefined) return chooseAllocators(undefined);
  return chooseAny<AllocatorDefinition, ComparedAllocator>(specs, {
    kind: ALLOCATOR,
    taken: (await allocators()).map(({ name }) => name),
    kernel: chooseAllocators,
    own: ({ source, name, parameters }, id) => {
      const info = { name: source.definition.name, parameters: parametersOf(source.definition) };
      return { name, id, info, parameters, given: new Map(), own: source };
    },
  });
}

/** The own allocator that `spec` denotes. Throws `UsageError` and `InputError`. */
export function chooseOwnAllocator(spec: AllocatorSpec): Promise<OwnChoice<AllocatorDefinition>> {
  return chooseGiven<AllocatorDefinition>(spec, ALLOCATOR);
}

/** The allocator in a form that can be posted to another thread; undefined if it exists only in this thread. */
export function portable(allocator: ComparedAllocator): ComparedAllocator | undefined {
  if (allocator.own === undefined) return allocator;
  const own = portableSource(allocator.own);
  return own && { ...allocator, own };
}
