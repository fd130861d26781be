/** The allocators of a comparison: those of the kernel by name, custom ones by file or as objects. */
import { type AllocatorChoice, allocators, chooseAllocators } from "../allocators/allocators.js";
import type { CustomChoice } from "../custom/choice.js";
import { chooseCompared as chooseAny, chooseGiven, portableSource } from "../custom/compared.js";
import { parametersOf } from "../custom/definition.js";
import type { CustomSource } from "../custom/load.js";
import type { AllocatorName } from "../options/names.js";
import { ALLOCATOR, type AllocatorDefinition } from "./custom/definition.js";

/** A custom allocator with parameters other than its defaults. */
export interface AllocatorUse {
  /** Made by `defineAllocator`. */
  allocator: AllocatorDefinition;
  /** Values of its parameters by name; those that are left out have their defaults. */
  parameters: Readonly<Record<string, number>>;
}

/**
 * An allocator's name (`glibc`, `first-fit:order=address`), the path of a module that defines one (`./mine.js`,
 * `./mine.js:growth=4096`; a path has a slash, or ends with `.js` or `.mjs`), or a result of `defineAllocator`.
 */
export type AllocatorSpec = AllocatorName | AllocatorDefinition | AllocatorUse;

export interface ComparedAllocator extends AllocatorChoice {
  /**
   * The definition, if it is not one of the kernel's; its `id` is then a negative number that is unique in the list.
   */
  readonly custom?: CustomSource<AllocatorDefinition>;
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
    custom: ({ source, name, parameters }, id) => {
      const info = { name: source.definition.name, parameters: parametersOf(source.definition) };
      return { name, id, info, parameters, given: new Map(), custom: source };
    },
  });
}

/** The custom allocator that `spec` denotes. Throws `UsageError` and `InputError`. */
export function chooseCustomAllocator(spec: AllocatorSpec): Promise<CustomChoice<AllocatorDefinition>> {
  return chooseGiven<AllocatorDefinition>(spec, ALLOCATOR);
}

/** The allocator in a form that can be posted to another thread; undefined if it exists only in this thread. */
export function portable(allocator: ComparedAllocator): ComparedAllocator | undefined {
  if (allocator.custom === undefined) return allocator;
  const custom = portableSource(allocator.custom);
  return custom && { ...allocator, custom };
}
